/**
 * Turns syntax into a typed tree: resolves names, tells integers from lists, keeps aggregates where they belong.
 *
 * Owns: the rules of names, types and arguments.
 * Never: stops at the first problem.
 */
import { fitsInt64 } from "../int64-range.ts";
import { nearestName } from "../nearest-name.ts";
import type { IntegerMode } from "../program.ts";
import { alternatives, quoteText } from "../quote-text.ts";
import { EXPRESSION_FUNCTIONS, type ExpressionFunction, findExpressionFunction } from "./functions.ts";
import type { SyntaxNode } from "./syntax.ts";
import type { AggregateName, IntExpression, ListExpression, ScalarFunction } from "./tree.ts";

/** What an expression is for. */
export interface ExpressionUse {
  readonly operator: "map" | "changeKey" | "filter" | "flatMap" | "reduce";
  readonly integers: IntegerMode;
}

/** `offset` is in UTF-16 units. */
export type ReportProblem = (offset: number, message: string) => void;

/** Checks what must be an integer. Where there are problems they are reported, and the tree is of no use. */
export function checkInt(node: SyntaxNode, use: ExpressionUse, report: ReportProblem): IntExpression {
  return new Checker(use, report).int(node);
}

/** The same for a flatMap's list. */
export function checkList(node: SyntaxNode, use: ExpressionUse, report: ReportProblem): ListExpression {
  return new Checker(use, report).list(node);
}

/** Stands for what is wrong. */
const NOTHING: IntExpression = { kind: "literal", value: 0n };
const LIST_FORMS = "[a, b], range(n), range(a, b), or a choice between lists with ?:";
/** What people write for what is spelt otherwise here. */
const OTHER_SPELLINGS = new Map([
  ["true", "1"],
  ["false", "0"],
  ["and", "&&"],
  ["or", "||"],
  ["not", "!"],
]);

class Checker {
  readonly #use: ExpressionUse;
  readonly #report: ReportProblem;
  #enclosingAggregate: string | undefined;

  constructor(use: ExpressionUse, report: ReportProblem) {
    this.#use = use;
    this.#report = report;
  }

  int(node: SyntaxNode): IntExpression {
    switch (node.kind) {
      case "number":
        return this.#literal(node.value, node.start);
      case "name":
        return this.#name(node.name, node.start);
      case "call":
        return this.#call(node.name, node.children, node.start);
      case "list":
        return this.#refuseList(node.start, node.children);
      case "unary":
        return { kind: "unary", operator: node.operator, operand: this.int(node.children[0]) };
      case "binary":
      case "logical": {
        const [left, right] = [this.int(node.children[0]), this.int(node.children[1])];
        if (node.kind === "logical") return { kind: "logical", operator: node.operator, left, right };
        return { kind: "binary", operator: node.operator, left, right };
      }
      case "conditional": {
        const [test, consequent, alternate] = node.children;
        const branches = { consequent: this.int(consequent), alternate: this.int(alternate) };
        return { kind: "conditional", test: this.int(test), ...branches };
      }
    }
  }

  list(node: SyntaxNode): ListExpression {
    if (node.kind === "list") return { kind: "list", items: node.children.map((child) => this.int(child)) };
    if (node.kind === "conditional") {
      const [test, consequent, alternate] = node.children;
      const branches = { consequent: this.list(consequent), alternate: this.list(alternate) };
      return { kind: "conditional", test: this.int(test), ...branches };
    }
    if (node.kind === "call" && node.name === "range") {
      this.#checkArgumentCount(findExpressionFunction("range", false)!, node.children.length, node.start);
      const bounds = node.children.map((child) => this.int(child));
      const [from, below] = bounds.length === 1 ? [NOTHING, bounds[0]] : bounds;
      return { kind: "range", from, below };
    }
    const isUnknown = node.kind === "call" && EXPRESSION_FUNCTIONS.every(({ name }) => name !== node.name);
    const message = `flatMap needs a list here, but this is an integer; lists are ${LIST_FORMS}`;
    if (!isUnknown) this.#report(node.start, message);
    this.int(node);
    return { kind: "list", items: [] };
  }

  #literal(value: bigint, offset: number): IntExpression {
    if (this.#use.integers === "int64" && !fitsInt64(value)) {
      this.#report(offset, `${quoteText(String(value))} does not fit 64 bits; "integers": "bigint" has no limit`);
    }
    return { kind: "literal", value };
  }

  #name(name: string, offset: number): IntExpression {
    const isInAggregate = this.#enclosingAggregate !== undefined;
    if (name === "k") return { kind: "key" };
    if (name === "v" && (this.#use.operator !== "reduce" || isInAggregate)) return { kind: "value" };
    this.#report(offset, this.#refuseName(name, isInAggregate));
    return NOTHING;
  }

  #refuseName(name: string, isInAggregate: boolean): string {
    const isReduce = this.#use.operator === "reduce";
    if (name === "v") return '"v" is one of the values of a key; a reduce needs an aggregate over them, such as sum(v)';
    if (name === "V" && !isReduce) return `"V" exists only in a reduce; a ${this.#use.operator} has one value, "v"`;
    if (name === "V" && isInAggregate) {
      return `"V" stands for all values and must stand alone, as in sum(V); each single one is "v", as in sum(v + 1)`;
    }
    if (name === "V") return '"V" is a list; a reduce needs an aggregate of it, such as sum(V)';
    const known = EXPRESSION_FUNCTIONS.find((candidate) => candidate.name === name);
    if (known !== undefined) return `${quoteText(name)} is a function: write ${known.signature}`;
    const names = isReduce && !isInAggregate ? ["V", "k"] : ["v", "k"];
    const suggestion = OTHER_SPELLINGS.get(name) ?? nearestName(name, names);
    if (suggestion !== undefined) return `unknown name ${quoteText(name)}; did you mean "${suggestion}"?`;
    return `unknown name ${quoteText(name)}; there are ${names.map(quoteText).join(" and ")}`;
  }

  #call(name: string, children: readonly SyntaxNode[], offset: number): IntExpression {
    const scalar = findExpressionFunction(name, false);
    const aggregate = findExpressionFunction(name, true);
    const isReduce = this.#use.operator === "reduce";
    const isAggregate = aggregate !== undefined && (scalar === undefined || (isReduce && children.length === 1));
    if (isAggregate) return this.#aggregate(aggregate, children, offset);
    if (scalar?.kind === "list") return this.#refuseList(offset, children);
    if (scalar === undefined) {
      this.#report(offset, this.#refuseFunction(name));
      // In a reduce it may have been meant as an aggregate, and what is right inside depends on that.
      if (isReduce) return NOTHING;
    } else this.#checkArgumentCount(scalar, children.length, offset);
    const operands = children.map((child) => this.int(child));
    if (name === "pow") return { kind: "binary", operator: "**", left: operands[0], right: operands[1] };
    return { kind: "call", name: name as ScalarFunction, operands };
  }

  #aggregate(called: ExpressionFunction, children: readonly SyntaxNode[], offset: number): IntExpression {
    const { name } = called;
    const outer = this.#enclosingAggregate;
    if (this.#use.operator !== "reduce") {
      this.#report(offset, `${name} is an aggregate, which exists only in a reduce`);
      return NOTHING;
    }
    if (outer !== undefined) {
      const hint = findExpressionFunction(name, false) === undefined ? "" : `; ${name} of one value needs a second one`;
      this.#report(offset, `${name} is an aggregate and cannot stand inside another, here ${outer}${hint}`);
      return NOTHING;
    }
    this.#checkArgumentCount(called, children.length, offset);
    this.#enclosingAggregate = name;
    const [operand] = children.map((child) => (isWholeList(child) ? VALUE : this.int(child)));
    this.#enclosingAggregate = outer;
    return { kind: "aggregate", name: name as AggregateName, operand };
  }

  #checkArgumentCount(called: ExpressionFunction, count: number, offset: number): void {
    const { argumentCountMin: min, argumentCountMax: max, name } = called;
    if (count >= min && count <= (max ?? Number.POSITIVE_INFINITY)) return;
    const signatures = EXPRESSION_FUNCTIONS.filter((known) => known.name === name && known.kind === called.kind);
    const forms = alternatives(signatures.map(({ signature }) => signature));
    this.#report(offset, `${name} with ${count} ${count === 1 ? "argument" : "arguments"}: write ${forms}`);
  }

  #refuseFunction(name: string): string {
    const isUsable = ({ kind }: ExpressionFunction) =>
      kind === "scalar" || kind === (this.#use.operator === "reduce" ? "aggregate" : "list");
    const names = [...new Set(EXPRESSION_FUNCTIONS.filter(isUsable).map((known) => known.name))];
    const suggestion = nearestName(name, names);
    if (suggestion !== undefined) return `unknown function ${quoteText(name)}; did you mean "${suggestion}"?`;
    return `unknown function ${quoteText(name)}; there are ${names.join(", ")}`;
  }

  #refuseList(offset: number, children: readonly SyntaxNode[]): IntExpression {
    const where =
      this.#use.operator === "flatMap" ? "" : `; only a flatMap gives lists, this is a ${this.#use.operator}`;
    this.#report(offset, `expected an integer here, but this is a list${where}`);
    for (const child of children) this.int(child);
    return NOTHING;
  }
}

const VALUE: IntExpression = { kind: "value" };

function isWholeList(node: SyntaxNode): boolean {
  return node.kind === "name" && node.name === "V";
}

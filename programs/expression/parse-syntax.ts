/**
 * Parses the source of an expression by JavaScript's grammar and precedence.
 *
 * Owns: the grammar.
 * Never: knows a name; see `check-expression.ts`.
 */
import { EXPRESSION_NESTING_MAX } from "../limits.ts";
import { alternatives, quoteText } from "../quote-text.ts";
import { depthAbove, type SyntaxNode } from "./syntax.ts";
import { ExpressionSyntaxError, type Token, tokenize } from "./tokens.ts";
import type { BinaryOperator, UnaryOperator } from "./tree.ts";

/** The whole source as one tree. Errors: `ExpressionSyntaxError` for the first thing that is wrong. */
export function parseSyntax(source: string): SyntaxNode {
  return new SyntaxParser(source).parseAll();
}

/** Source: ECMA-262, "Expressions"; looser first. `**` binds tighter than all of these, and to the right. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!=", "===", "!=="],
  ["<", "<=", ">", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const LEVELS = new Map(PRECEDENCE.flatMap((operators, level) => operators.map((operator) => [operator, level])));
const SIGNS: readonly string[] = ["-", "+", "~", "!"];
const PLAIN_SPELLING = new Map([
  ["===", "=="],
  ["!==", "!="],
]);

class SyntaxParser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #nesting = 0;
  /** Where the primary expression that was parsed last begins, its parentheses included. */
  #baseStart = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  parseAll(): SyntaxNode {
    const tree = this.#parseExpression();
    const token = this.#token();
    if (token.kind === "end") return tree;
    if (token.kind !== "symbol") this.#fail(`an operator is missing before ${quoteText(token.text)}`);
    return this.#fail(
      token.text === "," ? 'unexpected ","; a list is written [a, b]' : `unexpected ${quoteText(token.text)}`,
    );
  }

  #parseExpression(): SyntaxNode {
    return this.#nested(() => {
      const test = this.#parseBinary(0);
      if (!this.#take("?")) return test;
      const consequent = this.#parseExpression();
      this.#expect(":", 'of "?:"');
      const alternate = this.#parseExpression();
      const children = [test, consequent, alternate] as const;
      return { kind: "conditional", children, ...extent(children, test.start, alternate.end) };
    });
  }

  /** Operators of `levelMin` and tighter; each level is left-associative. */
  #parseBinary(levelMin: number): SyntaxNode {
    let left = this.#parsePower();
    for (;;) {
      const text = this.#token().kind === "symbol" ? this.#token().text : "";
      const level = LEVELS.get(text);
      if (level === undefined || level < levelMin) return left;
      this.#index += 1;
      const right = this.#parseBinary(level + 1);
      left = binaryNode(PLAIN_SPELLING.get(text) ?? text, left, right);
    }
  }

  /** ECMA-262's ExponentiationExpression: the base of `**` has no sign, its exponent may have one. */
  #parsePower(): SyntaxNode {
    const start = this.#token().start;
    const isSigned = this.#isAtSign();
    const base = this.#parseSigned();
    if (!this.#isAt("**")) return base;
    if (isSigned) this.#refuseSignedBase(start);
    this.#index += 1;
    const exponent = this.#nested(() => this.#parsePower());
    return binaryNode("**", base, exponent);
  }

  /** ECMA-262's UnaryExpression. */
  #parseSigned(): SyntaxNode {
    const { start, text } = this.#token();
    if (!this.#isAtSign()) {
      const primary = this.#parsePrimary();
      this.#baseStart = start;
      return primary;
    }
    this.#index += 1;
    const isBeforeNumber = this.#token().kind === "number";
    const operand = this.#nested(() => this.#parseSigned());
    // The smallest int64 has no opposite number: a literal directly after a minus is negative by itself.
    if (text === "-" && isBeforeNumber && operand.kind === "number") {
      return { kind: "number", value: -operand.value, ...extent([], start, operand.end) };
    }
    const children = [operand] as const;
    return { kind: "unary", operator: text as UnaryOperator, children, ...extent(children, start, operand.end) };
  }

  #refuseSignedBase(start: number): never {
    const sign = this.#source.slice(start, this.#baseStart);
    const base = this.#source.slice(this.#baseStart, this.#previousEnd());
    this.#index += 1;
    const exponentStart = this.#token().start;
    this.#nested(() => this.#parsePower());
    const exponent = this.#source.slice(exponentStart, this.#previousEnd());
    const spellings = [`(${sign}${base}) ** ${exponent}`, `${sign}(${base} ** ${exponent})`].map(quoteText);
    throw new ExpressionSyntaxError(
      `a sign before the base of "**" is ambiguous: write ${alternatives(spellings)}`,
      start,
    );
  }

  #parsePrimary(): SyntaxNode {
    const token = this.#token();
    this.#index += 1;
    if (token.kind === "number") {
      const value = BigInt(token.text.replaceAll("_", ""));
      return { kind: "number", value, ...extent([], token.start, token.end) };
    }
    if (token.kind === "name") {
      if (!this.#take("(")) return { kind: "name", name: token.text, ...extent([], token.start, token.end) };
      const children = this.#parseItems(")", "of the arguments");
      return { kind: "call", name: token.text, children, ...extent(children, token.start, this.#previousEnd()) };
    }
    if (token.text === "(") {
      const inner = this.#parseExpression();
      this.#expect(")", "of the parentheses");
      return inner;
    }
    if (token.text === "[") {
      const children = this.#parseItems("]", "of the list");
      return { kind: "list", children, ...extent(children, token.start, this.#previousEnd()) };
    }
    this.#index -= 1;
    return this.#fail(`expected a value, but ${describe(token)}`);
  }

  #parseItems(closing: string, meaning: string): SyntaxNode[] {
    const items: SyntaxNode[] = [];
    if (this.#take(closing)) return items;
    do items.push(this.#parseExpression());
    while (this.#take(","));
    this.#expect(closing, meaning);
    return items;
  }

  /** Bounds recursion, also by what leaves no node: parentheses. */
  #nested(parse: () => SyntaxNode): SyntaxNode {
    this.#nesting += 1;
    if (this.#nesting > EXPRESSION_NESTING_MAX) {
      this.#fail(`the expression is nested deeper than ${EXPRESSION_NESTING_MAX} levels`);
    }
    const node = parse();
    this.#nesting -= 1;
    return node;
  }

  #token(): Token {
    return this.#tokens[this.#index];
  }

  #previousEnd(): number {
    return this.#tokens[this.#index - 1].end;
  }

  #isAt(symbol: string): boolean {
    return this.#token().kind === "symbol" && this.#token().text === symbol;
  }

  #isAtSign(): boolean {
    return this.#token().kind === "symbol" && SIGNS.includes(this.#token().text);
  }

  #take(symbol: string): boolean {
    const isAt = this.#isAt(symbol);
    if (isAt) this.#index += 1;
    return isAt;
  }

  #expect(symbol: string, meaning: string): void {
    if (!this.#take(symbol)) this.#fail(`expected ${quoteText(symbol)} ${meaning}, but ${describe(this.#token())}`);
  }

  #fail(message: string): never {
    throw new ExpressionSyntaxError(message, this.#token().start);
  }
}

function describe(token: Token): string {
  return token.kind === "end" ? "the expression ends" : `found ${quoteText(token.text)}`;
}

function binaryNode(operator: string, left: SyntaxNode, right: SyntaxNode): SyntaxNode {
  const children = [left, right] as const;
  const position = extent(children, left.start, right.end);
  if (operator === "&&" || operator === "||") return { kind: "logical", operator, children, ...position };
  return { kind: "binary", operator: operator as BinaryOperator, children, ...position };
}

function extent(
  children: readonly SyntaxNode[],
  start: number,
  end: number,
): Pick<SyntaxNode, "start" | "end" | "depth"> {
  return { start, end, depth: depthAbove(children, start) };
}

/**
 * Writes an expression's tree as people write expressions, with no more parentheses than its structure needs.
 *
 * Owns: the spelling. Text of a tree parses to that tree again, but for columns, which only plans have.
 * Never: is part of a plan's identity; see `expression-key.ts`.
 */
import type { IntExpression, RegisteredCall } from "../expression/tree.ts";

/** Loosest first; JavaScript's. Unary operators bind tighter than any but `**`, which takes none on its left. */
const LEVELS: readonly (readonly string[])[] = [
  ["?:"],
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
  ["**"],
];
const LEVEL_OF = new Map(LEVELS.flatMap((operators, level) => operators.map((operator) => [operator, level] as const)));
const POWER = LEVELS.length - 1;
const UNARY = LEVELS.length;
const ATOM = LEVELS.length + 1;

export function expressionText(expression: IntExpression): string {
  return write(expression, 0);
}

/** In parentheses where it binds looser than `level`. */
function write(expression: IntExpression, level: number): string {
  const own = levelOf(expression);
  return own < level ? `(${plain(expression)})` : plain(expression);
}

function levelOf(expression: IntExpression): number {
  switch (expression.kind) {
    case "binary":
    case "logical":
      return LEVEL_OF.get(expression.operator) ?? 0;
    case "conditional":
      return 0;
    case "unary":
      return UNARY;
    case "literal":
      return expression.value < 0n ? UNARY : ATOM;
    default:
      return ATOM;
  }
}

function plain(expression: IntExpression): string {
  switch (expression.kind) {
    case "literal":
      return `${expression.value}`;
    case "key":
      return "k";
    case "value":
      return "v";
    case "column":
      return `#${expression.index}`;
    case "unary": {
      const { operator, operand } = expression;
      // A minus directly before digits would be the number's own.
      return `${operator}${operand.kind === "literal" ? `(${operand.value})` : write(operand, ATOM)}`;
    }
    case "binary":
    case "logical": {
      const level = levelOf(expression);
      // `**` groups from the right, and takes no sign on its left; everything else groups from the left.
      const [left, right] = level === POWER ? [ATOM, POWER] : [level, level + 1];
      return `${write(expression.left, left)} ${expression.operator} ${write(expression.right, right)}`;
    }
    case "conditional":
      return `${write(expression.test, 1)} ? ${write(expression.consequent, 0)} : ${write(expression.alternate, 0)}`;
    case "call":
      return `${expression.name}(${expression.operands.map((operand) => write(operand, 0)).join(", ")})`;
    case "aggregate":
      return aggregateText(expression.name, expression.operand);
    case "registered":
      return registeredText(expression);
  }
}

/** `DOUBLE(v)`, `SCALE(v, 3)`, `SPAN(V)` */
export function registeredText({ operator, name, arg }: RegisteredCall): string {
  return `${name}(${operator === "reduce" ? "V" : "v"}${arg === undefined ? "" : `, ${arg}`})`;
}

/** `sum(V)`, `sum(v * v)` */
export function aggregateText(name: string, operand: IntExpression): string {
  return `${name}(${operand.kind === "value" ? "V" : write(operand, 0)})`;
}

/**
 * The syntax tree of an expression: what stands where, before names and types are checked.
 *
 * Owns: the shape of the nodes and the bound of their depth.
 * Never: means anything; see `check-expression.ts`.
 */
import { EXPRESSION_DEPTH_MAX } from "../limits.ts";
import { ExpressionSyntaxError } from "./tokens.ts";
import type { BinaryOperator, UnaryOperator } from "./tree.ts";

interface Position {
  /** UTF-16 offsets into the source: from, up to but without. Parentheses around a node belong to nobody. */
  readonly start: number;
  readonly end: number;
}

export type SyntaxNode = Position & { readonly depth: number } & SyntaxShape;

type SyntaxShape =
  | { readonly kind: "number"; readonly value: bigint }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly children: readonly SyntaxNode[] }
  | { readonly kind: "list"; readonly children: readonly SyntaxNode[] }
  | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly children: readonly [SyntaxNode] }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly children: readonly [SyntaxNode, SyntaxNode] }
  | { readonly kind: "logical"; readonly operator: "&&" | "||"; readonly children: readonly [SyntaxNode, SyntaxNode] }
  /** Test, consequent, alternate. */
  | { readonly kind: "conditional"; readonly children: readonly [SyntaxNode, SyntaxNode, SyntaxNode] };

/**
 * The depth of a node with these children, 1 without any.
 *
 * Errors: `ExpressionSyntaxError` at `start` if that is more than EXPRESSION_DEPTH_MAX.
 */
export function depthAbove(children: readonly SyntaxNode[], start: number): number {
  let depth = 1;
  for (const child of children) depth = Math.max(depth, child.depth + 1);
  if (depth > EXPRESSION_DEPTH_MAX) throw new ExpressionSyntaxError(TOO_DEEP, start);
  return depth;
}

const TOO_DEEP = `the expression is deeper than ${EXPRESSION_DEPTH_MAX} levels; a chain of operators counts a level each`;

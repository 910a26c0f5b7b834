/**
 * Source of an expression to its typed tree, or to everything that is wrong with it.
 *
 * Owns: the order of the steps and the bound of the source's length.
 * Never: throws for what an author can write.
 */
import { EXPRESSION_BYTES_MAX } from "../limits.ts";
import type { IntegerMode } from "../program.ts";
import { checkInt, checkList, type ExpressionUse, type ReportProblem } from "./check-expression.ts";
import { parseSyntax } from "./parse-syntax.ts";
import type { SyntaxNode } from "./syntax.ts";
import { ExpressionSyntaxError } from "./tokens.ts";
import type { IntExpression, ListExpression } from "./tree.ts";

export interface ExpressionProblem {
  /** Counts from 1, in UTF-16 units. */
  readonly column: number;
  readonly message: string;
}

export type ParsedExpression<Tree> =
  | { readonly tree: Tree; readonly problems?: undefined }
  | { readonly tree?: undefined; readonly problems: readonly ExpressionProblem[] };

/** The expression of every operator but flatMap. Its tree is at most EXPRESSION_DEPTH_MAX deep. */
export function parseIntExpression(
  source: string,
  use: ExpressionUse & { readonly operator: "map" | "changeKey" | "filter" | "reduce" },
): ParsedExpression<IntExpression> {
  return parse(source, (node, report) => checkInt(node, use, report));
}

/** The expression of a flatMap. */
export function parseListExpression(source: string, integers: IntegerMode): ParsedExpression<ListExpression> {
  return parse(source, (node, report) => checkList(node, { operator: "flatMap", integers }, report));
}

function parse<Tree>(source: string, check: (node: SyntaxNode, report: ReportProblem) => Tree): ParsedExpression<Tree> {
  const byteCount = Buffer.byteLength(source);
  if (byteCount > EXPRESSION_BYTES_MAX) {
    return refuse(0, `the expression has ${byteCount} bytes; the most is ${EXPRESSION_BYTES_MAX}`);
  }
  const problems: ExpressionProblem[] = [];
  try {
    const tree = check(parseSyntax(source), (offset, message) => problems.push({ column: offset + 1, message }));
    if (problems.length === 0) return { tree };
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    return refuse(error.offset, error.message);
  }
  return { problems: problems.toSorted((left, right) => left.column - right.column) };
}

function refuse<Tree>(offset: number, message: string): ParsedExpression<Tree> {
  return { problems: [{ column: offset + 1, message }] };
}

/**
 * The contract as data: every rule of the language that is about meaning, each with a program, its inputs and what must
 * come of them. Whatever claims to run programs is run against all of these.
 */
import { EXPRESSION_VECTORS } from "./vectors/expression-vectors.ts";
import { FUNCTION_VECTORS } from "./vectors/function-vectors.ts";
import { PROGRAM_VECTORS } from "./vectors/program-vectors.ts";
import { TEXT_VECTORS } from "./vectors/text-vectors.ts";
import type { Vector } from "./vectors/vector.ts";

export const VECTORS: readonly Vector[] = [
  ...EXPRESSION_VECTORS,
  ...FUNCTION_VECTORS,
  ...TEXT_VECTORS,
  ...PROGRAM_VECTORS,
];

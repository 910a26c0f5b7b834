/**
 * The numbers that stand for arithmetic causes in memory and in compiled code.
 *
 * Owns: the numbering, which the kernels' own sources repeat.
 */
import type { ArithmeticCause } from "../../../errors.ts";

/** The last one is of functions of the operator's own, which no compiled code calls. */
export const CAUSE_CODE = {
  ...{ overflow: 1, divisionByZero: 2, negativeExponent: 3, shiftAmount: 4, functionFailed: 5 },
} as const;

export type CauseName = keyof typeof CAUSE_CODE;

const NAMES: readonly CauseName[] = ["overflow", "divisionByZero", "negativeExponent", "shiftAmount", "functionFailed"];

/** The cause of a code that is not 0. Errors: a RangeError for any other number. */
export function causeOf(code: number): ArithmeticCause {
  const name = NAMES[code - 1];
  if (name === undefined) throw new RangeError(`no arithmetic cause has the code ${code}`);
  return name;
}

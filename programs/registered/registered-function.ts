/**
 * Functions of the operator's own: what is known of one without running it, and the function itself.
 *
 * Owns: the types. Signatures are plain data: who only checks programs needs nothing else.
 * Never: calls one; see `guarded-functions.ts`.
 */
import type { RegisteredOperator } from "../expression/tree.ts";
import type { StepOperator } from "../functions.ts";
import type { Operation } from "../program.ts";

export interface FunctionSignature {
  /** `map` functions serve `changeKey` too. */
  readonly operator: RegisteredOperator;
  readonly name: string;
  readonly takesArg: boolean;
}

export interface RegisteredFunction extends FunctionSignature {
  /** `(v, arg)` with integers as BigInt; of a reduce, `(values, arg)`. What it gives is not to be trusted. */
  readonly apply: (subject: bigint | bigint[], arg: bigint | undefined) => unknown;
}

/** The operators whose `function` may be one for `operator`. */
export function operatorsServed(operator: RegisteredOperator): readonly StepOperator[] {
  return operator === "map" ? ["map", "changeKey"] : [operator];
}

/** Whether any operation, run or not, names a function of the operator's own. */
export function usesRegistered(operations: readonly Operation[]): boolean {
  return operations.some((operation) =>
    operation.operator === "repeat" ? usesRegistered(operation.operations) : operation.expression.kind === "registered",
  );
}

/**
 * A plan: the stages of a program, cut where pairs must move between partitions.
 *
 * Owns: the types. A plan is plain data: it is structured-cloned to executor threads.
 * Never: decides anything; see `make-plan.ts`.
 */
import type { AggregateName, IntExpression, ListExpression, RegisteredCall } from "../expression/tree.ts";
import type { ErrorMode, IntegerMode, OperationOrigin, OutputOrder } from "../program.ts";

/** Steps refer to operations by their index into `Plan.operations`. */
export type NarrowStep =
  | { readonly kind: "map"; readonly operation: number; readonly expression: IntExpression }
  | { readonly kind: "changeKey"; readonly operation: number; readonly expression: IntExpression }
  | { readonly kind: "filter"; readonly operation: number; readonly expression: IntExpression }
  | { readonly kind: "flatMap"; readonly operation: number; readonly expression: ListExpression };

/** `registered`: a function of the operator's own, of all values of a key. */
export type PlannedAggregateName = AggregateName | "registered";

export interface PlannedAggregate {
  readonly name: PlannedAggregateName;
  /** Over key and value of one element; evaluated for every element even where the aggregate ignores it. */
  readonly operand: IntExpression;
  /** Of `registered`, whose operand is `v` and which is the only one of its reduce. */
  readonly call?: RegisteredCall;
}

/** `result` has no `aggregate` and no `value` nodes: column i is the result of `aggregates[i]`. */
export interface ReduceStep {
  readonly kind: "reduce";
  readonly operation: number;
  /** Equal ones appear once. May be empty (`reduce` by a constant). */
  readonly aggregates: readonly PlannedAggregate[];
  readonly result: IntExpression;
  /** No median, no distinct, no function of the operator's own: partial aggregates can be merged. */
  readonly decomposable: boolean;
}

export type Step = NarrowStep | ReduceStep;

export interface Stage {
  readonly index: number;
  /** Stage 0 reads text; every other one blocks that the stage before shuffled by key. */
  readonly source: "input" | "shuffle";
  /** In order. A shuffled stage begins with a reduce; a later reduce of the same stage finds its input partitioned by key already. */
  readonly steps: readonly Step[];
  /** `combiner`: the next stage's reduce, where it is decomposable, so that partial aggregates are shuffled. */
  readonly sink:
    | { readonly kind: "shuffle"; readonly combiner: ReduceStep | undefined }
    | { readonly kind: "output"; readonly order: OutputOrder };
}

export interface Plan {
  readonly partitions: number;
  readonly integers: IntegerMode;
  readonly onError: ErrorMode;
  /** Every operation of the program as written (a repeat's body once); steps and errors name them by index. */
  readonly operations: readonly OperationOrigin[];
  readonly stages: readonly Stage[];
}

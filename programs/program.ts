/**
 * A checked program: what the JSON file says, defaults filled in, functions and expressions as trees.
 *
 * Owns: the types.
 * Never: reads a file; see `parse-program.ts`.
 */
import type { IntExpression, ListExpression } from "./expression/tree.ts";

export type IntegerMode = "int64" | "bigint";
export type ErrorMode = "fail" | "reject";
export type TextFormatName = "csv" | "ndjson";
export type OutputOrder = "key" | "none";

/** `undefined` members take their default by the format of each file. */
export interface InputSpecification {
  /** Paths and globs as written, relative to the program file. */
  readonly paths: readonly string[];
  readonly format: TextFormatName | undefined;
  readonly header: boolean;
  /** One ASCII character. */
  readonly delimiter: string;
  /** A CSV column's name or 0-based number, or an NDJSON member's name. */
  readonly key: string | number | undefined;
  readonly value: string | number | undefined;
}

export interface OutputSpecification {
  /** Undefined: standard output. */
  readonly path: string | undefined;
  /** Undefined: by the path's extension, CSV without one. */
  readonly format: TextFormatName | undefined;
  readonly order: OutputOrder;
}

/** Where an operation stands and how it reads, for people. */
export interface OperationOrigin {
  /** `operations[2]`, or `operations[3].operations[0]` inside a repeat. */
  readonly place: string;
  /** `map MUL 3`, `filter v > 0 && k != 17`, `reduce SUM`. */
  readonly text: string;
}

export type Operation =
  | { readonly operator: "map"; readonly expression: IntExpression; readonly origin: OperationOrigin }
  | { readonly operator: "changeKey"; readonly expression: IntExpression; readonly origin: OperationOrigin }
  | { readonly operator: "filter"; readonly expression: IntExpression; readonly origin: OperationOrigin }
  | { readonly operator: "flatMap"; readonly expression: ListExpression; readonly origin: OperationOrigin }
  | { readonly operator: "reduce"; readonly expression: IntExpression; readonly origin: OperationOrigin }
  | {
      readonly operator: "repeat";
      readonly times: number;
      readonly operations: readonly Operation[];
      readonly origin: OperationOrigin;
    };

export interface Program {
  readonly name: string;
  /** 1..4096 */
  readonly partitions: number;
  readonly integers: IntegerMode;
  readonly onError: ErrorMode;
  readonly input: InputSpecification | undefined;
  readonly output: OutputSpecification;
  readonly operations: readonly Operation[];
}

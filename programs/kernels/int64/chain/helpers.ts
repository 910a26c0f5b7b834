/**
 * The functions of the kernels' instance that compiled code calls.
 *
 * Owns: their signatures and function indexes.
 */
import type { FunctionImport } from "./wasm-encoder.ts";

export const HELPER_IMPORTS: readonly FunctionImport[] = [
  { name: "multiplyOverflows", parameters: ["i64", "i64"], result: "i32" },
  { name: "powerCause", parameters: ["i64", "i64"], result: "i32" },
  { name: "power", parameters: ["i64", "i64"], result: "i64" },
  { name: "greatestCommonDivisor", parameters: ["i64", "i64"], result: "i64" },
  { name: "decimalDigits", parameters: ["i64", "i32"], result: "i32" },
];

/** Index of each among the functions of a compiled module. */
export const HELPER = {
  multiplyOverflows: 0,
  powerCause: 1,
  power: 2,
  greatestCommonDivisor: 3,
  decimalDigits: 4,
} as const;

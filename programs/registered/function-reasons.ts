/**
 * Why a function of the operator's own gave no result: the same words from every kernel set and from the reference
 * interpreter.
 *
 * Owns: the sentences, and how what a function gave or threw is shown: escaped and cut.
 * Never: decides which one applies.
 */
import { escapeText } from "../quote-text.ts";

export const FUNCTION_REASON = {
  threw: (name: string, thrown: unknown) => `${name} threw ${describeThrown(thrown)}`,
  noInteger: (name: string, given: unknown) => `${name} gave ${describe(given)}, which is no BigInt`,
  noTruth: (name: string, given: unknown) => `${name} gave ${describe(given)}, which is no boolean and no BigInt`,
  noList: (name: string, given: unknown) => `${name} gave ${describe(given)}, which is no array`,
  noIntegerInList: (name: string, given: unknown) =>
    `${name} gave an array with ${describe(given)}, which is no BigInt`,
} as const;

function describe(given: unknown): string {
  switch (typeof given) {
    case "undefined":
      return "nothing";
    case "number":
      return `the number ${given}`;
    case "bigint":
      return `the BigInt ${escapeText(String(given))}`;
    case "string":
      return "a string";
    case "boolean":
      return String(given);
    case "object":
      if (given === null) return "null";
      if (Array.isArray(given)) return "an array";
      return isPromise(given) ? "a promise" : "an object";
    case "function":
    case "symbol":
      return `a ${typeof given}`;
  }
}

function isPromise(given: object): boolean {
  return Object.prototype.toString.call(given) === "[object Promise]";
}

/** Whatever it is: what was thrown may have a message that throws in turn. */
function describeThrown(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return escapeText(`${thrown.name}: ${thrown.message}`);
    return typeof thrown === "string" ? escapeText(thrown) : describe(thrown);
  } catch {
    return "something that cannot be shown";
  }
}

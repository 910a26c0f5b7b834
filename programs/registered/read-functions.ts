/**
 * What a module of functions exports, checked.
 *
 * Owns: the form of such a module, the rules of names, and the words for what is wrong.
 * Never: loads a module, stops at the first error.
 *
 * R1. `export const map = { DOUBLE: (v) => v * 2n, … }`, and so `filter`, `flatMap` and `reduce`; nothing else is exported.
 * R2. A function with a second parameter takes an `arg`, always.
 * R3. A name of the language, in any letter case and of whatever operator, is refused: a program means the same everywhere.
 */
import type { RegisteredOperator } from "../expression/tree.ts";
import { INTEGER_FUNCTIONS, LIST_FUNCTIONS, ORDER_DEPENDENT_NAMES } from "../functions.ts";
import { nearestName } from "../nearest-name.ts";
import { alternatives, quoteText } from "../quote-text.ts";
import type { RegisteredFunction } from "./registered-function.ts";

const OPERATORS: readonly RegisteredOperator[] = ["map", "filter", "flatMap", "reduce"];
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const LANGUAGE_NAMES: ReadonlySet<string> = new Set([
  ...[...INTEGER_FUNCTIONS, ...LIST_FUNCTIONS].map(({ name }) => name),
  ...ORDER_DEPENDENT_NAMES,
]);

export interface FunctionReading {
  /** In the order of the module. */
  readonly functions: readonly RegisteredFunction[];
  /** Sentences; empty if everything is right. */
  readonly problems: readonly string[];
}

/** `exported`: the module's exports by name. */
export function readFunctions(exported: Readonly<Record<string, unknown>>): FunctionReading {
  const functions: RegisteredFunction[] = [];
  const problems: string[] = [];
  for (const [key, value] of Object.entries(exported)) {
    const operator = OPERATORS.find((known) => known === key);
    if (operator === undefined) problems.push(refuseExport(key));
    else if (typeof value !== "object" || value === null || Array.isArray(value)) {
      problems.push(`its export ${operator} is no object such as { NAME: (${parameterOf(operator)}) => … }`);
    } else {
      for (const [name, apply] of Object.entries(value)) {
        const problem = problemOf(operator, name, apply);
        if (problem !== undefined) problems.push(`${operator} ${quoteText(name)} ${problem}`);
        else functions.push(toFunction(operator, name, apply as RegisteredFunction["apply"]));
      }
    }
  }
  if (functions.length === 0 && problems.length === 0) {
    problems.push(`it exports no functions; its exports are ${alternatives(OPERATORS)}`);
  }
  return { functions, problems };
}

function toFunction(
  operator: RegisteredOperator,
  name: string,
  apply: RegisteredFunction["apply"],
): RegisteredFunction {
  return { operator, name, takesArg: apply.length === 2, apply };
}

function parameterOf(operator: RegisteredOperator): string {
  return operator === "reduce" ? "values" : "v";
}

function refuseExport(key: string): string {
  if (key === "default") return `it has a default export; it exports ${alternatives(OPERATORS)} by name`;
  const nearest = nearestName(key, OPERATORS);
  const hint = nearest === undefined ? `; exports are ${alternatives(OPERATORS)}` : `; did you mean ${nearest}?`;
  return `it has an unknown export ${quoteText(key)}${hint}`;
}

function problemOf(operator: RegisteredOperator, name: string, apply: unknown): string | undefined {
  if (typeof apply !== "function") return "is no function";
  if (!NAME.test(name)) return "is no name: letters, digits and _ are allowed, a letter first, at most 64";
  if (LANGUAGE_NAMES.has(name.toUpperCase())) return `has a name of the language, ${name.toUpperCase()}`;
  if (apply.length > 2) {
    return `has ${apply.length} parameters: it is given ${parameterOf(operator)} and, if it has two, arg`;
  }
  if (/^(?:Async|Generator|AsyncGenerator)Function$/.test(apply.constructor.name)) {
    return "is asynchronous or a generator: it must give its result itself";
  }
  return undefined;
}

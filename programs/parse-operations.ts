/**
 * The `operations` of a program file.
 *
 * Owns: the rules of steps, functions, their `arg`, and repeats.
 * Never: stops at the first error.
 *
 * O1. A reduce is given an `arg` by existing programs: it is ignored, whatever it is.
 *     One that is a function of the operator's own takes an `arg` if it says so.
 * O2. Unrolled, a program has at most OPERATION_COUNT_MAX operations; repeats nest at most REPEAT_DEPTH_MAX deep.
 */
import { type Diagnostics, describeValue, expectation, isJsonObject, suggest } from "./diagnostics.ts";
import { parseIntExpression, parseListExpression } from "./expression/parse-expression.ts";
import type { IntExpression, ListExpression, RegisteredCall } from "./expression/tree.ts";
import { INTEGER_FUNCTIONS, LIST_FUNCTIONS, ORDER_DEPENDENT_NAMES, type StepOperator } from "./functions.ts";
import { fitsInt64 } from "./int64-range.ts";
import { BIGINT_BITS_MAX, OPERATION_COUNT_MAX, REPEAT_DEPTH_MAX } from "./limits.ts";
import { nearestName } from "./nearest-name.ts";
import type { IntegerMode, Operation, OperationOrigin } from "./program.ts";
import { escapeText, quoteText } from "./quote-text.ts";
import { InexactNumber, type JsonObject, type JsonValue } from "./read-json.ts";
import { type FunctionSignature, operatorsServed } from "./registered/registered-function.ts";
import { repeatSchema, stepSchemas } from "./schema.ts";

/** What an operation may name and give. */
export interface LanguageOfProgram {
  readonly integers: IntegerMode;
  /** Functions of the operator's own. */
  readonly signatures: readonly FunctionSignature[];
}

/** All operations that are right. What is wrong has been reported; then the result is of no use. */
export function parseOperations(
  values: readonly JsonValue[],
  { integers, signatures }: LanguageOfProgram,
  diagnostics: Diagnostics,
): readonly Operation[] {
  const operations = new OperationParser({ integers, signatures }, diagnostics).parseList(values, "operations", 0);
  const count = countUnrolled(operations);
  if (count > OPERATION_COUNT_MAX) {
    const most = OPERATION_COUNT_MAX.toLocaleString("en");
    const found = count < Number.MAX_SAFE_INTEGER ? count.toLocaleString("en") : "far more";
    diagnostics.report("operations", `with every repeat unrolled there are ${found}; the most is ${most}`);
  }
  return operations;
}

const STEP_OPERATORS = Object.keys(stepSchemas) as StepOperator[];
const OPERATORS: readonly string[] = [...STEP_OPERATORS, "repeat"];
const FUNCTIONS: readonly NamedFunction[] = [...INTEGER_FUNCTIONS, ...LIST_FUNCTIONS];
/** A step has one of these; a misspelt or mistyped one is reported as such, and is not missing as well. */
const FORM_KEYS = ["function", "expression"];
const STEP_KEYS = new Map(["times", "operations"].map((key) => [key, "repeat"]));
const REPEAT_KEYS = new Map(["function", "arg", "expression"].map((key) => [key, "the other operators"]));
const ALL_KEYS = ["operator", ...STEP_KEYS.keys(), ...REPEAT_KEYS.keys()];
/** Decimal digits of BIGINT_BITS_MAX bits, rounded down. */
const ARG_DIGITS_MAX = Math.floor(BIGINT_BITS_MAX * Math.log10(2));

/** Of the language, or of the operator's own. */
interface NamedFunction {
  readonly name: string;
  readonly operators: readonly StepOperator[];
  readonly takesArg: boolean;
  readonly refuseArg?: (arg: bigint) => string | undefined;
  readonly build: (arg: bigint) => IntExpression | ListExpression;
}

class OperationParser {
  readonly #integers: IntegerMode;
  readonly #functions: readonly NamedFunction[];
  readonly #diagnostics: Diagnostics;

  constructor({ integers, signatures }: LanguageOfProgram, diagnostics: Diagnostics) {
    this.#integers = integers;
    this.#functions = [...FUNCTIONS, ...signatures.map(toNamedFunction)];
    this.#diagnostics = diagnostics;
  }

  parseList(values: readonly JsonValue[], place: string, depth: number): readonly Operation[] {
    const operations: Operation[] = [];
    for (const [index, value] of values.entries()) {
      const operation = this.#parseOperation(value, `${place}[${index}]`, depth);
      if (operation !== undefined) operations.push(operation);
    }
    return operations;
  }

  #parseOperation(value: JsonValue, place: string, depth: number): Operation | undefined {
    if (!isJsonObject(value)) {
      this.#diagnostics.report(place, expectation('an object such as { "operator": "map", … }', value));
      return undefined;
    }
    const { operator } = value;
    if (operator === "repeat") return this.#parseRepeat(value, place, depth);
    const known = STEP_OPERATORS.find((name) => name === operator);
    if (known !== undefined) return this.#parseStep(known, value, place);
    const misspelt = this.#diagnostics.checkKeys(value, ALL_KEYS, place);
    if (typeof operator === "string") {
      const hint = suggest(nearestName(operator, OPERATORS), OPERATORS, "operators");
      this.#diagnostics.report(`${place}.operator`, `unknown operator ${quoteText(operator)}${hint}`);
    } else if (!misspelt.has("operator")) {
      this.#diagnostics.report(`${place}.operator`, expectation(`one of ${OPERATORS.join(", ")}`, operator));
    }
    return undefined;
  }

  #parseRepeat(value: JsonObject, place: string, depth: number): Operation | undefined {
    if (depth === REPEAT_DEPTH_MAX) {
      this.#diagnostics.report(place, `repeats are nested deeper than ${REPEAT_DEPTH_MAX} levels`);
      return undefined;
    }
    const members = this.#diagnostics.check(repeatSchema, value, place, REPEAT_KEYS);
    const nested = Array.isArray(value.operations) ? (value.operations as readonly JsonValue[]) : [];
    const operations = this.parseList(nested, `${place}.operations`, depth + 1);
    if (members === undefined) return undefined;
    const { times } = members;
    const text = `repeat ${times} ${times === 1 ? "time" : "times"}`;
    return { operator: "repeat", times, operations, origin: { place, text } };
  }

  #parseStep(operator: StepOperator, value: JsonObject, place: string): Operation | undefined {
    this.#diagnostics.check(stepSchemas[operator], value, place, STEP_KEYS);
    const { function: name, expression } = value;
    const hasBoth = name !== undefined && expression !== undefined;
    if (hasBoth) this.#diagnostics.report(place, 'has both a "function" and an "expression"; give one of them');
    const named = typeof name === "string" ? this.#parseFunction(operator, name, value.arg, place) : undefined;
    if (typeof name === "string" && !hasBoth) return named;
    if (typeof expression === "string") {
      if (!hasBoth && value.arg !== undefined && operator !== "reduce") {
        this.#diagnostics.report(`${place}.arg`, "belongs to a function; an expression has its numbers inside");
      }
      return this.#parseExpression(operator, expression, place);
    }
    const isMisspelt = Object.keys(value).some((key) => FORM_KEYS.includes(nearestName(key, FORM_KEYS) ?? ""));
    if (!isMisspelt) this.#diagnostics.report(place, `${operator} needs a "function" or an "expression"`);
    return undefined;
  }

  #parseExpression(operator: StepOperator, source: string, place: string): Operation | undefined {
    const origin: OperationOrigin = { place, text: `${operator} ${escapeText(source)}` };
    const integers = this.#integers;
    const isList = operator === "flatMap";
    const parsed = isList ? parseListExpression(source, integers) : parseIntExpression(source, { operator, integers });
    for (const { column, message } of parsed.problems ?? []) {
      this.#diagnostics.report(`${place}.expression`, `column ${column}: ${message}`);
    }
    return parsed.tree === undefined ? undefined : ({ operator, expression: parsed.tree, origin } as Operation);
  }

  #parseFunction(
    operator: StepOperator,
    name: string,
    arg: JsonValue | undefined,
    place: string,
  ): Operation | undefined {
    const found = this.#functions.find((known) => known.name === name && isFor(known.operators, operator));
    if (found === undefined) {
      this.#diagnostics.report(`${place}.function`, refuseFunction(operator, name, this.#functions));
      return undefined;
    }
    const argPlace = `${place}.arg`;
    if (!found.takesArg) {
      if (arg !== undefined && operator !== "reduce") this.#diagnostics.report(argPlace, `${name} takes no arg`);
      return { operator, expression: found.build(0n), origin: { place, text: `${operator} ${name}` } } as Operation;
    }
    const number = this.#parseArg(arg, name, argPlace);
    if (number === undefined) return undefined;
    const refusal = found.refuseArg?.(number);
    if (refusal !== undefined) this.#diagnostics.report(argPlace, `${name} by ${number}: ${refusal}`);
    const text = `${operator} ${name} ${escapeText(String(number))}`;
    return { operator, expression: found.build(number), origin: { place, text } } as Operation;
  }

  #parseArg(arg: JsonValue | undefined, name: string, place: string): bigint | undefined {
    if (arg === undefined) {
      this.#diagnostics.report(place, `is missing; ${name} needs an integer`);
      return undefined;
    }
    if (arg instanceof InexactNumber && /^-?\d+$/.test(arg.source)) {
      const written = escapeText(arg.source);
      this.#diagnostics.report(
        place,
        `${written} is not exact as a JSON number; write it as a string: "arg": "${written}"`,
      );
      return undefined;
    }
    if (typeof arg !== "number" && (typeof arg !== "string" || !/^[+-]?\d+$/.test(arg))) {
      this.#diagnostics.report(place, `must be an integer, or one as a string of digits, but is ${describeValue(arg)}`);
      return undefined;
    }
    if (typeof arg === "string" && arg.length > ARG_DIGITS_MAX) {
      this.#diagnostics.report(place, `has ${arg.length} digits; the most is ${ARG_DIGITS_MAX}`);
      return undefined;
    }
    const number = BigInt(typeof arg === "string" && arg.startsWith("+") ? arg.slice(1) : arg);
    if (this.#integers === "bigint" || fitsInt64(number)) return number;
    this.#diagnostics.report(place, `${describeValue(arg)} does not fit 64 bits; "integers": "bigint" has no limit`);
    return undefined;
  }
}

function toNamedFunction({ operator, name, takesArg }: FunctionSignature): NamedFunction {
  const build = (arg: bigint): RegisteredCall => {
    return { kind: "registered", operator, name, arg: takesArg ? arg : undefined };
  };
  return { name, operators: operatorsServed(operator), takesArg, build };
}

function refuseFunction(operator: StepOperator, name: string, functions: readonly NamedFunction[]): string {
  const names = functions.filter((known) => isFor(known.operators, operator)).map((known) => known.name);
  const list = `the functions of ${operator} are ${names.join(", ")}`;
  if (operator === "reduce" && ORDER_DEPENDENT_NAMES.includes(name)) {
    return `${name} cannot reduce: its result would depend on the order of the values; ${list}`;
  }
  const owners = new Set(functions.filter((known) => known.name === name).flatMap((known) => known.operators));
  if (owners.size > 0) return `${name} is a function of ${[...owners].join(" and ")}, not of ${operator}; ${list}`;
  return `unknown function ${quoteText(name)}${suggest(nearestName(name, names), names, `functions of ${operator}`)}`;
}

function isFor(operators: readonly StepOperator[], operator: StepOperator): boolean {
  return operators.includes(operator);
}

/** A double is exact enough: what is beyond 2^53 is refused all the same. */
function countUnrolled(operations: readonly Operation[]): number {
  let count = 0;
  for (const operation of operations) {
    count += operation.operator === "repeat" ? operation.times * countUnrolled(operation.operations) : 1;
  }
  return count;
}

/**
 * Everything that a program can call, as plain data for people and for JSON.
 *
 * Owns: what of a function is worth showing.
 * Never: formats a table.
 */
import { EXPRESSION_FUNCTIONS } from "./expression/functions.ts";
import { INTEGER_FUNCTIONS, LIST_FUNCTIONS, type StepOperator } from "./functions.ts";
import { type FunctionSignature, operatorsServed } from "./registered/registered-function.ts";

/** What `"function"` may name. */
interface NamedFunctionListing {
  readonly name: string;
  readonly operators: readonly StepOperator[];
  readonly takesArg: boolean;
  /** `v + arg` */
  readonly formula: string;
  readonly meaning: string;
}

/** What an `"expression"` may call. */
interface ExpressionFunctionListing {
  /** `clamp(x, lo, hi)` */
  readonly signature: string;
  readonly operators: readonly StepOperator[];
  readonly meaning: string;
}

export interface FunctionListing {
  /** By operator, in the order in which operators are documented. */
  readonly named: readonly NamedFunctionListing[];
  readonly expression: readonly ExpressionFunctionListing[];
}

/** `signatures`: of functions of the operator's own. */
export function listFunctions(signatures: readonly FunctionSignature[] = []): FunctionListing {
  const named = [...INTEGER_FUNCTIONS, ...LIST_FUNCTIONS, ...signatures.map(ownFunction)]
    .map(({ name, operators, takesArg, formula, meaning }) => ({ name, operators, takesArg, formula, meaning }))
    .sort((left, right) => OPERATORS.indexOf(left.operators[0]) - OPERATORS.indexOf(right.operators[0]));
  const expression = EXPRESSION_FUNCTIONS.map(({ signature, kind, meaning }) => {
    return { signature, operators: OPERATORS_OF_KIND[kind], meaning };
  });
  return { named, expression };
}

function ownFunction({ operator, name, takesArg }: FunctionSignature): NamedFunctionListing {
  const formula = `${name}(${operator === "reduce" ? "V" : "v"}${takesArg ? ", arg" : ""})`;
  return { name, operators: operatorsServed(operator), takesArg, formula, meaning: "a function of your own" };
}

const OPERATORS: readonly StepOperator[] = ["map", "changeKey", "filter", "flatMap", "reduce"];
const OPERATORS_OF_KIND = { scalar: OPERATORS, list: ["flatMap"], aggregate: ["reduce"] } as const;

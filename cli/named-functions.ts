/**
 * The functions of the operator's own that a command was started with.
 *
 * Never: loads what loads them for a command that was given none.
 */
import { Console } from "node:console";
import type { FunctionRegistry } from "../actors/executor/load-functions.ts";

export interface FunctionsOption {
  /** Path of a module. */
  readonly functions?: string;
}

/** Undefined without a module. Errors: FUNCTIONS_UNUSABLE. */
export async function namedFunctions({ functions }: FunctionsOption): Promise<FunctionRegistry | undefined> {
  if (functions === undefined) return undefined;
  // What a module prints when it is loaded, or called by the reference interpreter, is no part of a result.
  globalThis.console = new Console(process.stderr, process.stderr);
  const { loadFunctions } = await import("../actors/executor/load-functions.ts");
  return await loadFunctions(functions);
}

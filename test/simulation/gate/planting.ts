/**
 * Plants one fault into the modules of the product as they are loaded: `node --import=…/planting.js`, with the name of the
 * mutant in the environment.
 *
 * Never: changes a file.
 */
import { register } from "node:module";
import { MUTANTS } from "./mutants.ts";

/** The name of the mutant. */
export const MUTANT_VARIABLE = "SIMULATED_MUTANT";

const name = process.env[MUTANT_VARIABLE];
const mutant = MUTANTS.find((each) => each.name === name);
if (mutant === undefined) throw new Error(`${MUTANT_VARIABLE} names no mutant: ${JSON.stringify(name)}`);
register("./planting-hooks.js", import.meta.url, { data: mutant });

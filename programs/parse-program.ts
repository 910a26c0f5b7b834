/**
 * Text of a program file to a checked program.
 *
 * Owns: the order of the checks and their gathering into one error.
 * Never: reads a file, and never gives a program that has an error.
 */
import { Diagnostics, isJsonObject, placeOf } from "./diagnostics.ts";
import { ProgramError } from "./errors.ts";
import { parseInput, parseOutput } from "./parse-files.ts";
import { parseOperations } from "./parse-operations.ts";
import type { Program } from "./program.ts";
import { JsonSyntaxError, type JsonText, type JsonValue, readJson } from "./read-json.ts";
import type { FunctionSignature } from "./registered/registered-function.ts";
import { programSchema } from "./schema.ts";

/**
 * Parses and checks a program. `name` is the name of a program that does not give itself one; `signatures` are of the
 * functions of the operator's own that it may name.
 *
 * Errors: `ProgramError` with everything that is wrong; of text that is no JSON, the first thing.
 */
export function parseProgram(text: string, name: string, signatures: readonly FunctionSignature[] = []): Program {
  const diagnostics = new Diagnostics();
  const { value, repeatedKeys } = readText(text);
  for (const path of repeatedKeys) diagnostics.report(placeOf("", path), "is given twice");
  const members = diagnostics.check(programSchema, value, "");
  const file = isJsonObject(value) ? value : {};
  const input = parseInput(file.input, diagnostics);
  const output = parseOutput(file.output, diagnostics);
  const listed = Array.isArray(file.operations) ? (file.operations as readonly JsonValue[]) : [];
  const operations = parseOperations(
    listed,
    { integers: file.integers === "bigint" ? "bigint" : "int64", signatures },
    diagnostics,
  );
  if (members === undefined || diagnostics.found.length > 0) throw new ProgramError(diagnostics.found);
  const { partitions, integers, onError } = members;
  return { name: members.name ?? name, partitions, integers, onError, input, output, operations };
}

function readText(text: string): JsonText {
  try {
    return readJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const message = `this is no JSON: line ${error.line}, column ${error.column}: ${error.message}`;
    throw new ProgramError([{ place: "", message }]);
  }
}

/**
 * `validate`: checks a program, and its inputs if that is wished.
 *
 * Owns: the shape of `validate --json`.
 */
import type { Diagnostic } from "../../programs/errors.ts";
import { makePlan } from "../../programs/plan/make-plan.ts";
import { ProgramFileError, type ToldError, tellError } from "../command-error.ts";
import { EXIT } from "../exit-codes.ts";
import { type FunctionsOption, namedFunctions } from "../named-functions.ts";
import { readProgram } from "../read-program.ts";
import { countOf } from "../run/numbers.ts";
import { note, writeOut } from "../terminal.ts";

export interface ValidateOptions extends FunctionsOption {
  readonly inputs?: boolean;
  readonly json?: boolean;
}

interface Validation {
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Returns the exit code. */
export async function validate(file: string, options: ValidateOptions): Promise<number> {
  try {
    const source = readProgram(file, await namedFunctions(options));
    if (options.inputs) await checkInputs(source);
    if (options.json) await tellJson({ valid: true, diagnostics: [] });
    else await writeOut(process.stdout, `ok: ${describe(source)}\n`);
    return EXIT.done;
  } catch (error) {
    const told = tellError(error);
    if (options.json && told.exitCode === EXIT.usage)
      await tellJson({ valid: false, diagnostics: diagnosticsOf(error, told) });
    else for (const line of told.lines) note(line);
    return told.exitCode;
  }
}

async function checkInputs(source: ReturnType<typeof readProgram>): Promise<void> {
  const { inputOf } = await import("../run/run-settings.ts");
  const { resolveInput } = await import("../../actors/job/resolve-input.ts");
  const { input, baseDirectory } = inputOf(source, undefined);
  await resolveInput(input, baseDirectory);
}

function describe({ program, file }: ReturnType<typeof readProgram>): string {
  const { operations, stages, partitions } = makePlan(program);
  const sizes = [
    countOf(operations.length, "operation"),
    countOf(stages.length, "stage"),
    countOf(partitions, "partition"),
  ];
  return `${file}: ${sizes.join(", ")}`;
}

function diagnosticsOf(error: unknown, { lines }: ToldError): readonly Diagnostic[] {
  if (error instanceof ProgramFileError) return error.error.diagnostics;
  return lines.map((message) => ({ place: "", message }));
}

async function tellJson(validation: Validation): Promise<void> {
  await writeOut(process.stdout, `${JSON.stringify(validation, null, 2)}\n`);
}

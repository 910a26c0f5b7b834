/**
 * `explain`: shows the plan of a program.
 *
 * Owns: which of the three drawings is written.
 */
import { explainPlan } from "../../programs/plan/explain.ts";
import { formatExplanation } from "../../programs/plan/format-explanation.ts";
import { formatMermaid } from "../../programs/plan/format-mermaid.ts";
import { makePlan } from "../../programs/plan/make-plan.ts";
import { EXIT } from "../exit-codes.ts";
import { type FunctionsOption, namedFunctions } from "../named-functions.ts";
import { readProgram } from "../read-program.ts";
import { writeOut } from "../terminal.ts";

export interface ExplainOptions extends FunctionsOption {
  readonly partitions?: number;
  readonly json?: boolean;
  readonly mermaid?: boolean;
}

/** Returns the exit code. Errors: those of reading a program. */
export async function explain(file: string, options: ExplainOptions): Promise<number> {
  const { partitions, json, mermaid } = options;
  const { program } = readProgram(file, await namedFunctions(options));
  const explanation = explainPlan(makePlan(program, { partitions }), program);
  let text = formatExplanation(explanation);
  if (json) text = `${JSON.stringify(explanation, null, 2)}\n`;
  if (mermaid) text = formatMermaid(explanation);
  await writeOut(process.stdout, text.endsWith("\n") ? text : `${text}\n`);
  return EXIT.done;
}

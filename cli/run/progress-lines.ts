/**
 * Draws how far a run has come: one to three lines.
 *
 * Owns: what is shown, and where it is cut.
 * Never: writes, reads a clock.
 */
import type { JobTotals } from "../../actors/job/progress.ts";
import type { OutputTotals } from "../../actors/output/messages.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import { bytesText, countOf, countText, shortCount } from "./numbers.ts";

export interface ProgressFacts {
  readonly plan: Plan;
  readonly totals: JobTotals;
  /** Undefined until the output begins. */
  readonly output: OutputTotals | undefined;
  /** Of all input files. */
  readonly bytesTotal: number;
  readonly restarts: number;
  /** Rows a second, lately; undefined where nothing is known. */
  readonly rowsPerSecond: number | undefined;
  /** Until this stage, or the output, ends. */
  readonly secondsLeft: number | undefined;
}

const BAR_COLUMNS = 24;

/** What of a stage, or of the output, is done: 0 to 1. */
export function shareDone({ totals, output, bytesTotal }: ProgressFacts): number {
  if (output !== undefined) return ratio(output.piecesDone, output.pieceCount);
  if (totals.stage === 0 && totals.tasksDone < totals.tasksOfStage) return ratio(totals.bytesRead, bytesTotal);
  return ratio(totals.tasksDone, totals.tasksOfStage);
}

/** Lines of at most `columns` characters. */
export function progressLines(facts: ProgressFacts, columns: number): string[] {
  const share = shareDone(facts);
  const filled = Math.floor(share * BAR_COLUMNS);
  const bar = `${"━".repeat(filled)}${"╌".repeat(BAR_COLUMNS - filled)}`;
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  return [`${bar} ${percent} %  ${titleOf(facts)}`, `  ${details(facts).join("  ·  ")}`].map((line) => {
    return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
  });
}

/** For a log: everything on one line. */
export function progressLine(facts: ProgressFacts): string {
  const percent = Math.floor(shareDone(facts) * 100);
  return `${percent} % of ${titleOf(facts)}: ${details(facts).join(", ")}`;
}

function titleOf({ plan, totals, output }: ProgressFacts): string {
  if (output !== undefined) return "writing the result";
  const { steps } = plan.stages[totals.stage];
  const names = steps.slice(0, 20).map(({ operation }) => plan.operations[operation].text);
  if (totals.stage === 0) names.unshift("read");
  return `stage ${totals.stage + 1} of ${plan.stages.length}: ${names.join(", ")}`;
}

function details({ totals, output, bytesTotal, restarts, rowsPerSecond, secondsLeft }: ProgressFacts): string[] {
  const parts: string[] = [];
  if (output !== undefined) {
    parts.push(countOf(output.pairsWritten, "row"), bytesText(output.bytesWritten));
  } else if (totals.stage === 0) {
    parts.push(`${bytesText(totals.bytesRead)} of ${bytesText(bytesTotal)}`, countOf(totals.pairsIn, "row"));
    if (rowsPerSecond !== undefined) parts.push(`${shortCount(rowsPerSecond)} rows/s`);
  } else {
    parts.push(`${countText(totals.tasksDone)} of ${countOf(totals.tasksOfStage, "task")}`);
  }
  if (secondsLeft !== undefined) parts.push(`${Math.ceil(secondsLeft)} s left`);
  if (totals.rejected > 0) parts.push(`${countText(totals.rejected)} rejected`);
  if (restarts > 0) parts.push(countOf(restarts, "restart"));
  return parts;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0;
}

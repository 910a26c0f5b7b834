/**
 * Draws how far a run has come: a bar with its title, and below it what is known, on as many lines as it takes.
 *
 * Owns: what is shown, and where it is cut.
 * Never: writes, reads a clock.
 */
import picocolors from "picocolors";
import type { JobTotals } from "../../actors/job/totals.ts";
import type { OutputTotals } from "../../actors/output/messages.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import { bytesText, countOf, countText, durationText, shortCount } from "./numbers.ts";

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

export type Colours = ReturnType<typeof picocolors.createColors>;

const [BAR_COLUMNS, SHORT_BAR_COLUMNS] = [24, 10];
/** Narrower than this, the bar is short. */
const WIDE_COLUMNS = 60;
/** Below the bar; what has no room on them is left out, and comes last. */
const DETAIL_LINES_MAX = 3;
/** More operations than any terminal has room for. */
const NAMES_MAX = 40;
const SEPARATOR = "  ·  ";
const PLAIN = picocolors.createColors(false);

/** What of a stage, or of the output, is done: 0 to 1. */
export function shareDone({ totals, output, bytesTotal }: ProgressFacts): number {
  if (output !== undefined) return ratio(output.piecesDone, output.pieceCount);
  if (totals.stage === 0 && totals.tasksDone < totals.tasksOfStage) return ratio(totals.bytesRead, bytesTotal);
  return ratio(totals.tasksDone, totals.tasksOfStage);
}

/** Lines of at most `columns` characters, not counting what colours them. */
export function progressLines(facts: ProgressFacts, columns: number, colours: Colours = PLAIN): string[] {
  const share = shareDone(facts);
  const barColumns = Math.min(columns, columns < WIDE_COLUMNS ? SHORT_BAR_COLUMNS : BAR_COLUMNS);
  const filled = Math.floor(share * barColumns);
  const bar = `${colours.cyan("━".repeat(filled))}${colours.dim("╌".repeat(barColumns - filled))}`;
  const title = ` ${`${Math.floor(share * 100)}`.padStart(3)} %  ${titleOf(facts)}`;
  const below = pack(details(facts), columns).map((line) => colours.dim(line));
  return [`${bar}${cut(title, columns - barColumns)}`, ...below];
}

/** As many parts on each line as fit. */
function pack(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = `${lines.at(-1)}${SEPARATOR}${part}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(cut(`  ${part}`, columns));
  }
  return lines.slice(0, DETAIL_LINES_MAX);
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}${columns > 0 ? "…" : ""}`;
}

/** For a log: everything on one line. */
export function progressLine(facts: ProgressFacts): string {
  const percent = Math.floor(shareDone(facts) * 100);
  return `${percent} % of ${titleOf(facts)}: ${details(facts).join(", ")}`;
}

function titleOf({ plan, totals, output }: ProgressFacts): string {
  if (output !== undefined) return "writing the result";
  const names = totals.stage === 0 ? ["read"] : [];
  // A `repeat` makes a step of an operation as often as it says.
  const operations = new Set(plan.stages[totals.stage].steps.map(({ operation }) => operation));
  for (const operation of operations) names.push(plan.operations[operation].text);
  return `stage ${totals.stage + 1} of ${plan.stages.length}: ${names.slice(0, NAMES_MAX).join(", ")}`;
}

function details({ plan, totals, output, bytesTotal, ...rest }: ProgressFacts): string[] {
  const { restarts, rowsPerSecond, secondsLeft } = rest;
  const parts: string[] = [];
  if (output !== undefined) {
    parts.push(countOf(output.pairsWritten, "row"), bytesText(output.bytesWritten));
  } else if (totals.stage === 0) {
    parts.push(`${bytesText(totals.bytesRead)} of ${bytesText(bytesTotal)}`, countOf(totals.pairsIn, "row"));
    if (rowsPerSecond !== undefined) parts.push(`${shortCount(rowsPerSecond)} rows/s`);
  } else {
    parts.push(`${countText(totals.tasksDone)} of ${countOf(totals.tasksOfStage, "task")}`);
  }
  if (secondsLeft !== undefined) parts.push(`${timeText(secondsLeft)} left`);
  if (totals.rejected > 0) parts.push(`${countText(totals.rejected)} rejected`);
  if (restarts > 0) parts.push(countOf(restarts, "restart"));
  parts.push(countOf(plan.partitions, "partition"));
  return parts;
}

/** Whole seconds, since it is a guess. */
function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : durationText(whole * 1000);
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0;
}

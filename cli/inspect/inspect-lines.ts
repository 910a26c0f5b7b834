/**
 * Writes what a data directory holds, for people.
 *
 * Owns: the words and the tables.
 */
import { isEnded } from "../../actors/cluster/control.ts";
import type { DirectoryReport } from "../../actors/inspect-directory.ts";
import type { JobReport, PartitionReport, StageReport } from "../../actors/inspect-job.ts";
import { escapeText, quoteText } from "../../programs/quote-text.ts";
import { bytesText, countOf, countText } from "../run/numbers.ts";
import type { coloursOf } from "../terminal.ts";
import { tableLines } from "./table-lines.ts";

type Colours = ReturnType<typeof coloursOf>;

/** Rows of one table; what is more is counted, and all of it in `--json`. */
const ROWS_MAX = 24;
const OPERATIONS_CHARACTERS_MAX = 48;

export function inspectLines(report: DirectoryReport, colours: Colours): string[] {
  const { journal, segments, holder, verifiedBytes } = report;
  const lines = [
    colours.bold(quoteText(report.directory)),
    `  ${healthText(report, colours)}`,
    `  journal: ${countOf(journal.records, "record")} in ${countOf(journal.logs, "log")}, ${bytesText(journal.bytes)}`,
    `  segments: ${countOf(segments.files, "file")}, ${bytesText(segments.bytes)}, of which ${bytesText(segments.usedBytes)} in use`,
  ];
  if (verifiedBytes !== null) lines.push(`  verified: ${bytesText(verifiedBytes)} of stored blocks, and every record`);
  if (holder !== null) {
    const warning = `process ${holder.pid} has been working here since ${holder.since}: this is how it was a moment ago`;
    lines.push(`  ${colours.yellow(warning)}`);
  }
  for (const { log, sequence, reason } of journal.broken) {
    lines.push(colours.red(`  log ${quoteText(log)} is broken from record ${sequence} on (${reason})`));
  }
  for (const job of report.jobs) lines.push("", ...jobLines(job, report, colours));
  if (report.jobs.length === 0) lines.push("", "  no job");
  return lines;
}

function healthText({ healthy, jobs, journal, verifiedBytes }: DirectoryReport, colours: Colours): string {
  if (healthy) return colours.green(verifiedBytes === null ? "healthy (blocks are checked with --verify)" : "healthy");
  const damaged = jobs.reduce((sum, { damagedResults }) => sum + damagedResults, 0);
  const found = [
    journal.broken.length > 0 ? countOf(journal.broken.length, "broken log") : "",
    damaged > 0 ? countOf(damaged, "damaged result") : "",
  ].filter((text) => text !== "");
  return colours.red(`damaged: ${found.join(", ") || "stray records"}; the next run computes again what is lost`);
}

function jobLines(job: JobReport, { role }: DirectoryReport, colours: Colours): string[] {
  const name = job.program === null ? "" : ` ${quoteText(job.program)}`;
  const lines = [`  ${colours.bold(`job ${job.job}${name}`)}: ${stateText(job, role)}`];
  if (job.inputs.length > 0) lines.push(`  input: ${inputsText(job.inputs)}`);
  const indent = (table: string[]): string[] => table.map((line) => `  ${line}`);
  if (job.stages.length > 0) lines.push("", ...indent(stageTable(job.stages, colours)));
  if (job.partitions.length > 0) lines.push("", ...indent(partitionTable(job.partitions, colours)));
  return lines;
}

function stateText(job: JobReport, role: DirectoryReport["role"]): string {
  const { stageCount, partitionCount, stage, state, output, stages } = job;
  if (state !== null && isEnded(state)) return state;
  if (stageCount === null || partitionCount === null)
    return role === "worker" ? "its coordinator knows what it is" : "its description is lost";
  const size = `${countOf(stageCount, "stage")}, ${countOf(partitionCount, "partition")}`;
  if (stage !== null) {
    const present = stages.find((row) => row.stage === stage);
    const inAll = present?.tasksInAll ?? null;
    const tasks = inAll === null ? "" : `, ${countText(present?.tasks ?? 0)} of ${countText(inAll)} tasks done`;
    return `${size}; in stage ${stage}${tasks}`;
  }
  if (output === null) return `${size}; all stages done, no output written`;
  return `${size}; all stages done, ${countText(output.piecesDone)} of ${countText(output.pieceCount)} pieces of the output written`;
}

function inputsText(inputs: readonly string[]): string {
  const shown = inputs.slice(0, 3).map((name) => quoteText(name));
  return inputs.length > 3 ? `${shown.join(", ")} and ${countText(inputs.length - 3)} more` : shown.join(", ");
}

function stageTable(stages: readonly StageReport[], colours: Colours): string[] {
  const rows = stages
    .slice(0, ROWS_MAX)
    .map(({ stage, tasks, tasksInAll, blocks, pairs, bytes, text }) => [
      String(stage),
      tasksInAll === null ? countText(tasks) : `${countText(tasks)}/${countText(tasksInAll)}`,
      countText(blocks),
      countText(pairs),
      bytesText(bytes),
      escapeText(text, OPERATIONS_CHARACTERS_MAX),
    ]);
  const heads = ["stage", "tasks", "blocks", "pairs", "bytes", "operations"];
  return [...tableLines(heads, rows, { left: ["operations"], head: colours.dim }), ...moreLine(stages, "stage")];
}

function partitionTable(partitions: readonly PartitionReport[], colours: Colours): string[] {
  const rows = partitions
    .slice(0, ROWS_MAX)
    .map(({ partition, stage, operation, tasks, blocks, bytes, records, damaged, broken }) => [
      String(partition),
      stage === null ? "–" : String(stage),
      operation === null ? "–" : String(operation),
      countText(tasks),
      countText(blocks),
      bytesText(bytes),
      countText(records),
      healthOf(damaged, broken, colours),
    ]);
  const heads = ["partition", "stage", "operation", "tasks", "blocks", "bytes", "records", "health"];
  return [...tableLines(heads, rows, { left: ["health"], head: colours.dim }), ...moreLine(partitions, "partition")];
}

function healthOf(damaged: number, broken: PartitionReport["broken"], colours: Colours): string {
  if (damaged === 0 && broken === null) return colours.green("good");
  const found = [
    broken === null ? "" : `broken at record ${broken.sequence}`,
    damaged === 0 ? "" : `${countText(damaged)} damaged`,
  ];
  return colours.red(found.filter((text) => text !== "").join(", "));
}

function moreLine(rows: readonly unknown[], noun: string): string[] {
  const more = rows.length - ROWS_MAX;
  return more > 0 ? [`… and ${countOf(more, `more ${noun}`)}; --json has all`] : [];
}

/**
 * Tells jobs and workers to people: progress, summaries, tables.
 *
 * Owns: the words. What others wrote is shown with its control characters escaped.
 * Never: writes, reads a clock.
 */
import type { JobStatus, StoryEvent, WorkerStatus } from "../../actors/cluster/control.ts";
import { escapeText, quoteText } from "../../programs/quote-text.ts";
import { bytesText, countOf, countText, durationText } from "../run/numbers.ts";

const BAR_COLUMNS = 24;
const STORY_SHOWN_MAX = 1000;
const CELL_CHARACTERS_MAX = 200;

/** Of a job that is waited for: lines of at most `columns` characters. */
export function progressLines(job: JobStatus, columns: number): string[] {
  const share = shareDone(job);
  const filled = Math.floor(share * BAR_COLUMNS);
  const bar = `${"━".repeat(filled)}${"╌".repeat(BAR_COLUMNS - filled)}`;
  const lines = [`${bar} ${percent(share).padStart(3)} %  ${titleOf(job)}`, `  ${details(job).join("  ·  ")}`];
  return lines.map((line) => (line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`));
}

/** For a log: everything on one line. */
export function progressLine(job: JobStatus): string {
  return `${percent(shareDone(job))} % of ${titleOf(job)}: ${details(job).join(", ")}`;
}

/** Of a job that is done. `place` is where the result went, `elapsedMs` as the submitter saw it. */
export function summaryLines(job: JobStatus, place: string | undefined, elapsedMs: number): string[] {
  const target =
    place === undefined ? "kept by the coordinator" : place === "-" ? "to standard output" : `to ${quoteText(place)}`;
  const rows = `${countOf(job.pairsIn, "row")} in, ${countText(job.pairsOut)} out`;
  const counts = [
    `job ${shown(job.id)}`,
    countOf(job.stageCount, "stage"),
    countOf(job.partitions, "partition"),
    `shuffled ${bytesText(job.shuffledBytes)}`,
  ];
  const lines = [`${rows} ${target} in ${durationText(elapsedMs)}`, counts.join(", ")];
  if (job.rejected > 0) lines.push(`${countText(job.rejected)} rejected`);
  if (job.tasksTakenOver > 0)
    lines.push(`${countOf(job.tasksTakenOver, "task")} taken over by a restarted coordinator`);
  if (job.restarts + job.tasksRepeated > 0) {
    lines.push(`${countOf(job.restarts, "restart")}, ${countOf(job.tasksRepeated, "task")} computed again`);
  }
  return lines;
}

export function jobTable(jobs: readonly JobStatus[]): string[] {
  if (jobs.length === 0) return ["no jobs"];
  const rows = jobs.map((job) => [
    ...[shown(job.id), shown(job.name), stateOf(job), shown(job.submittedAt), `${percent(shareDone(job))} %`],
    ...[`${job.stage + 1}/${job.stageCount}`, countText(job.pairsIn), countText(job.pairsOut), String(job.restarts)],
  ]);
  return table(["JOB", "NAME", "STATE", "SUBMITTED", "STAGE DONE", "STAGE", "ROWS IN", "ROWS OUT", "RESTARTS"], rows);
}

export function workerTable(workers: readonly WorkerStatus[]): string[] {
  if (workers.length === 0) return ["no workers"];
  const rows = workers.map((worker) => [
    ...[shown(worker.id), shown(worker.host), worker.state, `${worker.tasksRunning}/${worker.slots}`],
    ...[String(worker.epoch), shown(worker.joinedAt), `${durationText(worker.lastHeardMs)} ago`, shown(worker.version)],
  ]);
  return table(["WORKER", "HOST", "STATE", "TASKS/SLOTS", "EPOCH", "JOINED", "HEARD", "VERSION"], rows);
}

/** Of one job: what is known, then its story. */
export function statusLines(job: JobStatus, story: readonly StoryEvent[]): string[] {
  const times = [`submitted ${shown(job.submittedAt)}`];
  if (job.startedAt !== undefined) times.push(`started ${shown(job.startedAt)}`);
  if (job.endedAt !== undefined) times.push(`ended ${shown(job.endedAt)}`);
  const lines = [`${shown(job.id)} (${shown(job.name)}): ${stateOf(job)}`, times.join(", "), details(job).join(", ")];
  if (job.failure !== undefined) lines.push(`${shown(job.failure.code)}: ${escapeText(job.failure.message, 1000)}`);
  if (job.state === "done") {
    const size = bytesText(job.outputBytes);
    if (job.outputPath !== undefined) lines.push(`${size} in ${quoteText(job.outputPath)} on the coordinator's host`);
    else lines.push(job.resultKept ? `${size} kept: actor-dataflow result ${shown(job.id)}` : "the result is gone");
  }
  const last = story.slice(-STORY_SHOWN_MAX);
  if (last.length < story.length) lines.push(`(${countText(story.length - last.length)} earlier events)`);
  return [
    ...lines,
    ...last.map(({ time, kind, message }) => `${shown(time)}  ${shown(kind)}  ${escapeText(message, 500)}`),
  ];
}

function titleOf(job: JobStatus): string {
  if (job.state === "queued") return `job ${shown(job.id)}: waiting for its turn`;
  const waits = job.waitsForWorker === true ? ", waits for a worker" : "";
  return `job ${shown(job.id)}: stage ${job.stage + 1} of ${job.stageCount}${waits}`;
}

function stateOf({ state, waitsForWorker }: JobStatus): string {
  return waitsForWorker === true ? "waits for a worker" : state;
}

function details(job: JobStatus): string[] {
  const parts = [`${countText(job.tasksDone)} of ${countOf(job.tasksOfStage, "task")}`, countOf(job.pairsIn, "row")];
  if (job.shuffledBytes > 0) parts.push(`shuffled ${bytesText(job.shuffledBytes)}`);
  if (job.outputBytes > 0) parts.push(`wrote ${bytesText(job.outputBytes)}`);
  if (job.rejected > 0) parts.push(`${countText(job.rejected)} rejected`);
  if (job.restarts > 0) parts.push(countOf(job.restarts, "restart"));
  return parts;
}

/** Of the stage, 0 to 1. */
function shareDone({ state, tasksDone, tasksOfStage }: JobStatus): number {
  if (state === "done") return 1;
  return tasksOfStage > 0 ? Math.min(1, tasksDone / tasksOfStage) : 0;
}

function percent(share: number): string {
  return String(Math.floor(share * 100));
}

function shown(text: string): string {
  return escapeText(text, CELL_CHARACTERS_MAX);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  return [head, ...rows].map((row) => {
    return row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  });
}

/**
 * The output of a job: has the final order cut into pieces, computed in parallel, and writes them in order.
 *
 * O1. The journal is told of a piece after the piece was written; a resumed output goes on behind the last one told.
 * O2. The destination appears after the last piece and after the rejects, once (D5).
 * O3. Any error of writing ends the output by name; nothing appears.
 * O5. Where a run or a reject is damaged, the output waits until the job orders it anew; what was written stays written.
 * O4. What an incarnation writes ends with it: the next one waits for the write that is under way, and no other follows.
 * O7. An order is in vain that has what the output has just told damaged; so many in a row end it by name.
 * O6. Text that its worker stored and that cannot be had any more is computed again, a bounded number of times.
 */
import assert from "node:assert/strict";
import { assign, fromPromise, not, setup } from "xstate";
import { RuntimeError } from "../../runtime/errors.ts";
import { isDiskFull } from "../../runtime/journal/disk-full.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import { isAmong, SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { RunReference, Task, TaskFailure, TaskResult } from "../executor/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import { TASK_REPAIRS_MAX, VAIN_REPAIRS_MAX } from "../options.ts";
import type { OutputCommand, OutputFact, OutputPiece, OutputTotals, RejectSources } from "./messages.ts";
import type { OutputPort } from "./output-port.ts";
import { Pieces } from "./pieces.ts";
import { type Resume, readResume, writePiece } from "./resume.ts";
import { type ReadText, TextReader, textSegments } from "./stored-text.ts";
import { writeRejects } from "./write-rejects.ts";

export interface OutputInput {
  readonly job: JobDescription;
  /** Of the final stage, in order. */
  readonly runs: readonly RunReference[];
  readonly rejects: RejectSources;
  readonly port: OutputPort;
  /** Absent: rejects are only counted. */
  readonly rejectsPort: OutputPort | undefined;
  readonly journal: Journal;
  readonly segmentDirectory: string;
  /** Unique for every incarnation of every output that ever wrote to the directory. */
  readonly segmentName: string;
  /** Brings rejects here that workers elsewhere hold; absent where they are here. Errors: SEGMENT_DAMAGED. */
  readonly bring?: (references: readonly SegmentReference[]) => Promise<void>;
  /** Absent where text comes with its piece. */
  readonly readText?: ReadText;
  /** Has text deleted that nobody needs any more. */
  readonly freeText?: (segments: readonly string[]) => void;
  /** Pieces being computed or waiting at once. */
  readonly inFlightMax: number;
  /** Has a task run; its end comes back as an event with the same tag. */
  readonly submit: (tag: string, task: Task) => void;
  readonly tell: (fact: OutputFact) => void;
}

interface Context extends Omit<OutputInput, "runs" | "rejects"> {
  runs: readonly RunReference[];
  rejects: RejectSources;
  pieces: Pieces<TaskResult>;
  resume: Resume;
  readonly reader: TextReader;
  /** How often the text whose turn it is was lost. */
  textLosses: number;
  /** What it waits for, since that is damaged. */
  starvation: TaskFailure | undefined;
  /** Orders in a row, with nothing written in between, that were in vain (O7). */
  vainOrders: number;
}

type Event =
  | { readonly type: "output.done"; readonly tag: string; readonly result: TaskResult }
  | { readonly type: "output.failed"; readonly tag: string; readonly failure: TaskFailure; readonly worker?: string }
  | OutputCommand
  | { readonly type: "child.shutdown" };

const PLAN_TAG = "plan";

const openOutput = fromPromise<Resume, { context: Context }>(async ({ input: { context }, signal }) => {
  const { journal, job, port, pieces } = context;
  return await readResume({ journal, job, port, signal }, pieces.count);
});

const writeNext = fromPromise<Resume, { context: Context }>(async ({ input: { context }, signal }) => {
  const { journal, job, port, pieces, reader, resume } = context;
  const result = pieces.next();
  assert(result !== undefined, "a piece is written when it is there");
  const text = await reader.textOf(result);
  const following = pieces.following();
  if (following !== undefined) reader.prepare(following);
  signal.throwIfAborted();
  return await writePiece({ journal, job, port, signal }, resume, { ...result, text });
});

const finish = fromPromise<void, { context: Context }>(async ({ input: { context }, signal }) => {
  const { job, rejects, rejectsPort, port, segmentDirectory, segmentName } = context;
  if (rejectsPort !== undefined) {
    await context.bring?.(rejects.commits.flatMap(({ result }) => result.rejects));
    await writeRejects({ port: rejectsPort, job, segmentDirectory, segmentName, signal }, rejects);
  }
  signal.throwIfAborted();
  await port.commit();
});

function totals({ resume, pieces }: Context): OutputTotals {
  const { pairsWritten, bytesWritten } = resume;
  return { pairsWritten, bytesWritten, piecesDone: pieces.done, pieceCount: pieces.count };
}

function inOrder(job: JobDescription): boolean {
  const { sink } = job.plan.stages[job.plan.stages.length - 1];
  return sink.kind === "output" && sink.order === "key";
}

function failureOf(error: unknown): TaskFailure {
  // An error without a name is a bug: it crashes the actor, and its supervisor decides.
  if (!(error instanceof RuntimeError)) throw error;
  if (isDiskFull(error)) return { code: "DISK_FULL", message: error.message };
  if (error instanceof SegmentDamageError) return { code: error.code, message: error.message, damage: error.damage };
  return { code: error.code, message: error.message };
}

/** Of an event that tells a failure, or of an action's error. */
function failureIn(event: object): TaskFailure {
  return "failure" in event ? (event.failure as TaskFailure) : failureOf((event as { error?: unknown }).error);
}

export const outputMachine = setup({
  types: { context: {} as Context, input: {} as OutputInput, events: {} as Event },
  actors: { openOutput, writeNext, finish },
  guards: {
    isNextThere: ({ context }) => context.pieces.next() !== undefined,
    isComplete: ({ context }) => context.pieces.isComplete,
    // Answers to an earlier incarnation's questions may still come in.
    isPlan: ({ event }) => event.type === "output.done" && event.tag === PLAN_TAG,
    isStarved: ({ event }) => "failure" in event && event.failure.damage !== undefined,
    isTextLost: ({ context, event }) =>
      "error" in event && event.error instanceof SegmentDamageError && context.textLosses < TASK_REPAIRS_MAX,
    hasDamage: ({ event }) => "error" in event && event.error instanceof SegmentDamageError,
    isLastInVain: ({ context, event }) => context.vainOrders >= VAIN_REPAIRS_MAX && isInVain(context, event),
    isSorted: ({ context }) => inOrder(context.job) && context.runs.length > 0,
  },
  actions: {
    askForRanges: ({ context }) => context.submit(PLAN_TAG, { kind: "planRanges", runs: context.runs }),
    takeRanges: assign(({ context, event }) => {
      if (event.type !== "output.done") return {};
      return { pieces: cutPieces(context, event.result.ranges) };
    }),
    takeRuns: assign(({ context }) => {
      return {
        pieces: cutPieces(
          context,
          context.runs.map((_run, index) => ({ range: undefined, runs: [index] })),
        ),
      };
    }),
    goOn: ({ context }) => {
      for (const { tag, piece } of context.pieces.startable()) submitPiece(context, tag, piece);
    },
    goOnAgain: ({ context }) => {
      for (const { tag, piece } of context.pieces.unfinished()) submitPiece(context, tag, piece);
    },
    takeText: ({ context, event }) => {
      if (event.type !== "output.done" || context.pieces.finish(event.tag, event.result)) return;
      freeText(context, event.result);
    },
    loseText: assign(({ context }) => {
      context.pieces.lose();
      return { textLosses: context.textLosses + 1 };
    }),
    tellWritten: ({ context }) => context.tell({ type: "output.written", totals: totals(context) }),
    tellEnded: ({ context }) => context.tell({ type: "output.ended", totals: totals(context) }),
    takeOrder: assign(({ event }) => {
      return event.type === "output.order" ? { runs: event.runs, rejects: event.rejects } : {};
    }),
    tellStarved: ({ context, event }) => context.tell({ type: "output.starved", failure: failureIn(event) }),
    noteStarved: assign(({ event }) => ({ starvation: failureIn(event) })),
    countOrder: assign(({ context, event }) => ({ vainOrders: isInVain(context, event) ? context.vainOrders + 1 : 0 })),
    tellInVain: ({ context }) => {
      const { starvation, tell, vainOrders } = context;
      const told = `the output was ordered ${vainOrders + 1} times in a row of what it had told damaged`;
      const failure = { code: "REPAIR_IN_VAIN", message: `${told}: ${starvation?.message}` };
      tell({ type: "output.broken", failure });
    },
    tellBroken: ({ context, event }) => {
      const place = event.type === "output.failed" ? { worker: event.worker } : {};
      context.tell({ type: "output.broken", failure: failureIn(event), ...place });
    },
  },
}).createMachine({
  id: "output",
  context: ({ input }) => ({
    ...input,
    pieces: new Pieces<TaskResult>([], { done: 0, inFlightMax: input.inFlightMax }),
    resume: { piecesDone: 0, pieceCount: 0, bytesWritten: 0, crc: 0, pairsWritten: 0 },
    reader: new TextReader(input.readText),
    textLosses: 0,
    starvation: undefined,
    vainOrders: 0,
  }),
  initial: "starting",
  on: {
    "output.failed": [
      { guard: "isStarved", target: ".starved", actions: ["noteStarved", "tellStarved"] },
      { target: ".broken", actions: "tellBroken" },
    ],
    "output.order": { actions: "takeOrder" },
    "child.shutdown": ".stopped",
  },
  states: {
    starting: {
      always: [
        { guard: "isSorted", target: "planning" },
        { target: "opening", actions: "takeRuns" },
      ],
    },
    planning: {
      entry: "askForRanges",
      on: {
        "output.order": { actions: ["takeOrder", "askForRanges"] },
        "output.done": { guard: "isPlan", target: "opening", actions: "takeRanges" },
      },
    },
    opening: {
      invoke: {
        src: "openOutput",
        input: ({ context }) => ({ context }),
        onDone: {
          target: "writing",
          actions: assign(({ context, event }) => ({
            resume: event.output,
            pieces: context.pieces.resumedAt(event.output.piecesDone),
          })),
        },
        onError: { target: "broken", actions: "tellBroken" },
      },
    },
    writing: {
      always: { guard: "isComplete", target: "finishing" },
      on: {
        "output.done": { guard: not("isPlan"), actions: "takeText" },
        "output.order": { actions: ["takeOrder", "goOnAgain"] },
      },
      initial: "waiting",
      states: {
        waiting: { entry: "goOn", always: { guard: "isNextThere", target: "putting" } },
        putting: {
          invoke: {
            src: "writeNext",
            input: ({ context }) => ({ context }),
            onDone: {
              target: "waiting",
              actions: [
                assign(({ context, event }) => {
                  const { pieces } = context;
                  const written = pieces.next();
                  if (written !== undefined) freeText(context, written);
                  pieces.written(written?.rest);
                  return { resume: event.output, textLosses: 0, vainOrders: 0 };
                }),
                "tellWritten",
              ],
            },
            onError: [
              { guard: "isTextLost", target: "waiting", actions: "loseText" },
              { target: "#output.broken", actions: "tellBroken" },
            ],
          },
        },
      },
    },
    finishing: {
      invoke: {
        src: "finish",
        input: ({ context }) => ({ context }),
        onDone: "ended",
        onError: [
          { guard: "hasDamage", target: "starved", actions: ["noteStarved", "tellStarved"] },
          { target: "broken", actions: "tellBroken" },
        ],
      },
    },
    starved: {
      on: {
        "output.order": [
          { guard: "isLastInVain", target: "broken", actions: "tellInVain" },
          { target: "starting", actions: ["countOrder", "takeOrder"] },
        ],
      },
    },
    ended: { type: "final", entry: "tellEnded" },
    stopped: { type: "final" },
    // Final, so that a job that was restarted and did not hear of it is told again by an output of its own.
    broken: { type: "final" },
  },
});

/** O7. */
function isInVain({ starvation }: Context, event: Event): boolean {
  if (event.type !== "output.order") return false;
  const rejects = event.rejects.commits.flatMap(({ result }) => result.rejects);
  return [...event.runs.map(({ at }) => at), ...rejects].some(isAmong(starvation?.damage ?? []));
}

function freeText({ freeText: free }: Context, result: TaskResult): void {
  const segments = textSegments(result);
  if (segments.length > 0) free?.(segments);
}

function submitPiece({ runs, submit }: Context, tag: string, piece: OutputPiece): void {
  submit(tag, { kind: "range", range: piece.range, runs: piece.runs?.map((run) => runs[run]) ?? runs });
}

function cutPieces(context: Context, pieces: readonly OutputPiece[]): Pieces<TaskResult> {
  return new Pieces<TaskResult>(pieces, { done: 0, inFlightMax: context.inFlightMax });
}

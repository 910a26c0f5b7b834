/**
 * Every outcome that is told of a job is what the reference interpreter says: output, rejects, or one of the errors that
 * may be named; where disks or threads were at fault, it may also be an error that says so.
 */
import { readFileSync } from "node:fs";
import type { JobOutcome } from "../../../actors/job/messages.ts";
import { INPUT_ATTEMPTS_MAX, TASK_ATTEMPTS_MAX } from "../../../actors/options.ts";
import { compareWithReference } from "../../actors/jobs/reference.ts";
import { outputFile, rejectsFile } from "../cluster/coordinator-process.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import { allFaults, type FaultKind, type FaultPlan } from "../plan/fault-plan.ts";
import { isIdOf, type Work } from "../workload.ts";
import type { Problems } from "./problems.ts";

const OF_DISKS = [
  "JOURNAL_FAILED",
  "DISK_FULL",
  "SEGMENT_WRITE_FAILED",
  "OUTPUT_FAILED",
  "SEGMENT_READ_FAILED",
  "JOURNAL_UNREADABLE",
];
/** Results that are damaged on their way again and again, as no wire does: see TASK_REPAIRS_MAX. */
const OF_WIRES = ["BLOCK_UNREACHABLE", "SEGMENT_DAMAGED"];
const WIRE_MS_MIN = 2_000;
const OF_WAITING = ["NO_WORKERS"];
/** A copy of the input that is damaged again and again. */
const OF_COPIES = ["INPUT_UNREADABLE"];
const OF_THREADS = ["TASK_POISONED"];
const DISK_FAULTS: ReadonlySet<FaultKind> = new Set(["diskFull", "syncFails", "readsFail", "writeFails"]);
const THREAD_FAULTS: ReadonlySet<FaultKind> = new Set(["crashThread", "hangThread", "killActor", "killOften"]);

/** Codes of errors that a plan may end a job with. */
function allowedFailures(plan: FaultPlan): ReadonlySet<string> {
  const countOf = (kinds: ReadonlySet<FaultKind>): number =>
    allFaults(plan).reduce(
      (count, fault) => count + (kinds.has(fault.kind) ? ("times" in fault ? fault.times : 1) : 0),
      0,
    );
  return new Set([
    ...(countFlips(plan) >= INPUT_ATTEMPTS_MAX ? OF_COPIES : []),
    ...(wireMs(plan) >= WIRE_MS_MIN ? OF_WIRES : []),
    ...(plan.workerWaitMs === undefined ? [] : OF_WAITING),
    ...(countOf(DISK_FAULTS) > 0 ? OF_DISKS : []),
    ...(countOf(THREAD_FAULTS) >= TASK_ATTEMPTS_MAX ? OF_THREADS : []),
  ]);
}

/** For how long bits are flipped on the wire. */
function wireMs({ faults }: FaultPlan): number {
  return faults.reduce((sum, fault) => sum + (fault.kind === "flipOnWire" ? fault.forMs : 0), 0);
}

/** Of segments, which copies of inputs are, where there are any. */
function countFlips({ blind = [], faults }: FaultPlan): number {
  if (blind.length === 0) return 0;
  return faults.filter((fault) => fault.kind === "flipBit" && fault.where !== "record").length;
}

export class OutcomesCheck implements Watch {
  readonly #works: readonly Work[];
  readonly #problems: Problems;
  readonly #allowed: ReadonlySet<string>;

  constructor(works: readonly Work[], problems: Problems, plan: FaultPlan) {
    this.#works = works;
    this.#problems = problems;
    this.#allowed = allowedFailures(plan);
  }

  outcome(_resident: Resident, id: string, outcome: JobOutcome): void {
    const work = this.#works.find((candidate) => isIdOf(id, candidate));
    if (work === undefined) {
      this.#problems.report("outcomes", `an outcome of ${id}, which nobody submitted`);
      return;
    }
    if (outcome.kind === "failed" && this.#allowed.has(outcome.failure.code)) return;
    const isDone = outcome.kind === "done";
    const end = {
      outcome,
      output: isDone ? readFileSync(outputFile(id), "utf8") : undefined,
      rejects: isDone && work.program.onError === "reject" ? readFileSync(rejectsFile(id), "utf8") : undefined,
    };
    const fail = (what: string): void => this.#problems.report("outcomes", `job ${id}: ${what}`);
    compareWithReference(
      {
        is: (actual, expected, message) =>
          same(actual, expected) || fail(`${difference(actual, expected)} ${message ?? ""}`),
        deepEqual: (actual, expected) =>
          same(JSON.stringify(actual), JSON.stringify(expected)) ||
          fail(difference(JSON.stringify(actual), JSON.stringify(expected))),
        true: (actual, message) => actual === true || fail(message),
        fail,
      },
      end,
      work,
    );
  }
}

function same(left: unknown, right: unknown): boolean {
  return left === right;
}

const SHOWN_MAX = 120;

function difference(actual: unknown, expected: unknown): string {
  const [left, right] = [String(actual), String(expected)];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  const shown = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 20), at + SHOWN_MAX));
  return `differs at ${at}: ${shown(left)} instead of ${shown(right)}`;
}

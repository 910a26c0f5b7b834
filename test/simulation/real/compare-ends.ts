/**
 * Decides whether a job has ended on processes as it has in the simulation.
 *
 * Owns: the rules.
 *
 * E1. Both end in the same state, with the same bytes of output and of rejects, and with the same figures. Of an output
 *     without order, the lines are the same.
 * E2. Which of several errors is named may differ; it is one that the reference interpreter finds.
 * E3. A cancel races with the end, and a third fault of threads with the task that it makes a poisoned one: then each of
 *     both is the end that the reference interpreter says, or that of the race. A cancel that was accepted is the end.
 */
import { TASK_ATTEMPTS_MAX } from "../../../actors/options.ts";
import type { JobEnd } from "../job-end.ts";
import type { FaultKind, FaultPlan } from "../plan/fault-plan.ts";
import type { Work } from "../workload.ts";

export interface EndsOfJob {
  readonly work: Work;
  /** Its place among the jobs. */
  readonly job: number;
  readonly plan: FaultPlan;
  readonly simulated: JobEnd;
  readonly real: JobEnd;
  /** On processes, a cancel was accepted. */
  readonly isCancelled: boolean;
}

export interface Judgement {
  readonly differences: readonly string[];
  /** E3: the ends differ, and may. */
  readonly isRace: boolean;
}

const THREAD_FAULTS: ReadonlySet<FaultKind> = new Set(["crashThread", "hangThread", "killActor", "killOften"]);

export function judgeEnds(ends: EndsOfJob): Judgement {
  const { work, simulated, real, isCancelled } = ends;
  const races = racesOf(ends);
  const differences = [
    ...wrong("on processes", real, work, races),
    ...wrong("in the simulation", simulated, work, races),
    ...(isCancelled && real.state !== "cancelled" ? [`it is ${real.state} after its cancel was accepted`] : []),
  ];
  const isRace = nameOf(simulated) !== nameOf(real);
  if (differences.length > 0) return { differences, isRace };
  if (isRace) return { differences: races.size > 0 ? [] : [`${nameOf(simulated)}, and ${nameOf(real)}`], isRace };
  const isSame = linesOf(simulated.output, work).join("\n") === linesOf(real.output, work).join("\n");
  return {
    differences: [
      ...(isSame ? [] : [difference("output", simulated.output, real.output)]),
      ...(simulated.rejects === real.rejects ? [] : [difference("rejects", simulated.rejects, real.rejects)]),
      ...differenceOfFigures(simulated, real),
    ],
    isRace: false,
  };
}

/** E3. Names of the ends that a job may have instead. */
function racesOf({ plan: { faults }, job }: EndsOfJob): ReadonlySet<string> {
  const threadFaults = faults.reduce(
    (count, fault) => count + (THREAD_FAULTS.has(fault.kind) ? ("times" in fault ? fault.times : 1) : 0),
    0,
  );
  return new Set([
    ...(faults.some((fault) => fault.kind === "cancel" && fault.job === job) ? ["cancelled"] : []),
    ...(threadFaults >= TASK_ATTEMPTS_MAX ? ["failed TASK_POISONED"] : []),
  ]);
}

/** What is wrong with an end by itself. */
function wrong(where: string, end: JobEnd, { expected, program }: Work, races: ReadonlySet<string>): string[] {
  if (races.has(nameOf(end))) return [];
  if (expected.kind === "failed") {
    const isNamed = end.state === "failed" && expected.errors.has(errorKey(end));
    return isNamed ? [] : [`${where} it is ${nameOf(end)} (${end.failure?.message}), and must fail`];
  }
  if (end.state !== "done") return [`${where} it is ${nameOf(end)} (${end.failure?.message}), and must be done`];
  const isRight =
    program.output.order === "key"
      ? end.output === expected.output
      : sorted(end.output).join("\n") === sorted(expected.output).join("\n");
  return isRight ? [] : [`${where} ${difference("output", expected.output, end.output)}`];
}

/** E2. As in the state's name, but for what is named. */
function nameOf({ state, failure }: JobEnd): string {
  return failure === undefined || failure.code !== "TASK_POISONED" ? state : `${state} ${failure.code}`;
}

/** As the reference interpreter names errors, of the message that people see. */
function errorKey({ failure }: JobEnd): string {
  const message = failure?.message ?? "";
  const arithmetic = /^(operations\S*) \(.*\) at (?:key (-?\d+)|<(-?\d+), (-?\d+)>): (.*)$/s.exec(message);
  if (arithmetic !== null) {
    const [, place, keyAlone, key, value, reason] = arithmetic;
    return `arithmetic ${place} ${keyAlone ?? key} ${value ?? null} ${reason}`;
  }
  const [, file, line] = /^(.*?):(\d+): /s.exec(message) ?? [];
  return `record ${file} ${line}`;
}

function differenceOfFigures(simulated: JobEnd, real: JobEnd): string[] {
  const [one, other] = [JSON.stringify(simulated.figures), JSON.stringify(real.figures)];
  return one === other ? [] : [difference("figures", one, other)];
}

function linesOf(output: string | undefined, { program }: Work): readonly string[] {
  return program.output.order === "key" ? [output ?? ""] : sorted(output);
}

function sorted(text: string | undefined): string[] {
  return (text ?? "").split("\n").sort();
}

const SHOWN_MAX = 80;

function difference(what: string, expected: string | undefined, actual: string | undefined): string {
  const [left, right] = [String(expected), String(actual)];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  const shown = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 20), at + SHOWN_MAX));
  return `${what} differs at ${at}: ${shown(right)} instead of ${shown(left)}`;
}

/**
 * How long tasks take.
 */
import type { Task } from "../../../actors/executor/messages.ts";
import type { Random } from "../../../runtime/random.ts";

/** Of a task, most of the time, and of one that takes far longer. */
const TASK_MS = [5, 400] as const;
const LONG_TASK_MS = [500, 9000] as const;
const LONG_SHARE = 0.01;

export function drawTaskMs(kind: Task["kind"], random: Random): number {
  const ofOutput = kind === "range" || kind === "planRanges";
  const [from, to] = !ofOutput && random.next() < LONG_SHARE ? LONG_TASK_MS : TASK_MS;
  return from + random.next() * (to - from);
}

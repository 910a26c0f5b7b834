/**
 * Supervisors keep their rules: backoff between its bounds and waited for, restarts within their intensity, and below the
 * root (rest_for_one) the order of starts.
 */

import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import { BACKOFF, INTENSITY } from "../../../runtime/supervision/specification.ts";
import type { Envelope } from "../../../runtime/transport/transport.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

interface Child {
  readonly order: number;
  isRunning: boolean;
  /** By the process's own clock. */
  deathsAtMs: number[];
  /** By everybody's: not to be started before. */
  notBeforeMs: number;
}

/** Time is kept as a binary fraction. */
const ROUNDING_MS = 1e-6;

export class SupervisionCheck implements Watch {
  readonly #problems: Problems;
  readonly #nowMs: () => number;
  /** By the supervisor's name; those below the root begin anew with each life of theirs. */
  readonly #supervisors = new Map<Resident, Map<string, Map<string, Child>>>();

  constructor(problems: Problems, nowMs: () => number) {
    this.#problems = problems;
    this.#nowMs = nowMs;
  }

  ended(resident: Resident): void {
    this.#supervisors.delete(resident);
  }

  /** A partition that waits for its restart when its job is closed is forgotten, and one of its name is a new child. */
  heard(resident: Resident, { message: { type } }: Envelope): void {
    if (type !== "worker.close" && type !== "worker.keep") return;
    for (const child of this.#childrenOf(resident, "partitions").values()) if (!child.isRunning) child.notBeforeMs = 0;
  }

  noticed(resident: Resident, supervisor: string, notice: SupervisorNotice): void {
    const children = this.#childrenOf(resident, supervisor);
    if (notice.type === "supervisor.failed") {
      this.#requireReason(resident, supervisor, [...children.values()]);
      return;
    }
    const place = `${resident.process.name} ${supervisor}/${notice.id}`;
    const report = (what: string): void => this.#problems.report("supervision", `${place} ${what}`);
    const known = children.get(notice.id);
    if (notice.type === "child.started") {
      const child = known ?? { order: children.size, isRunning: false, deathsAtMs: [], notBeforeMs: 0 };
      children.set(notice.id, child);
      child.isRunning = true;
      if (this.#nowMs() < child.notBeforeMs - ROUNDING_MS) report("is started before its backoff is over");
      if (supervisor === "root") requireOrder(children, child, report);
    }
    if (notice.type === "child.restarting" && known !== undefined)
      this.#noteRestart(resident, known, notice.delayMs, report);
    if (notice.type !== "child.exited") return;
    if (known !== undefined) {
      known.isRunning = false;
      const isDeath = notice.reason.kind === "crashed" || notice.reason.kind === "lost";
      if (isDeath) known.deathsAtMs = recent([...known.deathsAtMs, resident.process.clock.nowMs()], resident);
    }
    if (supervisor === "root") this.#supervisors.get(resident)?.delete(notice.id);
    // A job that is stopped and started again is a new child of that name.
    else if (notice.reason.kind === "completed" || notice.reason.kind === "stopped") children.delete(notice.id);
  }

  /** It gives up only where a child died once more than it may be restarted. */
  #requireReason(resident: Resident, supervisor: string, children: readonly Child[]): void {
    const isTooMuch = ({ deathsAtMs }: Child): boolean => recent(deathsAtMs, resident).length > INTENSITY.restartsMax;
    if (children.some(isTooMuch)) return;
    this.#problems.report("supervision", `${resident.process.name} ${supervisor} gives up without a reason`);
  }

  #noteRestart(resident: Resident, child: Child, delayMs: number, report: (what: string) => void): void {
    child.notBeforeMs = this.#nowMs() + delayMs;
    const least = BACKOFF.firstMs * (1 - BACKOFF.jitter);
    const most = BACKOFF.maximumMs * (1 + BACKOFF.jitter);
    if (delayMs < least || delayMs > most) report(`is restarted after ${delayMs} ms`);
    const deathCount = recent(child.deathsAtMs, resident).length;
    if (deathCount > INTENSITY.restartsMax)
      report(`is restarted after ${deathCount} deaths in ${INTENSITY.withinMs} ms`);
  }

  #childrenOf(resident: Resident, supervisor: string): Map<string, Child> {
    const supervisors = this.#supervisors.get(resident) ?? new Map<string, Map<string, Child>>();
    this.#supervisors.set(resident, supervisors);
    const children = supervisors.get(supervisor) ?? new Map<string, Child>();
    supervisors.set(supervisor, children);
    return children;
  }
}

/** What stands before a child runs when it starts, and what stands behind it does not. */
function requireOrder(children: ReadonlyMap<string, Child>, child: Child, report: (what: string) => void): void {
  for (const [id, other] of children) {
    if (other.order < child.order && !other.isRunning) report(`is started before ${id}`);
    if (other.order > child.order && other.isRunning) report(`is started while ${id} runs`);
  }
}

/** Of the window in which deaths count, by the process's own clock. */
function recent(deathsAtMs: readonly number[], { process }: Resident): number[] {
  return deathsAtMs.filter((atMs) => atMs >= process.clock.nowMs() - INTENSITY.withinMs);
}

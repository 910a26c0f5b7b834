/**
 * One actor of a name lives at a time, each in a newer incarnation; one process of a worker; one term of the coordinator.
 */
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

interface Lives {
  /** By `supervisor/child`: those that run. */
  readonly running: Set<string>;
  /** The latest incarnation of each. */
  readonly latest: Map<string, number>;
}

export class IncarnationsCheck implements Watch {
  readonly #problems: Problems;
  readonly #lives = new Map<Resident, Lives>();
  /** Of coordinators, by data directory. */
  readonly #terms = new Map<string, number>();
  /** The latest that began. */
  #coordinator: Resident | undefined;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  started(resident: Resident): void {
    const { process, id, role, epoch } = resident;
    for (const other of this.#lives.keys()) {
      if (other.role === role && (role === "coordinator" || other.id === id))
        this.#report(resident, `is started while ${other.process.name} lives`);
    }
    if (role === "coordinator") {
      const before = this.#terms.get(id) ?? 0;
      if (epoch <= before) this.#report(resident, `begins term ${epoch} after term ${before}`);
      this.#terms.set(id, epoch);
      this.#coordinator = resident;
    }
    if (process.isAlive) this.#lives.set(resident, { running: new Set(), latest: new Map() });
  }

  ended(resident: Resident): void {
    this.#lives.delete(resident);
  }

  noticed(resident: Resident, supervisor: string, notice: SupervisorNotice): void {
    const lives = this.#lives.get(resident);
    if (lives === undefined || (notice.type !== "child.started" && notice.type !== "child.exited")) return;
    const child = `${supervisor}/${notice.id}`;
    const { running, latest } = lives;
    if (notice.type === "child.exited") {
      running.delete(child);
      // What is below a supervisor has gone with it.
      if (supervisor === "root")
        for (const below of running) if (below.startsWith(`${notice.id}/`)) running.delete(below);
      return;
    }
    if (running.has(child)) this.#report(resident, `starts ${child} while it runs`);
    const before = latest.get(child) ?? 0;
    if (notice.incarnation <= before)
      this.#report(resident, `starts ${child} as ${notice.incarnation} after ${before}`);
    running.add(child);
    latest.set(child, notice.incarnation);
  }

  /** Nothing of an old term appears. */
  renamed(from: string): void {
    if (from.split("/")[2] !== COORDINATOR_NODE) return;
    if (this.#coordinator === undefined || !this.#lives.has(this.#coordinator))
      this.#problems.report("incarnations", `${from} appears, and the latest coordinator does not live`);
  }

  #report({ process }: Resident, what: string): void {
    this.#problems.report("incarnations", `${process.name} ${what}`);
  }
}

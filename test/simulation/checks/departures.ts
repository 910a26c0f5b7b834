/**
 * A worker that an operator was told is drained has left when everybody has had the time for it, whoever began anew
 * meanwhile.
 */
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

export class DeparturesCheck implements Watch {
  readonly #problems: Problems;
  /** The coordinator may have lost what it had acknowledged. */
  readonly #mayForget: boolean;
  readonly #drained = new Set<string>();
  readonly #workers = new Set<Resident>();

  constructor(problems: Problems, mayForget: boolean) {
    this.#problems = problems;
    this.#mayForget = mayForget;
  }

  started(resident: Resident): void {
    if (resident.role === "worker") this.#workers.add(resident);
  }

  ended(resident: Resident): void {
    this.#workers.delete(resident);
  }

  drained(_coordinator: Resident, worker: string): void {
    this.#drained.add(worker);
  }

  settled(): void {
    if (this.#mayForget) return;
    for (const { id, process } of this.#workers) {
      if (this.#drained.has(id)) this.#problems.report("departures", `${process.name} was drained, and is still there`);
    }
  }
}

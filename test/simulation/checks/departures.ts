/**
 * A worker that an operator was told is drained has left when everybody has had the time for it, whoever began anew
 * meanwhile. A process that has said that it leaves says nothing more of itself: it would be taken for one that joins.
 */
import { workerAt } from "../../../actors/membership/messages.ts";
import type { Message } from "../../../actors/switchboard.ts";
import type { Envelope } from "../../../runtime/transport/transport.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

export class DeparturesCheck implements Watch {
  readonly #problems: Problems;
  /** The coordinator may have lost what it had acknowledged. */
  readonly #mayForget: boolean;
  readonly #drained = new Set<string>();
  readonly #workers = new Set<Resident>();
  readonly #left = new Set<Resident>();

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

  /** One that is started again after it has left is to stay. */
  heard(_resident: Resident, { from, message }: Envelope): void {
    if (message.type === "member.leaving") this.#drained.delete(workerAt(from) ?? "");
  }

  told(resident: Resident, { type }: Message): void {
    if (type === "member.leaving") this.#left.add(resident);
    if (type !== "member.hello" || !this.#left.has(resident)) return;
    this.#problems.report("departures", `${resident.process.name} has left, and makes itself known again`);
  }

  settled(): void {
    if (this.#mayForget) return;
    for (const { id, process } of this.#workers) {
      if (this.#drained.has(id)) this.#problems.report("departures", `${process.name} was drained, and is still there`);
    }
  }
}

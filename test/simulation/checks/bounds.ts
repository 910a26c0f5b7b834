/**
 * Queues stay within what they are allowed: commands of a thread, messages that wait for a peer.
 */
import { EXECUTOR_TASKS_MAX } from "../../../actors/options.ts";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

/** Of jobs as small as these; a message that is sent again and again adds up. */
const WAITING_MESSAGES_MAX = 1_000;

export class BoundsCheck implements Watch {
  readonly #problems: Problems;
  /** A pool that is new knows nothing of what an earlier one has given to threads that still live. */
  readonly #pools = new Map<Resident, number>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  noticed(resident: Resident, _supervisor: string, notice: SupervisorNotice): void {
    if (notice.type !== "child.started" || notice.id !== "pool") return;
    this.#pools.set(resident, (this.#pools.get(resident) ?? 0) + 1);
  }

  queued(resident: Resident, runCount: number): void {
    if (runCount <= EXECUTOR_TASKS_MAX * (this.#pools.get(resident) ?? 1)) return;
    this.#problems.report("bounds", `a thread of ${resident.process.name} has ${runCount} tasks`);
  }

  waiting({ process }: Resident, messageCount: number): void {
    if (messageCount > WAITING_MESSAGES_MAX) {
      this.#problems.report("bounds", `${messageCount} messages of ${process.name} wait for one peer`);
    }
  }
}

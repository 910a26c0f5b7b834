/**
 * Does something to a process when it gets to a point of the protocol for the n-th time from now.
 *
 * Owns: what is to happen where.
 */
import { outputLog } from "../../../actors/output/messages.ts";
import type { JournalAppend } from "../../../runtime/journal/journal.ts";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { CrashPoint } from "./fault-plan.ts";

interface Armed {
  readonly node: string;
  readonly point: CrashPoint;
  readonly strike: () => void;
  count: number;
}

export class CrashPoints implements Watch {
  #armed: Armed[] = [];

  arm(node: string, point: CrashPoint, count: number, strike: () => void): void {
    this.#armed.push({ node, point, count, strike });
  }

  clear(): void {
    this.#armed = [];
  }

  started({ process }: Resident): void {
    this.#reach(process.node, "started");
  }

  noticed({ process }: Resident, supervisor: string, { type }: SupervisorNotice): void {
    if (type === "child.restarting" && supervisor === "root") this.#reach(process.node, "restarts");
  }

  written({ process }: Resident): void {
    this.#reach(process.node, "written");
  }

  committed({ process }: Resident, appends: readonly JournalAppend[]): void {
    if (appends.some(({ actor }) => actor.startsWith(outputLog("")))) this.#reach(process.node, "pieces");
    this.#reach(process.node, "committed");
  }

  ran({ process }: Resident): void {
    this.#reach(process.node, "runs");
  }

  renamed(from: string): void {
    this.#reach(from.split("/")[2], "renames");
  }

  told({ process }: Resident): void {
    this.#reach(process.node, "tells");
  }

  #reach(node: string, point: CrashPoint): void {
    for (const armed of this.#armed) {
      if (armed.node !== node || armed.point !== point) continue;
      armed.count -= 1;
      if (armed.count === 0) armed.strike();
    }
  }
}

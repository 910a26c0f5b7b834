/**
 * What is to befall members of a real cluster when they get to a point of the protocol: they die there, or stand still.
 *
 * Owns: who waits for which point, and what each process is told of that.
 *
 * A1. A point is counted by the process itself, anew after each of its deaths.
 * A2. A process has started when the first batch of its journal is written: it counts its lives.
 */
import { existsSync, rmSync } from "node:fs";
import type { Fault } from "../plan/fault-plan.ts";
import type { RealCluster } from "./real-cluster.ts";

type Of<Kind extends Fault["kind"]> = Extract<Fault, { readonly kind: Kind }>;
type PointFault = Of<"crashAt" | "whenAt">;

interface Armed {
  readonly fault: PointFault;
  /** Of one that dies: a file that it leaves behind. */
  readonly mark: string;
}

export class FaultsAtPoints {
  readonly #cluster: RealCluster;
  readonly #armed = new Set<Armed>();
  #armedCount = 0;

  constructor(cluster: RealCluster) {
    this.#cluster = cluster;
  }

  arm(fault: PointFault): void {
    this.#armedCount += 1;
    const armed = { fault, mark: `${this.#cluster.directoryOf(fault.node)}.${this.#armedCount}` };
    this.#armed.add(armed);
    // Who starts is one that will.
    if (fault.point !== "started") this.#tell(armed);
  }

  clear(): void {
    this.#armed.clear();
  }

  /** A process of the member has begun: it is told what the one before was. */
  begun(node: string): void {
    for (const armed of this.#armed) if (armed.fault.node === node) this.#tell(armed);
  }

  /** Of which the member has died; undefined if of none. */
  died(node: string): Of<"crashAt"> | undefined {
    for (const armed of this.#armed) {
      const { fault, mark } = armed;
      if (fault.kind !== "crashAt" || fault.node !== node || !existsSync(mark)) continue;
      rmSync(mark);
      this.#armed.delete(armed);
      return fault;
    }
    return undefined;
  }

  /** For which a member stands still. */
  stood(mark: string): Of<"whenAt"> | undefined {
    for (const armed of this.#armed) {
      if (armed.mark !== mark || armed.fault.kind !== "whenAt") continue;
      this.#armed.delete(armed);
      return armed.fault;
    }
    return undefined;
  }

  /** A2. */
  #tell({ fault: { kind, node, point, count }, mark }: Armed): void {
    const at = point === "started" ? ({ point: "committed", count: 1 } as const) : { point, count };
    const effect = kind === "crashAt" ? "dies" : "stands";
    // Whom nobody can tell begins anew, and is told then.
    void this.#cluster.lines.give(node, { kind: "arm", ...at, mark, effect });
  }
}

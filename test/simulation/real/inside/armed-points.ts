/**
 * Kills the process, and the one that watches over it, when it gets to a point of the protocol for the n-th time.
 *
 * Owns: where the product is looked at for that:
 *       - `committed`: a batch of its LevelDB is written, and nobody knows yet; commits of one moment are one batch;
 *       - `runs`: a task is about to be given to its thread;
 *       - `renames`: a file is about to take its name;
 *       - `tells`: a message is about to be encoded for its peer.
 */
import { writeFileSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { Level } from "level";
import type { CrashPoint } from "../../plan/fault-plan.ts";
import type { Order } from "./orders.ts";

type Arming = Extract<Order, { readonly kind: "arm" }>;

export class ArmedPoints {
  #armed: { readonly point: CrashPoint; readonly mark: string; count: number }[] = [];

  /** `load` gives a module of the product. */
  static async watch(load: (module: string) => Promise<object>): Promise<ArmedPoints> {
    const points = new ArmedPoints();
    watchCommits(() => points.reach("committed"));
    watchRenames(() => points.reach("renames"));
    type Codec = typeof import("../../../../actors/message-codec.ts");
    const { clusterCodec } = (await load("actors/message-codec.js")) as Codec;
    const { encode } = clusterCodec;
    Object.assign(clusterCodec, {
      encode: (message: Parameters<typeof encode>[0]) => {
        points.reach("tells");
        return encode(message);
      },
    });
    return points;
  }

  arm({ point, count, mark }: Arming): void {
    this.#armed.push({ point, count, mark });
  }

  clear(): void {
    this.#armed = [];
  }

  reach(point: CrashPoint): void {
    for (const armed of this.#armed) {
      if (armed.point !== point) continue;
      armed.count -= 1;
      if (armed.count !== 0) continue;
      // Whoever gave the order knows by the mark of which death this one is.
      writeFileSync(armed.mark, "");
      process.kill(process.ppid, "SIGKILL");
      process.kill(process.pid, "SIGKILL");
    }
  }
}

function watchCommits(reached: () => void): void {
  const batch = Level.prototype.batch as (...given: unknown[]) => Promise<unknown>;
  Object.assign(Level.prototype, {
    async batch(this: unknown, ...given: unknown[]): Promise<unknown> {
      const result = await batch.apply(this, given);
      reached();
      return result;
    },
  });
}

function watchRenames(reached: () => void): void {
  const { rename } = promises;
  Object.assign(promises, {
    rename: async (...given: Parameters<typeof rename>) => {
      reached();
      await rename(...given);
    },
  });
  syncBuiltinESMExports();
}

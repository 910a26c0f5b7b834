/**
 * Kills the process, and the one that watches over it, or stops it, when it gets to a point of the protocol for the n-th
 * time.
 *
 * Owns: where the product is looked at for that:
 *       - `committed`: a batch of its LevelDB is written, and nobody knows yet; commits of one moment are one batch;
 *       - `pieces`: such a batch says how far an output has been written;
 *       - `runs`: a task is about to be given to its thread;
 *       - `renames`: a file is about to take its name;
 *       - `tells`: a message is about to be encoded for its peer.
 */
import { writeFileSync } from "node:fs";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { Level } from "level";
import { outputLog } from "../../../../actors/output/messages.ts";
import type { CrashPoint } from "../../plan/fault-plan.ts";
import { endAtOnce } from "./end-at-once.ts";
import type { Order } from "./orders.ts";

type Arming = Extract<Order, { readonly kind: "arm" }>;

export class ArmedPoints {
  #armed: (Pick<Arming, "point" | "mark" | "effect"> & { count: number })[] = [];
  readonly #stands: (mark: string) => void;

  /** `stands` is told before the process does. */
  private constructor(stands: (mark: string) => void) {
    this.#stands = stands;
  }

  /** `load` gives a module of the product. */
  static async watch(load: (module: string) => Promise<object>, stands: (mark: string) => void): Promise<ArmedPoints> {
    const points = new ArmedPoints(stands);
    watchCommits((hasPiece) => {
      if (hasPiece) points.reach("pieces");
      points.reach("committed");
    });
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

  arm({ point, count, mark, effect }: Arming): void {
    this.#armed.push({ point, count, mark, effect });
  }

  clear(): void {
    this.#armed = [];
  }

  reach(point: CrashPoint): void {
    for (const armed of this.#armed) {
      if (armed.point !== point) continue;
      armed.count -= 1;
      if (armed.count !== 0) continue;
      if (armed.effect === "stands") {
        this.#stands(armed.mark);
        process.kill(process.pid, "SIGSTOP");
        continue;
      }
      // Whoever gave the order knows by the mark of which death this one is.
      writeFileSync(armed.mark, "");
      endAtOnce();
    }
  }
}

function watchCommits(reached: (hasPiece: boolean) => void): void {
  const batch = Level.prototype.batch as (...given: unknown[]) => Promise<unknown>;
  Object.assign(Level.prototype, {
    async batch(this: unknown, ...given: unknown[]): Promise<unknown> {
      const result = await batch.apply(this, given);
      const operations = given[0] as readonly { readonly key: Uint8Array }[];
      reached(operations.some(({ key }) => Buffer.from(key).includes(outputLog(""))));
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

/**
 * The LevelDB of a node's disk: what the journal's own store calls of `abstract-level`, in simulated time.
 *
 * Owns: the lock, how long an operation takes, and how it fails.
 * Never: decides when the disk is at fault; see `disk.ts`.
 */

import { RuntimeError } from "../../../runtime/errors.ts";
import type { LevelStorage } from "../../../runtime/journal/level-journal.ts";
import type { StoreOperation } from "../../../runtime/journal/ordered-store.ts";
import type { SimulatedDisk } from "./disk.ts";
import type { World } from "./world.ts";

/** Of one operation; a synced one takes longer, as on a disk. */
const OPERATION_MS = [0.02, 0.3] as const;
const SYNC_MS = [0.5, 4] as const;

interface Range {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
  readonly limit?: number;
}

/** For `makeLevel` of the journal; `written` is told of each batch that stands, before its writer is. */
export function simulatedLevel(world: World, disk: SimulatedDisk, written?: () => void): LevelStorage {
  // The journal's store calls these alone; a call of anything else is a TypeError.
  return new SimulatedLevel(world, disk, written) as unknown as LevelStorage;
}

class SimulatedLevel {
  readonly #world: World;
  readonly #disk: SimulatedDisk;
  readonly #written: (() => void) | undefined;

  constructor(world: World, disk: SimulatedDisk, written?: () => void) {
    this.#world = world;
    this.#disk = disk;
    this.#written = written;
  }

  async open(): Promise<void> {
    await this.#wait(OPERATION_MS);
    const { level } = this.#disk;
    if (level.holder !== undefined) {
      const cause = Object.assign(new Error("lock LOCK: already held"), { code: "LEVEL_LOCKED" });
      throw Object.assign(new Error("Database failed to open", { cause }), { code: "LEVEL_DATABASE_NOT_OPEN" });
    }
    if (this.#disk.isFull) throw noSpace();
    level.holder = this;
    level.recover();
  }

  async close(): Promise<void> {
    const { level } = this.#disk;
    if (level.holder === this) level.holder = undefined;
    await this.#wait(OPERATION_MS);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    await this.#read();
    return this.#disk.level.get(key);
  }

  iterator({ gte, lt }: Range): { all(): Promise<[Uint8Array, Uint8Array][]> } {
    return {
      all: async () => {
        await this.#read();
        return this.#disk.level.entries(gte, lt);
      },
    };
  }

  keys({ gte, lt, limit }: Range): { all(): Promise<Uint8Array[]> } {
    return {
      all: async () => {
        await this.#read();
        return this.#disk.level.range(gte, lt, limit).map(([key]) => key);
      },
    };
  }

  /** A batch that fails may have been written nevertheless, or what comes after it is lost: as LevelDB does. */
  async batch(operations: readonly StoreOperation[], { sync }: { readonly sync: boolean }): Promise<void> {
    await this.#wait(sync ? SYNC_MS : OPERATION_MS);
    const { level } = this.#disk;
    if (level.holder !== this) throw new RuntimeError("JOURNAL_CLOSED", "another one holds the lock");
    const fails = this.#disk.isFull || this.#disk.nextWriteFails || (sync && this.#disk.syncFails);
    this.#disk.nextWriteFails = false;
    if (!fails || this.#world.chance(0.5)) level.write(operations, sync && !fails);
    if (!fails) {
      const process = this.#world.current;
      this.#written?.();
      // Whoever was killed just then is not told.
      if (process?.isAlive === false) await new Promise<never>(() => {});
      return;
    }
    this.#disk.isIntact = false;
    level.doom();
    throw this.#disk.isFull
      ? noSpace()
      : Object.assign(new Error("IO error: fdatasync: Input/output error"), { code: "LEVEL_IO_ERROR" });
  }

  async #read(): Promise<void> {
    await this.#wait(OPERATION_MS);
    if (this.#disk.readsFail)
      throw Object.assign(new Error("IO error: Input/output error"), { code: "LEVEL_IO_ERROR" });
  }

  async #wait([from, to]: readonly [number, number]): Promise<void> {
    await this.#world.sleep(this.#world.between(from, to) * this.#disk.slowness);
  }
}

function noSpace(): Error {
  return Object.assign(new Error("IO error: write: No space left on device"), { code: "LEVEL_IO_ERROR" });
}

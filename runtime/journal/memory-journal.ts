/**
 * The journal in memory, over a disk that outlives the journals opened on it, as a directory does.
 *
 * Owns: the stand-in for a disk: its lock, its order of keys, and what a loss of power takes.
 * Never: touches a real disk.
 */
import assert from "node:assert/strict";
import { RuntimeError } from "../errors.ts";
import { ChainedJournal } from "./chained-journal.ts";
import type { Journal, JournalOptions } from "./journal.ts";
import type { OrderedStore, StoreEntry, StoreOperation } from "./ordered-store.ts";
import type { KeyRange } from "./record-key.ts";

export interface MemoryJournalOptions extends JournalOptions {
  /** Default: a fresh one. */
  readonly disk?: MemoryDisk;
}

/** A journal over the given disk; records go through the same codec and chain as on a real one. */
export function createMemoryJournal(options: MemoryJournalOptions = {}): Journal {
  const { disk = new MemoryDisk("memory", { losesPower: false }), ...journalOptions } = options;
  return new ChainedJournal(disk.store(), journalOptions);
}

export class MemoryDisk {
  readonly name: string;
  /** Keys as text of one character a byte, which sorts as the bytes do. */
  #values = new Map<string, Uint8Array>();
  #keys: string[] = [];
  #onPlatter = new Map<string, Uint8Array>();
  #unsynced: (readonly StoreOperation[])[] = [];
  #holder: object | undefined;
  readonly #losesPower: boolean;

  /** `losesPower`: whether `losePower` may be called; for that, all that was ever written and not synced is kept. */
  constructor(name: string, { losesPower = true }: { readonly losesPower?: boolean } = {}) {
    this.name = name;
    this.#losesPower = losesPower;
  }

  /** One opener's view; a test or a simulation may wrap it to inject faults. */
  store(): OrderedStore {
    const opener = {};
    return {
      name: this.name,
      open: async () => {
        if (this.#holder !== undefined)
          throw new RuntimeError("JOURNAL_LOCKED", `${this.name} is held by this process`);
        this.#holder = opener;
      },
      close: async () => {
        if (this.#holder === opener) this.#holder = undefined;
      },
      get: async (key) => this.#values.get(textOf(key))?.slice(),
      entries: async (range) => this.#inRange(range).map((key) => this.#entry(key)),
      firstKey: async ({ from, below }) => {
        const key: string | undefined = this.#keys[this.#positionOf(textOf(from))];
        return key !== undefined && key < textOf(below) ? bytesOf(key) : undefined;
      },
      write: async (operations, sync) => this.#write(operations, sync),
    };
  }

  /** The holder dies without closing: its lock is gone, what it wrote stays. */
  killHolder(): void {
    this.#holder = undefined;
  }

  /** Power is lost: of the batches since the last synced one only the first `keptBatches` survive. */
  losePower(keptBatches = 0): void {
    assert(this.#losesPower, `${this.name} has not kept what was synced`);
    for (const operations of this.#unsynced.slice(0, keptBatches)) apply(this.#onPlatter, operations);
    this.#unsynced = [];
    this.#values = new Map(this.#onPlatter);
    this.#keys = [...this.#values.keys()].sort();
    this.#holder = undefined;
  }

  #write(operations: readonly StoreOperation[], sync: boolean): void {
    const copied = operations.map((operation) =>
      operation.type === "put"
        ? { type: "put" as const, key: operation.key.slice(), value: operation.value.slice() }
        : { type: "del" as const, key: operation.key.slice() },
    );
    for (const { type, key } of copied) {
      const keyText = textOf(key);
      const position = this.#positionOf(keyText);
      const present = this.#keys[position] === keyText;
      if (type === "put" && !present) this.#keys.splice(position, 0, keyText);
      if (type === "del" && present) this.#keys.splice(position, 1);
    }
    apply(this.#values, copied);
    if (!this.#losesPower) return;
    this.#unsynced.push(copied);
    if (!sync) return;
    for (const batch of this.#unsynced) apply(this.#onPlatter, batch);
    this.#unsynced = [];
  }

  #inRange({ from, below }: KeyRange): string[] {
    return this.#keys.slice(this.#positionOf(textOf(from)), this.#positionOf(textOf(below)));
  }

  #entry(key: string): StoreEntry {
    return [bytesOf(key), this.#values.get(key)!.slice()];
  }

  /** Index of the first key that is not before `key`. */
  #positionOf(key: string): number {
    let low = 0;
    for (let high = this.#keys.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function apply(values: Map<string, Uint8Array>, operations: readonly StoreOperation[]): void {
  for (const operation of operations) {
    if (operation.type === "put") values.set(textOf(operation.key), operation.value);
    else values.delete(textOf(operation.key));
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

function bytesOf(key: string): Uint8Array {
  return new Uint8Array(Buffer.from(key, "latin1"));
}

/**
 * What a simulated LevelDB holds, and what of it is on stable storage.
 *
 * Owns: entries in the order of their keys' bytes, the lock's holder, batches that were not synced.
 *
 * L1. What power takes is a number of the last batches: often none, where all was just written back, else any number.
 */
import type { StoreOperation } from "../../../runtime/journal/ordered-store.ts";
import { JournalEdits, type Values } from "./journal-edits.ts";
import type { World } from "./world.ts";

/** L1. */
const ALL_KEPT_SHARE = 0.4;

export class LevelEntries {
  /** Keys as text of one character a byte, which sorts as the bytes do. */
  #values: Values = new Map();
  #sorted: string[] | undefined = [];
  #stable: Values = new Map();
  #unsynced: (readonly StoreOperation[])[] = [];
  /** What was written after a write that failed: acknowledged, and gone at the next opening. */
  #isDoomed = false;
  holder: object | undefined;
  readonly edits = new JournalEdits();

  /** As LevelDB after a failed append: it goes on as if nothing had happened, and loses what comes. */
  doom(): void {
    if (!this.#isDoomed) this.#settle();
    this.#isDoomed = true;
  }

  /** At an opening. */
  recover(): void {
    if (!this.#isDoomed) return;
    this.#isDoomed = false;
    this.#values = new Map(this.#stable);
    this.#unsynced = [];
    this.#sorted = undefined;
    this.edits.lose();
  }

  /** Whoever opens it next finds so many edits; what was written by then is on stable storage. */
  edit(world: World, count: number): void {
    this.recover();
    this.#settle();
    for (let time = 0; time < count; time += 1) this.edits.edit(world, this.#values);
    this.#stable = new Map(this.#values);
    this.#sorted = undefined;
  }

  /** The journal has told of a break in a log. */
  reported(actor: string): void {
    this.edits.reported(actor, this.#values);
  }

  /** As the journal reads it. */
  entries(from: Uint8Array, below: Uint8Array): [Uint8Array, Uint8Array][] {
    const found = this.range(from, below);
    const range = { first: textOf(from), end: textOf(below) };
    this.edits.read(
      range,
      found.map(([key, value]) => [textOf(key), value]),
    );
    return found;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#values.get(textOf(key))?.slice();
  }

  range(from: Uint8Array, below: Uint8Array, limit = Number.POSITIVE_INFINITY): [Uint8Array, Uint8Array][] {
    this.#sorted ??= [...this.#values.keys()].sort();
    const [first, end] = [textOf(from), textOf(below)];
    const found: [Uint8Array, Uint8Array][] = [];
    for (let index = this.#positionOf(first); index < this.#sorted.length && found.length < limit; index += 1) {
      const key = this.#sorted[index];
      if (key >= end) break;
      found.push([bytesOf(key), (this.#values.get(key) as Uint8Array).slice()]);
    }
    return found;
  }

  write(operations: readonly StoreOperation[], sync: boolean): void {
    const copied = operations.map((operation): StoreOperation => {
      const key = operation.key.slice();
      return operation.type === "put" ? { ...operation, key, value: operation.value.slice() } : { ...operation, key };
    });
    if (apply(this.#values, copied)) this.#sorted = undefined;
    this.edits.wrote(copied, textOf);
    this.#unsynced.push(copied);
    if (sync && !this.#isDoomed) this.#settle();
  }

  /** Whether a record stands, and would stand after a loss of power. */
  has(key: Uint8Array): { readonly written: boolean; readonly stable: boolean } {
    const text = textOf(key);
    return { written: this.#values.has(text), stable: this.#stable.has(text) };
  }

  losePower(world: World): void {
    const count = this.#unsynced.length;
    const kept = world.chance(ALL_KEPT_SHARE) ? count : Math.floor(world.between(0, count + 1));
    for (const operations of this.#unsynced.slice(0, this.#isDoomed ? 0 : kept)) apply(this.#stable, operations);
    this.#isDoomed = false;
    this.#unsynced = [];
    this.#values = new Map(this.#stable);
    this.#sorted = undefined;
    this.edits.lose();
  }

  flipBit(world: World): boolean {
    const records = [...this.#values].filter(([key]) => key.length > 1);
    if (records.length === 0) return false;
    const [key, value] = records[Math.floor(world.between(0, records.length))];
    const flipped = value.slice();
    flipped[Math.floor(world.between(0, value.length))] ^= 1 << Math.floor(world.between(0, 8));
    this.#values.set(key, flipped);
    if (this.#stable.has(key)) this.#stable.set(key, flipped);
    return true;
  }

  #settle(): void {
    for (const operations of this.#unsynced) apply(this.#stable, operations);
    this.#unsynced = [];
  }

  #positionOf(key: string): number {
    const sorted = this.#sorted as string[];
    let low = 0;
    for (let high = sorted.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (sorted[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** True if keys came or went. */
function apply(values: Values, operations: readonly StoreOperation[]): boolean {
  const before = values.size;
  let deleted = false;
  for (const operation of operations) {
    if (operation.type === "put") values.set(textOf(operation.key), operation.value);
    else deleted = values.delete(textOf(operation.key)) || deleted;
  }
  return deleted || values.size !== before;
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

function bytesOf(key: string): Uint8Array {
  return new Uint8Array(Buffer.from(key, "latin1"));
}

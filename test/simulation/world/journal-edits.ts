/**
 * Edits of a journal's bytes from below, by nobody whom the journal knows, and whether whoever reads them notices.
 *
 * Owns: which edits there are, and what the entries would be without them.
 * Never: knows how the journal finds out.
 *
 * E1. A log of which an edit left another thing than a beginning has to be reported by whoever reads it.
 * E2. A log of which an edit took the end alone is as it once was: that cannot be seen (docs/journal.md).
 * E3. What stands before an intact snapshot is no part of its log.
 * E4. Nor can it be seen where an edit puts back, whole, what the journal itself had there before.
 */
import type { StoreOperation } from "../../../runtime/journal/ordered-store.ts";
import type { World } from "./world.ts";

/** Entries by key; keys as text of one character a byte. */
export type Values = Map<string, Uint8Array>;

export interface EditCounts {
  readonly applied: number;
  /** Of logs that were read since. */
  readonly read: number;
  /** Reported as a break by whoever read them. */
  readonly discovered: number;
  /** E2, E3; and those that another edit or a write took back. */
  readonly harmless: number;
}

export const NO_EDITS: EditCounts = { applied: 0, read: 0, discovered: 0, harmless: 0 };

export function addEdits(left: EditCounts, right: EditCounts): EditCounts {
  return {
    applied: left.applied + right.applied,
    read: left.read + right.read,
    discovered: left.discovered + right.discovered,
    harmless: left.harmless + right.harmless,
  };
}

interface Edit {
  readonly keys: readonly string[];
  state: "unread" | "read" | "discovered" | "harmless";
}

/** Of a record: u8 version, u8 flags. */
const FLAGS_AT = 1;
const SNAPSHOT_FLAG = 1;
const BYTES_MAX = 4;
const NAME_FROM = 1;

export class JournalEdits {
  readonly #edits: Edit[] = [];
  /** What there would be; undefined where that is not known any more. */
  #truth: Values | undefined;
  #isUnknown = false;
  /** E4. By key: what the journal had written there, and has not now. */
  readonly #former = new Map<string, Uint8Array[]>();
  /** Logs that were read and have not been reported, by the name of their actor. */
  readonly #pending = new Map<string, readonly Edit[]>();

  /** Makes one edit. The marker of the format stays: without it there is no journal. */
  edit(world: World, values: Values): void {
    if (!this.#isUnknown) this.#truth ??= new Map(values);
    const records = [...values.keys()].filter((key) => key.length > 1);
    if (records.length === 0) return;
    const pick = (): string => records[Math.floor(world.between(0, records.length))];
    const change = EDITS[Math.floor(world.between(0, EDITS.length))];
    const keys = change({ world, values, key: pick(), other: pick() });
    this.#edits.push({ keys, state: "unread" });
  }

  wrote(operations: readonly StoreOperation[], textOf: (key: Uint8Array) => string): void {
    for (const operation of operations) {
      const key = textOf(operation.key);
      this.#forget(key);
      if (operation.type === "put") this.#truth?.set(key, operation.value);
    }
  }

  #forget(key: string): void {
    const value = this.#truth?.get(key);
    if (value === undefined) return;
    this.#former.set(key, [...(this.#former.get(key) ?? []), value]);
    this.#truth?.delete(key);
  }

  /** What was written last is gone: it is not known what there should be, as long as edits may be among what is left. */
  lose(): void {
    this.#isUnknown = this.#edits.some(({ state }) => state === "unread");
    this.#truth = undefined;
    this.#pending.clear();
  }

  /** Somebody reads all entries in a range of keys, in their order. */
  read({ first, end }: { readonly first: string; readonly end: string }, found: readonly [string, Uint8Array][]): void {
    const truth = this.#truth;
    if (truth === undefined) return;
    const isMeant = (key: string): boolean => key >= first && key < end;
    const edits = this.#edits.filter(({ keys, state }) => state === "unread" && keys.some(isMeant));
    for (const edit of edits) edit.state = "read";
    const meant = [...truth].filter(([key]) => isMeant(key)).sort(byKey);
    const start = Math.max(
      0,
      found.findLastIndex(([key, value]) => isSnapshot(value) && same(truth.get(key), value)),
    );
    const rest = found.slice(start);
    const expected = meant.filter(([key]) => start === 0 || key >= rest[0][0]);
    const isBeginning = rest.every(
      ([key, value], index) => expected[index]?.[0] === key && same(expected[index][1], value),
    );
    if (!isBeginning && !this.#isFormer(rest)) {
      this.#pending.set(first.slice(NAME_FROM, -1), edits);
      return;
    }
    // Whoever read it before may have died when it had repaired it, and before it could tell.
    this.#pending.delete(first.slice(NAME_FROM, -1));
    for (const edit of edits) edit.state = "harmless";
    for (const [key] of meant) this.#forget(key);
    for (const [key, value] of found) truth.set(key, value);
  }

  /** E4. Without a gap, and all of it written by the journal, each at its place. */
  #isFormer(found: readonly [string, Uint8Array][]): boolean {
    return found.every(([key, value], index) => {
      const written = [this.#truth?.get(key), ...(this.#former.get(key) ?? [])];
      const follows = index === 0 || key === nextKey(found[index - 1][0]);
      return follows && written.some((one) => same(one, value));
    });
  }

  /** The journal has told of a break in that actor's log, after it deleted what comes from there on. */
  reported(actor: string, values: Values): void {
    for (const edit of this.#pending.get(actor) ?? []) edit.state = "discovered";
    this.#pending.delete(actor);
    const truth = this.#truth;
    if (truth === undefined) return;
    const isMeant = (key: string): boolean => key.startsWith(`\u0001${actor}\u0000`);
    for (const key of [...truth.keys()]) if (isMeant(key)) this.#forget(key);
    for (const [key, value] of values) if (isMeant(key)) truth.set(key, value);
  }

  /** E1: the log was read, and nothing was told of it. */
  isUnnoticed(actor: string): boolean {
    return this.#pending.has(actor);
  }

  get counts(): EditCounts {
    const count = (...states: readonly Edit["state"][]): number =>
      this.#edits.filter(({ state }) => states.includes(state)).length;
    const [discovered, harmless] = [count("discovered"), count("harmless")];
    return { applied: this.#edits.length, read: count("read") + discovered + harmless, discovered, harmless };
  }
}

interface Place {
  readonly world: World;
  readonly values: Values;
  readonly key: string;
  readonly other: string;
}

/** Each returns the keys that it concerns. */
const EDITS: readonly ((place: Place) => readonly string[])[] = [
  function changeBytes({ world, values, key }) {
    values.set(key, changed(world, valueAt(values, key)));
    return [key];
  },
  function truncate({ world, values, key }) {
    const value = valueAt(values, key);
    values.set(key, value.slice(0, Math.floor(world.between(0, value.length))));
    return [key];
  },
  function extend({ world, values, key }) {
    const added = Array.from({ length: Math.ceil(world.between(0, BYTES_MAX)) }, () => byteOf(world));
    values.set(key, Uint8Array.from([...valueAt(values, key), ...added]));
    return [key];
  },
  function remove({ values, key }) {
    values.delete(key);
    return [key];
  },
  function swap({ values, key, other }) {
    const [one, two] = [valueAt(values, key), valueAt(values, other)];
    values.set(key, two);
    values.set(other, one);
    return [key, other];
  },
  /** Behind the last of its own log, or of another one. */
  function repeat({ world, values, key, other }) {
    const at = nextKey(world.chance(0.5) ? key : other);
    values.set(at, valueAt(values, key));
    return [at];
  },
  function moveKey({ world, values, key }) {
    const bytes = [...(world.chance(0.3) ? key.slice(0, Math.ceil(world.between(1, key.length - 1))) : key)];
    bytes[Math.floor(world.between(0, bytes.length))] = String.fromCharCode(byteOf(world));
    const moved = bytes.join("");
    const value = valueAt(values, key);
    values.delete(key);
    values.set(moved, value);
    return [key, moved];
  },
  function overwrite({ world, values, key }) {
    const value = Uint8Array.from(valueAt(values, key), () => byteOf(world));
    values.set(key, value);
    return [key];
  },
];

function changed(world: World, value: Uint8Array): Uint8Array {
  const bytes = value.slice();
  const times = Math.ceil(world.between(0, BYTES_MAX));
  for (let time = 0; time < times; time += 1) bytes[Math.floor(world.between(0, bytes.length))] = byteOf(world);
  return bytes;
}

function byteOf(world: World): number {
  return Math.floor(world.between(0, 256));
}

function nextKey(key: string): string {
  return key.slice(0, -1) + String.fromCharCode((key.charCodeAt(key.length - 1) + 1) & 0xff);
}

function valueAt(values: Values, key: string): Uint8Array {
  return values.get(key) ?? new Uint8Array(0);
}

function isSnapshot(value: Uint8Array): boolean {
  return value.length > FLAGS_AT && (value[FLAGS_AT] & SNAPSHOT_FLAG) !== 0;
}

function same(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left !== undefined && Buffer.compare(left, right) === 0;
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

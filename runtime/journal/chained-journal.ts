/**
 * The journal over any ordered store: one queue, group commit, verified chains, fail-stop.
 *
 * Owns: the order of all work on the store, and where each log stands.
 * Never: knows which store it is; judges a record (see `chain.ts`).
 *
 * G1. At most one piece of work is on the store; commits that wait meanwhile go into the next batch together.
 * G2. Heads move only after the batch that moves them was written.
 * G3. After a failure of the store nothing is written, and all that waits or comes is rejected, until `close` and `open`.
 */
import assert from "node:assert/strict";
import { RuntimeError } from "../errors.ts";
import { appendRecord, dropLog, type LogHead, verifyLog } from "./chain.ts";
import { namedIfDiskFull } from "./disk-full.ts";
import type { Journal, JournalAppend, JournalOptions, JournalRecord } from "./journal.ts";
import type { OrderedStore, StoreOperation } from "./ordered-store.ts";
import { decodeMarker, draftRecord, encodeMarker, JOURNAL_FORMAT_VERSION } from "./record.ts";
import { ALL_RECORDS, actorOfKey, actorRange, MARKER_KEY, prefixRange } from "./record-key.ts";

/** Group commit gains nothing beyond LevelDB's write buffer of 4 MiB; one larger commit is still written whole. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;
/** More than all partitions of a full worker could have under way, each waiting for its own commit. */
const PENDING_COMMITS_DEFAULT = 65_536;

interface Draft {
  readonly actor: string;
  readonly value: Uint8Array;
  readonly replace: boolean;
  readonly stable: boolean;
}

interface CommitWork {
  readonly kind: "commit";
  readonly drops: readonly string[];
  readonly drafts: readonly Draft[];
  readonly byteLength: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Has the store for itself. */
interface ReadWork {
  readonly kind: "read";
  readonly run: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

type Work = CommitWork | ReadWork;

export class ChainedJournal implements Journal {
  readonly #store: OrderedStore;
  readonly #options: JournalOptions;
  readonly #sync: boolean;
  #isOpen = false;
  /** The first one since the opening. */
  #failure: RuntimeError | undefined;
  #heads = new Map<string, LogHead>();
  #queue: Work[] = [];
  #working: Promise<void> | undefined;
  #transition: Promise<void> = Promise.resolve();

  constructor(store: OrderedStore, options: JournalOptions) {
    this.#store = store;
    this.#options = options;
    this.#sync = options.durability === "host";
  }

  open(): Promise<void> {
    return this.#afterTransition(async () => {
      assert(!this.#isOpen, "a journal must be closed before it is opened again");
      await this.#openStore();
      try {
        await this.#checkMarker();
      } catch (error) {
        await this.#store.close();
        throw error;
      }
      this.#isOpen = true;
    });
  }

  close(): Promise<void> {
    return this.#afterTransition(async () => {
      if (!this.#isOpen) return;
      while (this.#working !== undefined) await this.#working;
      this.#isOpen = false;
      this.#failure = undefined;
      this.#heads = new Map();
      await this.#store.close();
    });
  }

  read(actor: string): Promise<JournalRecord[]> {
    return this.#inTurn(() => this.#load(actor));
  }

  actors(prefix: string): Promise<string[]> {
    return this.#inTurn(() => this.#actorsWith(prefix));
  }

  async #actorsWith(prefix: string): Promise<string[]> {
    const { below, ...range } = prefixRange(prefix);
    const found: string[] = [];
    for (let from = range.from; ; ) {
      const key = await this.#reading(() => this.#store.firstKey({ from, below }));
      if (key === undefined) return found;
      const actor = actorOfKey(key);
      if (actor === undefined) {
        // A damaged key belongs to nobody; step over it.
        from = Uint8Array.from([...key, 0]);
      } else {
        found.push(actor);
        from = actorRange(actor).below;
      }
    }
  }

  commit(appends: readonly JournalAppend[], drops: readonly string[] = []): Promise<void> {
    return new Promise((resolve, reject) => {
      const drafts = appends.map(({ actor, payload, replace = false, stable = false }) => {
        actorRange(actor); // Refuses an unfit name here, where the caller is to blame, and not in the middle of a group.
        return { actor, value: draftRecord(payload), replace, stable };
      });
      for (const actor of drops) actorRange(actor);
      const byteLength = drafts.reduce((sum, draft) => sum + draft.value.length, 0);
      this.#enqueue({ kind: "commit", drops: [...drops], drafts, byteLength, resolve, reject });
    });
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ kind: "read", run: async () => resolve(await read()), reject });
    });
  }

  #enqueue(work: Work): void {
    this.#refuseUnlessOpen();
    const pendingMax = this.#options.pendingCommitsMax ?? PENDING_COMMITS_DEFAULT;
    if (this.#queue.length >= pendingMax) {
      throw new RuntimeError("JOURNAL_OVERLOADED", `${pendingMax} commits wait already for ${this.#store.name}`);
    }
    this.#queue.push(work);
    this.#working ??= this.#work();
  }

  /** Does all work in the order of the calls; never rejects. */
  async #work(): Promise<void> {
    // The commits of one turn of the event loop belong into one batch, the first of them too.
    await Promise.resolve();
    for (let group = this.#takeGroup(); group.length > 0; group = this.#takeGroup()) {
      try {
        this.#refuseUnlessOpen();
        const [first] = group;
        if (first.kind === "read") await first.run();
        else await this.#write(group as CommitWork[]);
      } catch (error) {
        for (const work of group) work.reject(error);
      }
    }
    // In the same turn as the look at the empty queue, so that nothing can be queued in between and then be forgotten.
    this.#working = undefined;
  }

  /** The next read, or all commits before the next read as far as they fit one batch. */
  #takeGroup(): Work[] {
    let byteLength = 0;
    let count = 0;
    for (const work of this.#queue) {
      byteLength += work.kind === "commit" ? work.byteLength : 0;
      if (count > 0 && (work.kind === "read" || byteLength > GROUP_BYTES_MAX)) break;
      count += 1;
      if (work.kind === "read") break;
    }
    return this.#queue.splice(0, count);
  }

  async #write(group: readonly CommitWork[]): Promise<void> {
    const moved = new Map<string, LogHead>();
    const actors = group.flatMap(({ drops, drafts }) => [...drops, ...drafts.map(({ actor }) => actor)]);
    for (const actor of new Set(actors)) {
      if (!this.#heads.has(actor)) await this.#load(actor);
      moved.set(actor, this.#heads.get(actor)!);
    }
    const operations: StoreOperation[] = [];
    for (const { drops, drafts } of group) {
      for (const actor of drops) moved.set(actor, dropLog(actor, moved.get(actor)!, operations));
      for (const { actor, value, replace } of drafts) {
        moved.set(actor, appendRecord(actor, moved.get(actor)!, value, replace, operations));
      }
    }
    const isStable = group.some(({ drafts }) => drafts.some(({ stable }) => stable));
    await this.#writing(operations, this.#sync || isStable);
    for (const [actor, head] of moved) {
      // A dropped log needs no place in memory; should the actor come back, its empty range is looked at again.
      if (head.sequence === 0) this.#heads.delete(actor);
      else this.#heads.set(actor, head);
    }
    for (const work of group) work.resolve();
  }

  /** Verifies a log, deletes what cannot be believed, and learns its head. */
  async #load(actor: string): Promise<JournalRecord[]> {
    const entries = await this.#reading(() => this.#store.entries(actorRange(actor)));
    const { records, head, deadKeys, found } = verifyLog(actor, entries);
    await this.#writing(deadKeys.map((key) => ({ type: "del", key })));
    this.#heads.set(actor, head);
    if (found !== undefined) this.#options.onBreak?.(found);
    return records;
  }

  async #writing(operations: readonly StoreOperation[], sync = this.#sync): Promise<void> {
    if (operations.length === 0) return;
    try {
      await this.#store.write(operations, sync);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #fail(error: unknown): RuntimeError {
    if (this.#failure !== undefined) return this.#failure;
    this.#failure = failure(this.#store.name, error);
    this.#options.onFailure?.(this.#failure);
    return this.#failure;
  }

  #refuseUnlessOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isOpen) throw new RuntimeError("JOURNAL_CLOSED", `${this.#store.name} is not open`);
  }

  async #openStore(): Promise<void> {
    try {
      await this.#store.open();
    } catch (error) {
      if (error instanceof RuntimeError) throw error;
      const named = namedIfDiskFull(error, this.#store.name);
      if (named instanceof RuntimeError) throw failure(this.#store.name, named);
      throw new RuntimeError("JOURNAL_UNREADABLE", `${this.#store.name} cannot be opened: ${text(error)}`, error);
    }
  }

  async #checkMarker(): Promise<void> {
    const { name } = this.#store;
    const marker = await this.#unreadable(() => this.#store.get(MARKER_KEY));
    if (marker === undefined) {
      if ((await this.#unreadable(() => this.#store.firstKey(ALL_RECORDS))) !== undefined) {
        throw new RuntimeError("JOURNAL_UNREADABLE", `${name} holds records but its format marker is lost`);
      }
      const value = encodeMarker(JOURNAL_FORMAT_VERSION);
      await this.#store.write([{ type: "put", key: MARKER_KEY, value }], this.#sync).catch((error) => {
        throw failure(name, error);
      });
      return;
    }
    const version = decodeMarker(marker);
    if (version === undefined) throw new RuntimeError("JOURNAL_UNREADABLE", `${name} has a damaged format marker`);
    if (version !== JOURNAL_FORMAT_VERSION) {
      const known = `this program knows version ${JOURNAL_FORMAT_VERSION}`;
      throw new RuntimeError("JOURNAL_FORMAT_UNKNOWN", `${name} is a journal of version ${version}; ${known}`);
    }
  }

  async #unreadable<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw new RuntimeError("JOURNAL_UNREADABLE", `${this.#store.name} cannot be read: ${text(error)}`, error);
    }
  }

  /** Opening and closing wait for each other, in the order of the calls. */
  #afterTransition(step: () => Promise<void>): Promise<void> {
    const done = this.#transition.then(step);
    this.#transition = done.catch(() => {
      // The caller holds `done` and hears of it; the next transition is not concerned.
    });
    return done;
  }
}

function failure(name: string, error: unknown): RuntimeError {
  const cause = namedIfDiskFull(error, name);
  return new RuntimeError("JOURNAL_FAILED", `${name} takes no more records until reopened: ${text(cause)}`, cause);
}

function text(error: unknown): string {
  if (error instanceof RuntimeError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

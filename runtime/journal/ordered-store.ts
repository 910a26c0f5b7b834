/**
 * The port beneath the journal: bytes under ordered keys, written in atomic batches.
 *
 * Owns: the interface.
 * Never: knows of actors, records or chains.
 */
import type { KeyRange } from "./record-key.ts";

export type StoreEntry = readonly [key: Uint8Array, value: Uint8Array];

export type StoreOperation =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: Uint8Array };

export interface OrderedStore {
  /** How messages name it, such as its directory. */
  readonly name: string;
  /** Takes the lock. Errors: `JOURNAL_LOCKED`; whatever the storage throws. */
  open(): Promise<void>;
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** All entries of a range in the order of their keys' bytes. */
  entries(range: KeyRange): Promise<StoreEntry[]>;
  /** The first key of a range. */
  firstKey(range: KeyRange): Promise<Uint8Array | undefined>;
  /** All operations in order, or none; with `sync` it resolves only when they are on stable storage. */
  write(operations: readonly StoreOperation[], sync: boolean): Promise<void>;
  close(): Promise<void>;
}

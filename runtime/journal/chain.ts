/**
 * Decides which stored records of an actor can be believed, and what a commit adds to a log.
 *
 * Owns: the rules of the chain.
 * Never: reads or writes a store.
 *
 * C1. A log begins with sequence 1 or with a snapshot; nothing else may come first.
 * C2. Each further record has the next sequence and carries the hash of the record before it.
 * C3. From the first record that breaks C1 or C2 on, nothing is believed.
 * C4. What is stored before an intact snapshot was deleted with it; if it is still there, the store lost the deletion.
 */
import type { JournalBreak, JournalBreakReason, JournalRecord } from "./journal.ts";
import type { StoreEntry, StoreOperation } from "./ordered-store.ts";
import { CHAIN_START, type DamagedRecord, type DecodedRecord, decodeRecord, sealRecord } from "./record.ts";
import { recordKey, sequenceOfKey } from "./record-key.ts";

/** Where a log stands: its records have the sequences `firstSequence` to `sequence`; an empty log has none. */
export interface LogHead {
  readonly firstSequence: number;
  readonly sequence: number;
  readonly hash: number;
}

export interface VerifiedLog {
  readonly records: JournalRecord[];
  readonly head: LogHead;
  /** Keys to delete: what follows a break, and leftovers before a snapshot. */
  readonly deadKeys: Uint8Array[];
  readonly found: JournalBreak | undefined;
}

export const EMPTY_LOG: LogHead = { firstSequence: 1, sequence: 0, hash: CHAIN_START };

/** Judges all that is stored in an actor's range, in the order of keys. */
export function verifyLog(actor: string, entries: readonly StoreEntry[]): VerifiedLog {
  const decoded = entries.map(([key, value]) => decodeEntry(actor, key, value));
  const start = Math.max(
    0,
    decoded.findLastIndex((entry) => entry.kind === "record" && entry.snapshot),
  );
  const records: JournalRecord[] = [];
  const deadKeys = entries.slice(0, start).map(([key]) => key);
  let head = EMPTY_LOG;
  for (let index = start; index < decoded.length; index += 1) {
    const entry = decoded[index];
    const reason = entry.kind === "damaged" ? entry.reason : breakBetween(head, entry);
    if (entry.kind === "damaged" || reason !== undefined) {
      deadKeys.push(...entries.slice(index).map(([key]) => key));
      const discardedCount = entries.length - index;
      const found = { actor, sequence: head.sequence + 1, reason: reason ?? "format", discardedCount };
      return { records, head, deadKeys, found };
    }
    records.push({ sequence: entry.sequence, payload: entry.payload });
    head = advance(head, entry);
  }
  return { records, head, deadKeys, found: undefined };
}

/** Seals a drafted record behind `head`, adding to `operations` what the store must do; returns the new head. */
export function appendRecord(
  actor: string,
  head: LogHead,
  value: Uint8Array,
  snapshot: boolean,
  operations: StoreOperation[],
): LogHead {
  if (snapshot) dropLog(actor, head, operations);
  const sequence = head.sequence + 1;
  const key = recordKey(actor, sequence);
  const hash = sealRecord(value, key, { sequence, snapshot, previousHash: snapshot ? CHAIN_START : head.hash });
  operations.push({ type: "put", key, value });
  return advance(head, { sequence, snapshot, hash });
}

/** Adds the deletion of all records of a log; returns the head of the empty log. */
export function dropLog(actor: string, head: LogHead, operations: StoreOperation[]): LogHead {
  for (let sequence = head.firstSequence; sequence <= head.sequence; sequence += 1) {
    operations.push({ type: "del", key: recordKey(actor, sequence) });
  }
  return EMPTY_LOG;
}

function advance(head: LogHead, record: Pick<DecodedRecord, "sequence" | "snapshot" | "hash">): LogHead {
  const firstSequence = record.snapshot ? record.sequence : head.firstSequence;
  return { firstSequence, sequence: record.sequence, hash: record.hash };
}

function decodeEntry(actor: string, key: Uint8Array, value: Uint8Array): DecodedRecord | DamagedRecord {
  const record = decodeRecord(value, key);
  if (record.kind === "record" && record.sequence !== sequenceOfKey(actor, key)) {
    return { kind: "damaged", reason: "format" };
  }
  return record;
}

function breakBetween(head: LogHead, record: DecodedRecord): JournalBreakReason | undefined {
  // A snapshot can only be the first that is looked at: verification begins at the last one.
  if (record.snapshot) return undefined;
  if (record.sequence !== head.sequence + 1) return "sequence";
  return record.previousHash === head.hash ? undefined : "chain";
}

/**
 * The keys of a journal: one range of keys for each actor, in the order of its sequences.
 *
 * Owns: the layout of keys and what an actor may be called.
 * Never: reads or writes a store.
 *
 * Layout: u8 0x01, the actor's name in UTF-8, u8 0x00, u64 sequence (big endian, so that bytes sort as numbers do).
 * A name holds no byte 0x00, so no name's range lies inside another's and nothing needs escaping.
 * The one key that begins with 0x00 is the format marker.
 */
import assert from "node:assert/strict";

export interface KeyRange {
  /** The first key that belongs to the range. */
  readonly from: Uint8Array;
  /** The first key after the range. */
  readonly below: Uint8Array;
}

export const ACTOR_NAME_BYTES_MAX = 512;
const RECORD_KIND = 0x01;
const SEQUENCE_BYTES = 8;
const LONE_SURROGATE = /\p{Surrogate}/u;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const MARKER_KEY: Uint8Array = Uint8Array.of(0x00);

/** Every key but the marker's. */
export const ALL_RECORDS: KeyRange = { from: Uint8Array.of(RECORD_KIND), below: Uint8Array.of(RECORD_KIND + 1) };

/** The key of one record. */
export function recordKey(actor: string, sequence: number): Uint8Array {
  assert(Number.isSafeInteger(sequence) && sequence > 0, "a sequence counts from 1");
  const name = encodeName(actor);
  const key = new Uint8Array(name.length + 2 + SEQUENCE_BYTES);
  key[0] = RECORD_KIND;
  key.set(name, 1);
  new DataView(key.buffer).setBigUint64(name.length + 2, BigInt(sequence));
  return key;
}

/** All keys of one actor. */
export function actorRange(actor: string): KeyRange {
  const name = encodeName(actor);
  return { from: framed(name, 0x00), below: framed(name, 0x01) };
}

/** All keys of the actors whose names begin with `prefix`; the empty prefix means all actors. */
export function prefixRange(prefix: string): KeyRange {
  assert(!LONE_SURROGATE.test(prefix) && !prefix.includes("\0"), "a prefix must be well-formed and without U+0000");
  const name = encoder.encode(prefix);
  // 0xff occurs nowhere in UTF-8, so it sorts after every continuation of the prefix.
  return { from: framed(name, undefined), below: framed(name, 0xff) };
}

/** The actor that a key belongs to; undefined if the key is not one that `recordKey` makes. */
export function actorOfKey(key: Uint8Array): string | undefined {
  const nameEnd = key.length - SEQUENCE_BYTES - 1;
  if (key[0] !== RECORD_KIND || nameEnd <= 1 || key[nameEnd] !== 0 || key.indexOf(0, 1) !== nameEnd) return undefined;
  try {
    return decoder.decode(key.subarray(1, nameEnd));
  } catch {
    // Not UTF-8: damaged, which is an expected outcome here and not an error.
    return undefined;
  }
}

/** The sequence in a key of this length; 0, which no record has, if the key is not one of the actor's. */
export function sequenceOfKey(actor: string, key: Uint8Array): number {
  if (actorOfKey(key) !== actor) return 0;
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const sequence = Number(view.getBigUint64(key.length - SEQUENCE_BYTES));
  return Number.isSafeInteger(sequence) ? sequence : 0;
}

function encodeName(actor: string): Uint8Array {
  assert(actor.length > 0 && !LONE_SURROGATE.test(actor) && !actor.includes("\0"), "an actor needs a well-formed name");
  const name = encoder.encode(actor);
  assert(name.length <= ACTOR_NAME_BYTES_MAX, `an actor's name has at most ${ACTOR_NAME_BYTES_MAX} bytes`);
  return name;
}

function framed(name: Uint8Array, last: number | undefined): Uint8Array {
  return Uint8Array.from([RECORD_KIND, ...name, ...(last === undefined ? [] : [last])]);
}

/**
 * The codec of journal records and of the journal's format marker.
 *
 * Owns: the layout of a stored value, its checksum, the version.
 * Never: knows what came before a record; see `chain.ts`.
 *
 * Layout (little endian): u8 version, u8 flags (bit 0: snapshot), u16 zero, u32 CRC-32C, u64 sequence,
 * u32 hash of the record before, payload. The checksum covers the key, the first 4 bytes and all after the checksum,
 * so a record that turns up under another actor's or another sequence's key is as bad as one with a flipped bit.
 *
 * A record's hash is its checksum. It covers the hash of the record before, so it depends on the whole log up to there;
 * a checksum is linear, so a difference in the hash before always shows in the hash after, never cancels out.
 * It guards against failing storage, where 32 bits are plenty, not against a forger, who could write to the disk anyway.
 */
import assert from "node:assert/strict";
import { crc32c } from "./crc32c.ts";
import { JOURNAL_PAYLOAD_BYTES_MAX, type JournalBreakReason } from "./journal.ts";

export const JOURNAL_FORMAT_VERSION = 1;
export const RECORD_HEADER_BYTES = 20;
/** Stands for "the record before" in the first record of a log and in a snapshot. */
export const CHAIN_START = 0;
const FLAG_SNAPSHOT = 1;
const MARKER_MAGIC = new TextEncoder().encode("actor journal\n");

export interface RecordHeader {
  readonly sequence: number;
  readonly previousHash: number;
  readonly snapshot: boolean;
}

export interface DecodedRecord extends RecordHeader {
  readonly kind: "record";
  readonly hash: number;
  /** Shares memory with the stored value. */
  readonly payload: Uint8Array;
}

export interface DamagedRecord {
  readonly kind: "damaged";
  readonly reason: JournalBreakReason;
}

/** Copies a payload into a new stored value whose header is still empty. */
export function draftRecord(payload: Uint8Array): Uint8Array {
  assert(payload.length <= JOURNAL_PAYLOAD_BYTES_MAX, `a payload has at most ${JOURNAL_PAYLOAD_BYTES_MAX} bytes`);
  const value = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
  value.set(payload, RECORD_HEADER_BYTES);
  return value;
}

/** Fills in the header of a drafted value that will be stored under `key`; returns the record's hash. */
export function sealRecord(value: Uint8Array, key: Uint8Array, header: RecordHeader): number {
  const view = viewOf(value);
  view.setUint8(0, JOURNAL_FORMAT_VERSION);
  view.setUint8(1, header.snapshot ? FLAG_SNAPSHOT : 0);
  view.setUint16(2, 0, true);
  view.setBigUint64(8, BigInt(header.sequence), true);
  view.setUint32(16, header.previousHash, true);
  const hash = checksum(value, key);
  view.setUint32(4, hash, true);
  return hash;
}

/** Reads what is stored under `key`; damage is an outcome, not an error. */
export function decodeRecord(value: Uint8Array, key: Uint8Array): DecodedRecord | DamagedRecord {
  if (value.length < RECORD_HEADER_BYTES) return { kind: "damaged", reason: "format" };
  const view = viewOf(value);
  if (view.getUint8(0) !== JOURNAL_FORMAT_VERSION) return { kind: "damaged", reason: "format" };
  const hash = view.getUint32(4, true);
  if (checksum(value, key) !== hash) return { kind: "damaged", reason: "checksum" };
  return {
    kind: "record",
    sequence: Number(view.getBigUint64(8, true)),
    previousHash: view.getUint32(16, true),
    snapshot: (view.getUint8(1) & FLAG_SNAPSHOT) !== 0,
    hash,
    payload: new Uint8Array(value.buffer, value.byteOffset + RECORD_HEADER_BYTES, value.length - RECORD_HEADER_BYTES),
  };
}

/** The value of the format marker: magic, u16 version, u32 CRC-32C of both. */
export function encodeMarker(version: number): Uint8Array {
  const marker = new Uint8Array(MARKER_MAGIC.length + 6);
  marker.set(MARKER_MAGIC);
  const view = viewOf(marker);
  view.setUint16(MARKER_MAGIC.length, version, true);
  view.setUint32(MARKER_MAGIC.length + 2, crc32c(marker.subarray(0, -4)), true);
  return marker;
}

/** The version that a marker names; undefined if it is damaged or no marker at all. */
export function decodeMarker(marker: Uint8Array): number | undefined {
  if (marker.length !== MARKER_MAGIC.length + 6) return undefined;
  if (MARKER_MAGIC.some((byte, index) => byte !== marker[index])) return undefined;
  const view = viewOf(marker);
  if (view.getUint32(marker.length - 4, true) !== crc32c(marker.subarray(0, -4))) return undefined;
  return view.getUint16(MARKER_MAGIC.length, true);
}

function checksum(value: Uint8Array, key: Uint8Array): number {
  return crc32c(value.subarray(8), crc32c(value.subarray(0, 4), crc32c(key)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

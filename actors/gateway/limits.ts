/**
 * Every maximum of the gateway, with unit and reason.
 *
 * Owns: the numbers. Tests give smaller ones.
 */

const MEBIBYTE = 1 << 20;
const GIBIBYTE = 1 << 30;

export interface GatewayLimits {
  /** Bytes of a JSON body: parsed in one piece between heartbeats, some 100 ms. Long programs use `repeat`. */
  readonly bodyBytesMax: number;
  /** From the first byte of a JSON body to its last. */
  readonly bodyMs: number;
  /** Bytes of one upload. */
  readonly uploadBytesMax: number;
  /** Bytes of all uploads together, complete or not: the journal needs room on the same disk. */
  readonly uploadsBytesMax: number;
  /** Uploads that are kept at once. */
  readonly uploadsMax: number;
  /** Uploads under way at once. */
  readonly uploadsInFlightMax: number;
  /** Between two pieces of an upload: a sender that is silent for longer has gone. */
  readonly uploadStallMs: number;
  /** An upload that no unended job uses, after it was made or the coordinator was started. */
  readonly uploadKeptMs: number;
  /** Results streamed at once: an open file each. */
  readonly resultsInFlightMax: number;
  /** Between two pieces of a result: a reader that is stopped for longer asks again, from where it was. */
  readonly resultStallMs: number;
  /** Requests that wait for a job's change. */
  readonly waitsMax: number;
  /** Of one such request, where none is asked for, and at most: below the patience of proxies. */
  readonly waitMsDefault: number;
  readonly waitMsMax: number;
  /** A waiting job is looked at so often even if nothing is told of it. */
  readonly waitLookMs: number;
  /** Bytes of a refused body that are read and thrown away, so that its sender reads the answer. */
  readonly discardBytesMax: number;
  readonly discardMs: number;
  /** Refusals are told in the log once in this time, with their number: a peer without a token cannot fill it. */
  readonly refusalLogMs: number;
}

export const GATEWAY_LIMITS: GatewayLimits = {
  bodyBytesMax: 16 * MEBIBYTE,
  bodyMs: 60_000,
  uploadBytesMax: 64 * GIBIBYTE,
  uploadsBytesMax: 256 * GIBIBYTE,
  uploadsMax: 10_000,
  uploadsInFlightMax: 16,
  uploadStallMs: 30_000,
  uploadKeptMs: 24 * 3_600_000,
  resultsInFlightMax: 64,
  resultStallMs: 60_000,
  waitsMax: 1_000,
  waitMsDefault: 20_000,
  waitMsMax: 50_000,
  waitLookMs: 1_000,
  discardBytesMax: MEBIBYTE,
  discardMs: 2_000,
  refusalLogMs: 1_000,
};

/** Bytes of a result read at a time. */
export const RESULT_READ_BYTES = 256 * 1024;
/** Paths of one submission: globs are for more. */
export const SUBMITTED_PATHS_MAX = 10_000;
/** Characters of a path or a name in a submission. */
export const SUBMITTED_NAME_MAX = 4096;

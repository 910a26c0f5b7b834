/**
 * Every maximum and wait of the block exchange, with unit and reason.
 *
 * Owns: the numbers; docs/decisions/0010-block-exchange.md has the measurements.
 */

const MEBIBYTE = 1 << 20;

/** Bytes of one piece: larger ones gain nothing, smaller ones cost more for each byte. */
export const PIECE_BYTES_MAX = MEBIBYTE;
/** Bytes under way from one peer to us, all fetches together, read by nobody yet. */
export const PEER_BYTES_MAX = 8 * MEBIBYTE;
/** What a server lets one peer have under way, whatever it asks for. */
export const PEER_BYTES_ALLOWED_MAX = 64 * MEBIBYTE;
/** Fetches from one peer at once; each has its share of the bytes under way, so that a slow reader holds up no other. */
export const PEER_FETCHES_MAX = 4;
/** Fetches that one peer may have open at a server. */
export const PEER_FETCHES_ALLOWED_MAX = 64;
/** Fetches from one peer that wait for their turn: far more than threads to use them. */
export const FETCHES_WAITING_MAX = 4_096;
/** References in one request; a fetch of more makes several. */
export const REFERENCES_MAX = 4_096;
/** References in one piece: bounds the reads that are begun at once. */
export const PIECE_REFERENCES_MAX = 256;
/** Pieces of memory that a connection keeps for its next pieces. */
export const SPARE_PIECES_MAX = 8;
/** Smallest window: less would spend more on credits than on bytes. */
export const WINDOW_BYTES_MIN = 64 * 1024;
/** A fetch that waits for bytes and gets none for so long fails: longer than a disk that spins up. */
export const STALL_TIMEOUT_MS = 30_000;
/** A connection without a fetch is closed: thousands of workers need not all stay connected. */
export const IDLE_TIMEOUT_MS = 60_000;
/** Characters of a job's name. */
export const JOB_LENGTH_MAX = 512;
/** Open files of a segment source. */
export const OPEN_FILES_MAX = 256;

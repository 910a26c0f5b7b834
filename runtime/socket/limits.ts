/**
 * Every maximum and interval of connections between processes, with unit and reason.
 *
 * Owns: the defaults. Both ends of a connection have the same ones.
 */

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** From the TCP connection to the end of the greeting; also for an HTTP request's headers and a TLS handshake. */
export const HELLO_TIMEOUT_MS = 5_000;
/**
 * How often the listener asks whether a connection still is one, and how long it waits for the answer. That only finds
 * dead connections, so that they are dialled anew; whether a peer lives is for heartbeats to say.
 */
export const PING_INTERVAL_MS = 5_000;
export const PING_TIMEOUT_MS = 15_000;
/** Connections of one listener: thousands of workers, each with one for control and some for blocks. */
export const CONNECTIONS_MAX = 16_384;
/** A packet larger than this ends the connection at whoever receives it, so whoever sends sees to it. */
export const PACKET_BYTES_MAX = 4 * MEBIBYTE;
/** One control message as JSON. More is no message: bytes go through the exchange. */
export const MESSAGE_BYTES_MAX = MEBIBYTE;
/** What one may be allowed to be: with a batch before it, in the largest characters, it still fits a packet. */
export const MESSAGE_BYTES_ALLOWED_MAX = 3 * MEBIBYTE;
/** Small messages are sent together until they reach this: larger packets gain nothing more. */
export const BATCH_BYTES = 64 * KIBIBYTE;
/** Control packets that a peer has not taken yet: bounds what a stalled peer costs, covers a long way at full speed. */
export const WINDOW_BYTES = MEBIBYTE;
/** Frames in one packet. */
export const PACKET_FRAMES_MAX = 65_536;
/** Signals that wait for a stalled peer; the oldest are dropped, they are worth the least. */
export const SIGNALS_QUEUED_MAX = 1_024;
/** Characters of an address. */
export const ADDRESS_LENGTH_MAX = 512;
/** Addresses that a peer may speak for over one connection: each costs an inbox. */
export const ADDRESSES_OF_PEER_MAX = 262_144;
/** The pause before dialling again: short, as a restarted coordinator is back at once; longer, not to storm it. */
export const REDIAL = { firstMs: 100, factor: 2, maximumMs: 2_000, jitter: 0.5 } as const;

/**
 * The wall-clock port: the time of day, for people.
 *
 * Owns: the interface. Nothing is decided by it but how long what has ended is kept.
 */
export interface WallClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** ISO 8601, in UTC. */
  stamp(): string;
}

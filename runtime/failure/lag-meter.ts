/**
 * Measures how late the event loop is, from calls that should come at a fixed interval.
 *
 * Owns: the time of the last call.
 */
import type { Clock } from "../clock.ts";

/** Returns a function that tells, in milliseconds, how much later than `intervalMs` after the last call it is called. */
export function startLagMeter(clock: Clock, intervalMs: number): () => number {
  let expectedMs = clock.nowMs() + intervalMs;
  return () => {
    const nowMs = clock.nowMs();
    const lagMs = Math.max(0, nowMs - expectedMs);
    expectedMs = nowMs + intervalMs;
    return lagMs;
  };
}

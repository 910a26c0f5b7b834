/**
 * Time as far as the observer was awake to observe it.
 *
 * Owns: telling an observer's own stall (blocked event loop, stopped process, sleeping machine) from a peer's silence.
 * Never: reads a clock.
 *
 * The observer looks at the clock at least every `tickMs`. What it is later than that, beyond a tolerance, it slept.
 */

/** Lateness of a timer, in milliseconds, that is taken for ordinary. */
export const TIMER_TOLERANCE_MS = 50;

export interface ObservedTime {
  readonly tickMs: number;
  /** When the observer should look again, at the latest; of the real clock. */
  readonly dueMs: number;
  /** All stalls so far. Observed time is the clock's minus this. */
  readonly stalledMs: number;
}

export function startObserving(tickMs: number, nowMs: number): ObservedTime {
  return { tickMs, dueMs: nowMs + tickMs, stalledMs: 0 };
}

/** The state after a look at the clock; `tick` if it was the timer's, from which the next is `tickMs` away. */
export function observe(time: ObservedTime, nowMs: number, { tick }: { tick: boolean }): ObservedTime {
  const lateMs = nowMs - time.dueMs;
  const stalled = lateMs > TIMER_TOLERANCE_MS;
  if (!stalled) return tick ? { ...time, dueMs: nowMs + time.tickMs } : time;
  // After a stall that something else than the timer noticed first, the overdue timer still fires, and is not late then.
  // The tolerance is not taken back: an earlier look may have observed it already, and time must not run backwards.
  const stalledMs = time.stalledMs + lateMs - TIMER_TOLERANCE_MS;
  return { ...time, stalledMs, dueMs: nowMs + (tick ? time.tickMs : 0) };
}

export function observedMs(time: ObservedTime, nowMs: number): number {
  return nowMs - time.stalledMs;
}

/**
 * The clock port: monotonic time and timers. A jump of the wall clock has no effect on anything behind it.
 *
 * Owns: the interface; also fits XState's `clock` option.
 * Never: touches a real clock; see `system-clock.ts`.
 */

/** What `setTimeout` returns; only ever handed back to `clearTimeout` of the same clock. */
export type TimerHandle = unknown;

export interface Clock {
  /** Monotonic milliseconds since an arbitrary moment, with a fraction. */
  nowMs(): number;
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

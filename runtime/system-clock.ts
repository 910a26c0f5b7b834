/**
 * The real clock; the only file that touches it.
 *
 * Owns: monotonic time from `performance`, timers from Node.
 * Never: reads the wall clock.
 */
import { performance } from "node:perf_hooks";
import type { Clock } from "./clock.ts";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/**
 * The real clocks; the only file that touches them.
 *
 * Owns: monotonic time from `performance`, timers from Node, the time of day.
 */
import { performance } from "node:perf_hooks";
import type { Clock } from "./clock.ts";
import type { WallClock } from "./wall-clock.ts";

/** Node takes 1 ms for anything longer; see https://nodejs.org/api/timers.html. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, TIMEOUT_MAX_MS)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

export const systemWallClock: WallClock = {
  nowMs: () => Date.now(),
  stamp: () => new Date().toISOString(),
};

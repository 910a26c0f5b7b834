/**
 * The real clocks; the only file that touches them.
 *
 * Owns: monotonic time from `performance`, timers from Node, the time of day.
 */
import { performance } from "node:perf_hooks";
import type { Clock } from "./clock.ts";
import type { WallClock } from "./wall-clock.ts";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

export const systemWallClock: WallClock = {
  nowMs: () => Date.now(),
  stamp: () => new Date().toISOString(),
};

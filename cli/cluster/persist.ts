/**
 * Asks again while a coordinator is away: it was restarted, or is busy.
 *
 * Owns: which errors pass, the pauses between attempts, and how long one is patient.
 *
 * P1. What cannot succeed later is not asked again: a refused token, an unknown job.
 * P2. A pause ends at once when nobody waits any more.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import { CommandError } from "../command-error.ts";

export interface Patience {
  readonly clock: Clock;
  readonly random: Random;
  /** Since the coordinator was last heard of. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** The coordinator went away, and came back; each once for each absence. */
  readonly onLost?: (error: Error) => void;
  readonly onFound?: () => void;
}

const PASSING: ReadonlySet<string> = new Set([
  ...["CLUSTER_UNREACHABLE", "COORDINATOR_NOT_READY", "GATEWAY_BUSY", "REQUEST_TOO_SLOW", "REQUEST_CUT_OFF"],
]);
const [FIRST_PAUSE_MS, PAUSE_MS_MAX, PAUSE_SPREAD] = [200, 5_000, 0.2];

/** `heard` is for an action of many answers: it says that the coordinator is there. Errors: those of `action`; of a signal AbortError. */
export async function persist<Result>(
  patience: Patience,
  action: (heard: () => void) => Promise<Result>,
): Promise<Result> {
  const { clock, random, patienceMs, signal, onLost, onFound } = patience;
  let lostAtMs: number | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  const heard = (): void => {
    if (lostAtMs !== undefined) onFound?.();
    lostAtMs = undefined;
    pauseMs = FIRST_PAUSE_MS;
  };
  for (;;) {
    try {
      const result = await action(heard);
      heard();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CommandError) || !PASSING.has(error.code)) throw error;
      if (lostAtMs === undefined) {
        lostAtMs = clock.nowMs();
        onLost?.(error);
      }
      if (clock.nowMs() - lostAtMs + pauseMs > patienceMs) throw error;
      await pause(pauseMs * (1 + PAUSE_SPREAD * (2 * random.next() - 1)), patience);
      pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2);
    }
  }
}

/** P2. Errors: of the signal AbortError. */
async function pause(delayMs: number, { clock, signal }: Patience): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.setTimeout(end, delayMs);
    signal.addEventListener("abort", end, { once: true });
  });
  signal.throwIfAborted();
}

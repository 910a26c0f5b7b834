/**
 * Keeps one process connected to the one that it dials: again and again, with pauses.
 *
 * Owns: when the next attempt is made.
 * Never: gives up; whoever asked for it is told of each failure, and may.
 *
 * R1. At any time there is one attempt, one wire, or one timer.
 */
import type { Clock } from "../clock.ts";
import type { RuntimeError } from "../errors.ts";
import type { Random } from "../random.ts";
import { backoffMs } from "../supervision/decide.ts";
import { type DialOptions, dial } from "./dial.ts";
import { REDIAL } from "./limits.ts";
import type { Wire } from "./wire.ts";

export interface RedialHandler {
  /** Starts the wire; `lost` must be called when it is closed. */
  connected(wire: Wire, lost: () => void): void;
  failed(error: RuntimeError): void;
}

/** Returns what ends it; a wire that is open then stays open. */
export function keepDialling(
  options: DialOptions & { readonly clock: Clock; readonly random: Random },
  handler: RedialHandler,
): () => void {
  const { clock, random } = options;
  /** Without a connection that lasted in between. */
  let failures = 0;
  let stopped = false;
  let cancel = (): void => {};
  const attempt = (): void => {
    cancel = dial(options, {
      connected: (wire) => {
        const sinceMs = clock.nowMs();
        handler.connected(wire, () => {
          if (clock.nowMs() - sinceMs >= REDIAL.maximumMs) failures = 0;
          again();
        });
      },
      failed: (error) => {
        again();
        handler.failed(error);
      },
    });
  };
  const again = (): void => {
    if (stopped) return;
    failures += 1;
    const timer = clock.setTimeout(attempt, backoffMs(REDIAL, failures, random.next()));
    cancel = () => clock.clearTimeout(timer);
  };
  attempt();
  return () => {
    stopped = true;
    cancel();
  };
}

/**
 * Turns the signals that ask a process to end into one request to stop.
 *
 * Owns: SIGINT, SIGTERM and SIGHUP while a command runs. The first one asks, the second one ends the process.
 */
import { EXIT } from "../exit-codes.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface StopSignal {
  readonly requested: Promise<"stop">;
  readonly isRequested: boolean;
  /** Gives the signals their usual meaning back. */
  release(): void;
}

export function listenForStop(): StopSignal {
  let isRequested = false;
  let request: (stop: "stop") => void;
  const requested = new Promise<"stop">((resolve) => {
    request = resolve;
  });
  const onSignal = (): void => {
    if (isRequested) process.exit(EXIT.interrupted);
    isRequested = true;
    request("stop");
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    requested,
    get isRequested() {
      return isRequested;
    },
    release: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/**
 * A process of the operating system as an XState callback actor.
 *
 * Owns: starting it, listening for its beats, killing it.
 *
 * P1. It never outlives its actor: stopping that kills it.
 * P2. A process that is silent for too long is killed; time in which this process itself slept does not count.
 */
import { fromCallback } from "xstate";
import type { Clock } from "../clock.ts";
import { type HeartbeatMonitor, startHeartbeatMonitor } from "../failure/heartbeat-monitor.ts";
import {
  BEAT_INTERVAL_MS,
  type ChildMessage,
  childMessageOf,
  type ParentMessage,
  type ProcessExit,
  type StartProcess,
} from "./messages.ts";

export interface ProcessLogicInput {
  readonly id: string;
  readonly incarnation: number;
  readonly start: StartProcess;
  /** Called at each start, so that a later incarnation can be given what was learned from an earlier one. */
  readonly settings: () => unknown;
  readonly clock: Clock;
  readonly silenceMaxMs: number;
}

export type ProcessFact =
  | { readonly type: "process.said"; readonly message: ChildMessage }
  | { readonly type: "process.exited"; readonly exit: ProcessExit; readonly silentMs: number | undefined };

export interface ProcessOrder {
  readonly type: "process.order";
  readonly message: ParentMessage;
}

export const processLogic = fromCallback<ProcessOrder, ProcessLogicInput>(({ input, receive, sendBack }) => {
  const { id, incarnation, clock, silenceMaxMs } = input;
  let silentMs: number | undefined;
  let monitor: HeartbeatMonitor | undefined;
  // Nothing is left behind if it cannot be started, as for want of memory.
  const settings = input.settings();
  const running = input.start({
    onMessage: (received) => {
      const message = childMessageOf(received);
      if (message === undefined) return;
      monitor?.beat({ id, incarnation, term: 1, eventLoopLagMs: 0, progress: 0, busy: false });
      if (message.type !== "process.beat") sendBack({ type: "process.said", message });
    },
    onExit: (exit) => {
      monitor?.stop();
      sendBack({ type: "process.exited", exit, silentMs });
    },
  });
  const end = (): void => {
    monitor?.stop();
    running.kill();
  };
  try {
    monitor = startHeartbeatMonitor({
      clock,
      options: { heartbeatIntervalMs: BEAT_INTERVAL_MS, deadAfterMs: silenceMaxMs },
      onTransition: ({ to }) => {
        if (to !== "dead") return;
        silentMs = silenceMaxMs;
        running.kill();
      },
    });
    monitor.watch(id);
    running.send({ type: "process.start", incarnation, settings });
  } catch (error) {
    end();
    throw error;
  }
  receive(({ message }) => running.send(message));
  return end;
});

/**
 * The side of a supervised process that runs in the process itself.
 *
 * Owns: its beats, and its end when its parent is gone.
 *
 * C1. A process whose channel closes ends at once: its parent died, and would otherwise start a second one beside it.
 * C2. It beats as long as its event loop turns, and no longer.
 */
import assert from "node:assert/strict";
import type { Clock } from "../clock.ts";
import { BEAT_INTERVAL_MS, type ChildMessage, type ParentMessage } from "./messages.ts";

export interface ParentSide {
  readonly incarnation: number;
  /** As the parent gave them, through JSON. */
  readonly settings: unknown;
  /** Resolves when the parent asks this process to end. */
  readonly drainRequested: Promise<void>;
  tell(message: ChildMessage): void;
}

/** Resolves with the parent's first message. Errors: asserts that a parent started this process with a channel. */
export async function attachToParent(clock: Clock): Promise<ParentSide> {
  assert(process.send !== undefined, "this module is started by a parent process, with a channel to it");
  // No clean-up: whatever is under way survives SIGKILL, and a hanging clean-up would leave an orphan.
  const end = (): boolean => process.kill(process.pid, "SIGKILL");
  process.on("disconnect", end);
  if (!process.connected) end();
  const tell = (message: ChildMessage): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  const beat = (): void => {
    tell({ type: "process.beat" });
    clock.setTimeout(beat, BEAT_INTERVAL_MS);
  };
  beat();
  return await new Promise<ParentSide>((resolve) => {
    let requestDrain: () => void;
    const drainRequested = new Promise<void>((request) => {
      requestDrain = request;
    });
    process.on("message", (message: ParentMessage) => {
      if (message.type === "process.drain") requestDrain();
      if (message.type !== "process.start") return;
      resolve({ incarnation: message.incarnation, settings: message.settings, drainRequested, tell });
    });
  });
}

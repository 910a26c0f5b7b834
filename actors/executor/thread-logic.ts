/**
 * A worker thread as an XState callback actor.
 *
 * Owns: starting and terminating the thread.
 * Never: outlives its actor: stopping it terminates the thread, and tells when that has ended.
 */
import { fromCallback } from "xstate";
import type { ThreadCommand, ThreadEvent, ThreadInput } from "./messages.ts";
import type { ThreadSource } from "./thread-source.ts";

export type ThreadFact =
  | { readonly type: "thread.event"; readonly event: ThreadEvent }
  | { readonly type: "thread.died"; readonly reason: string };

export interface ThreadOrder {
  readonly type: "thread.command";
  readonly command: ThreadCommand;
}

export interface ThreadLife {
  readonly source: ThreadSource;
  readonly thread: ThreadInput;
  /** Given the end of a thread that is being terminated: until then it may hold files open, or make one. */
  readonly noteEnding: (ended: Promise<unknown>) => void;
}

export const threadLogic = fromCallback<ThreadOrder, ThreadLife>(({ input, receive, sendBack }) => {
  const thread = input.source.take();
  let reason = "";
  thread.on("message", (event: ThreadEvent) => sendBack({ type: "thread.event", event }));
  thread.on("error", (error: Error) => {
    reason = error.stack ?? String(error);
  });
  thread.on("exit", (code) =>
    sendBack({ type: "thread.died", reason: reason || `the thread ended with code ${code}` }),
  );
  const order = (command: ThreadCommand): void => thread.postMessage(command);
  order({ kind: "begin", input: input.thread });
  receive(({ command }) => order(command));
  // The actor does not wait for the termination: what the thread still writes is named by no journal.
  return () => input.noteEnding(thread.terminate());
});

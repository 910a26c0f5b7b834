/**
 * One executor: a thread that runs kernels, so that no heartbeat waits for a computation.
 *
 * E1. An executor tells its pool that it is ready, with its incarnation; what it is sent before waits in the thread's port.
 * E2. A thread that dies takes its executor along; a new incarnation has a thread of its own.
 * E3. Stopping an executor terminates its thread.
 */
import { setup } from "xstate";
import { RuntimeError } from "../../runtime/errors.ts";
import type { ExecutorCommand, ExecutorFact, ThreadInput } from "./messages.ts";
import { type ThreadFact, type ThreadLife, threadLogic } from "./thread-logic.ts";
import { readNotes, THREAD_NOTES_BYTES } from "./thread-notes.ts";
import type { ThreadSource } from "./thread-source.ts";

export interface ExecutorInput {
  readonly index: number;
  readonly incarnation: number;
  readonly source: ThreadSource;
  readonly thread: Omit<ThreadInput, "notes">;
  /** See `ThreadLife`. */
  readonly noteEnding: ThreadLife["noteEnding"];
  /** The executor's pool. */
  readonly tell: (fact: ExecutorFact) => void;
}

interface Context extends ExecutorInput {
  /** See `thread-notes.ts`. */
  readonly notes: SharedArrayBuffer;
}

function announce({ index, incarnation, notes, tell }: Context, send: (command: ExecutorCommand) => void): void {
  tell({ type: "executor.ready", index, incarnation, executor: { send }, notes: readNotes(notes) });
}

export const executorMachine = setup({
  types: {
    context: {} as Context,
    input: {} as ExecutorInput,
    events: {} as ExecutorCommand | ThreadFact,
  },
  actors: { thread: threadLogic },
  actions: {
    pass: ({ event, self }) => {
      if (event.type !== "executor.command") return;
      self.getSnapshot().children.thread?.send({ type: "thread.command", command: event.command });
    },
    announce: ({ context, self }) => announce(context, (command) => self.send(command)),
    answer: ({ context, event, self }) => {
      if (event.type !== "thread.event") return;
      const { index, incarnation } = context;
      const told = event.event;
      if (told.kind === "ready") announce(context, (command) => self.send(command));
      else if (told.kind === "done") context.tell({ ...told, type: "executor.done", index, incarnation });
      else if (told.kind === "failed") context.tell({ ...told, type: "executor.failed", index, incarnation });
      else if (told.kind === "stopped") context.tell({ ...told, type: "executor.stopped", index, incarnation });
      else context.tell({ ...told, type: "executor.closed", index, incarnation });
    },
    die: ({ context, event }) => {
      const reason = event.type === "thread.died" ? event.reason : "";
      throw new RuntimeError("EXECUTOR_DIED", `executor ${context.index} died: ${reason}`);
    },
  },
}).createMachine({
  id: "executor",
  context: ({ input }) => ({ ...input, notes: new SharedArrayBuffer(THREAD_NOTES_BYTES) }),
  invoke: {
    id: "thread",
    src: "thread",
    input: ({ context: { source, thread, notes, noteEnding } }) => {
      return { source, thread: { ...thread, notes }, noteEnding };
    },
  },
  initial: "serving",
  states: {
    serving: {
      on: {
        "executor.command": { actions: "pass" },
        "executor.announce": { actions: "announce" },
        "thread.event": { actions: "answer" },
        "thread.died": { actions: "die" },
        "child.shutdown": "stopped",
      },
    },
    stopped: { type: "final" },
  },
});

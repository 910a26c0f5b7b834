/**
 * A supervised process: it runs until it ends by itself, crashes, or is asked to end.
 *
 * M1. The machine fails when its process crashes, so that a supervisor starts another incarnation.
 * M2. `child.shutdown` asks the process to end; how long that may take is for the supervisor's deadline.
 * M3. Stopping the machine kills the process.
 */
import { sendParent, setup } from "xstate";
import { RuntimeError } from "../errors.ts";
import type { ChildShutdown } from "../supervision/messages.ts";
import { decideProcessExit, type ExitMeaning } from "./decide.ts";
import { type ProcessFact, type ProcessLogicInput, processLogic } from "./process-logic.ts";

export interface ProcessInput extends ProcessLogicInput {
  /** Exit codes besides 0 that a restart would only repeat. */
  readonly finalCodes: readonly number[];
  readonly onServing: (detail: unknown, incarnation: number) => void;
}

export interface ProcessOutput {
  readonly exitCode: number;
}

function meaningOf(input: ProcessInput, event: ProcessFact | ChildShutdown, isAsked: boolean): ExitMeaning {
  if (event.type !== "process.exited") return { kind: "crashed", reason: `was left at ${event.type}` };
  return decideProcessExit({ ...event, isAsked, finalCodes: input.finalCodes });
}

export const processMachine = setup({
  types: {
    context: {} as ProcessInput,
    input: {} as ProcessInput,
    events: {} as ProcessFact | ChildShutdown,
    output: {} as ProcessOutput,
  },
  actors: { process: processLogic },
  guards: {
    isProgress: ({ event }) => event.type === "process.said" && event.message.type === "process.progressed",
    isCrash: ({ context, event }) => meaningOf(context, event, false).kind === "crashed",
  },
  actions: {
    tellProgress: sendParent(({ context: { id, incarnation } }) => ({ type: "child.progressed", id, incarnation })),
    tellServing: ({ context, event }) => {
      if (event.type !== "process.said" || event.message.type !== "process.serving") return;
      context.onServing(event.message.detail, context.incarnation);
    },
    crash: ({ context, event }) => {
      const meaning = meaningOf(context, event, false);
      const reason = meaning.kind === "crashed" ? meaning.reason : "";
      throw new RuntimeError("PROCESS_DIED", `process ${context.id} ${reason}`);
    },
    askToEnd: ({ self }) => {
      const order = { type: "process.order", message: { type: "process.drain" } } as const;
      self.getSnapshot().children.process?.send(order);
    },
  },
}).createMachine({
  id: "process",
  context: ({ input }) => input,
  invoke: { id: "process", src: "process", input: ({ context }) => context },
  initial: "running",
  output: ({ context, event }) => {
    const meaning = meaningOf(context, event.output as ProcessFact, true);
    return { exitCode: meaning.kind === "ended" ? meaning.exitCode : 1 };
  },
  on: {
    "process.said": [{ guard: "isProgress", actions: "tellProgress" }, { actions: "tellServing" }],
  },
  states: {
    running: {
      on: {
        "process.exited": [{ guard: "isCrash", actions: "crash" }, { target: "ended" }],
        "child.shutdown": "draining",
      },
    },
    draining: {
      entry: "askToEnd",
      on: { "process.exited": "ended" },
    },
    ended: { type: "final", output: ({ event }) => event },
  },
});

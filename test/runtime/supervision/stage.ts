/**
 * A supervisor on a simulated clock, and a child that does as it is told.
 *
 * Owns: the set-up of the supervision tests.
 * Never: asserts anything.
 */
import { createActor, setup } from "xstate";
import { seededRandom } from "../../../runtime/random.ts";
import { childRef, supervisorLogic } from "../../../runtime/supervision/machine.ts";
import type { SupervisorInput, SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import { type ChildSpecification, specifyChild } from "../../../runtime/supervision/specification.ts";
import { SimulatedClock } from "../simulated-clock.ts";

export type PuppetEvent =
  | { type: "crash"; message?: string }
  | { type: "finish"; output?: unknown }
  | { type: "child.shutdown" };

/** Ends on `finish`, throws on `crash`, and dallies on `child.shutdown` until `finish`. */
export const puppet = setup({
  types: { events: {} as PuppetEvent, input: {} as { incarnation: number }, context: {} as { incarnation: number } },
  actions: {
    crash: ({ event }) => {
      throw new Error(event.type === "crash" ? (event.message ?? "crash") : "crash");
    },
  },
}).createMachine({
  context: ({ input }) => input,
  initial: "running",
  output: ({ event }) => event.output as unknown,
  states: {
    running: { on: { crash: { actions: "crash" }, finish: "finished", "child.shutdown": "dallying" } },
    dallying: { on: { crash: { actions: "crash" }, finish: "finished" } },
    finished: { type: "final", output: ({ event }) => event.type === "finish" && event.output },
  },
});

export function puppetChild(id: string, more: Partial<ChildSpecification> = {}): ChildSpecification {
  return {
    ...specifyChild({ id, logic: puppet, input: (incarnation) => ({ incarnation }), shutdownMs: 0 }),
    ...more,
  };
}

export function stage(input: Partial<SupervisorInput>) {
  const clock = (input.clock as SimulatedClock | undefined) ?? new SimulatedClock();
  const notices: SupervisorNotice[] = [];
  let error: unknown;
  const supervisor = createActor(supervisorLogic, {
    clock,
    input: { clock, random: seededRandom(1), observer: (notice) => notices.push(notice), ...input },
  });
  supervisor.subscribe({
    error: (caught) => {
      error = caught;
    },
  });
  supervisor.start();
  const send = (id: string, event: PuppetEvent): void => childRef(supervisor.getSnapshot(), id)?.send(event);
  return {
    clock,
    notices,
    supervisor,
    send,
    failure: () => error,
    reference: (id: string) => childRef(supervisor.getSnapshot(), id),
    isRunning: (id: string) => childRef(supervisor.getSnapshot(), id)?.getSnapshot().status === "active",
    /** Notices as short lines, such as `started a1`, and forgets them. */
    take: () => notices.splice(0).map(describe),
  };
}

export function describe(notice: SupervisorNotice): string {
  switch (notice.type) {
    case "supervisor.failed":
      return `failed ${notice.error.code}`;
    case "child.refused":
      return `refused ${notice.id}: ${notice.reason}`;
    case "child.started":
      return `started ${notice.id}${notice.incarnation}`;
    case "child.restarting":
      return `restarting ${notice.id}${notice.incarnation}`;
    case "child.exited":
      return `${notice.reason.kind} ${notice.id}${notice.incarnation}`;
    case "child.gaveUp":
      return `gave up ${notice.id}${notice.incarnation}`;
  }
}

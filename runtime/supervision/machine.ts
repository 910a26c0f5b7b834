/**
 * A supervisor: an XState actor that starts, watches, restarts and stops other actors, as Erlang's `supervisor` does.
 *
 * S1. A child's error never ends the supervisor, except by escalation.
 * S2. After an escalation all children are terminated in reverse start order before the supervisor fails.
 * S3. A stopped supervisor is done only when its last child is gone; one that is stopped by force takes them along.
 * S4. Events between children do not pass through the supervisor.
 */
import { type ActorRefFrom, type AnyActorRef, type SnapshotFrom, sendTo, setup } from "xstate";
import {
  loseChild,
  noteProgress,
  noteStarted,
  noteStopped,
  noteWork,
  refuse,
  startChildren,
  stopChild,
} from "./commands.ts";
import { noteDied } from "./deaths.ts";
import { startGroup, terminateAll } from "./groups.ts";
import type { SupervisorCommand, SupervisorInput, SupervisorNotice } from "./messages.ts";
import { type NurseryReport, nurseryLogic, referenceIn } from "./nursery.ts";
import { createRoster, type Effect, type Roster } from "./roster.ts";

export interface Context {
  readonly input: SupervisorInput;
  /** Mutated in place; see `roster.ts` for the reason. */
  readonly roster: Roster;
}

type Raised = { readonly type: "group.restart" } | { readonly type: "supervisor.fail" };
type Event = SupervisorCommand | NurseryReport | Raised;

/** The effects of an event that any state may see; none for the events that only move the statechart. */
function effectsOf({ input, roster }: Context, event: Event): readonly Effect[] {
  switch (event.type) {
    case "child.start":
      return startChildren(roster, [event.specification]);
    case "child.stop":
      return stopChild(roster, event.id);
    case "child.lost":
      return loseChild(roster, event);
    case "child.send":
      return [{ kind: "command", command: { type: "nursery.send", id: event.id, event: event.event } }];
    case "child.working":
      noteWork(roster, event);
      return [];
    case "child.progressed":
      noteProgress(roster, event);
      return [];
    case "nursery.started":
      return noteStarted(roster, event);
    case "nursery.stopped":
      return noteStopped(roster, event);
    case "nursery.died":
      return noteDied(roster, event, { nowMs: input.clock.nowMs(), random: input.random });
    case "nursery.terminated":
    case "supervisor.stop":
    case "child.shutdown":
    case "group.restart":
    case "supervisor.fail":
      return [];
  }
}

function observe(observer: SupervisorInput["observer"], notice: SupervisorNotice): void {
  try {
    observer?.(notice);
  } catch (error) {
    // As XState treats listeners: an onlooker's fault is loud, but it is no fault of the supervisor.
    queueMicrotask(() => {
      throw error;
    });
  }
}

const base = setup({
  types: {
    context: {} as Context,
    events: {} as Event,
    input: {} as SupervisorInput,
    emitted: {} as SupervisorNotice,
    children: {} as { nursery: "nursery" },
  },
  actors: { nursery: nurseryLogic },
  guards: {
    isLatestTicket: ({ context, event }) =>
      event.type === "nursery.terminated" && event.ticket === context.roster.ticket,
  },
});

/** Carries out what an event asks for, in order. */
function perform(effects: (context: Context, event: Event) => readonly Effect[]) {
  return base.enqueueActions(({ context, event, enqueue }) => {
    for (const effect of effects(context, event)) {
      switch (effect.kind) {
        case "command":
          enqueue.sendTo("nursery", effect.command);
          break;
        case "raise":
          enqueue.raise({ type: effect.type });
          break;
        case "notice":
          enqueue.emit(effect.notice);
          enqueue(() => observe(context.input.observer, effect.notice));
          break;
      }
    }
  });
}

const attend = { actions: perform(effectsOf) };
const refuseChild = {
  actions: perform((_context, event) =>
    event.type === "child.start" ? refuse(event.specification.id, "shutting down") : [],
  ),
};

/** Logic for `createActor(supervisorLogic, { input, clock })`, or for a child of another supervisor. */
export const supervisorLogic = base.createMachine({
  id: "supervisor",
  context: ({ input }) => ({ input, roster: createRoster(input) }),
  invoke: {
    id: "nursery",
    src: "nursery",
    input: ({ context, self }) => ({ supervisor: self as AnyActorRef, clock: context.input.clock }),
  },
  on: {
    "child.start": attend,
    "child.stop": attend,
    "child.lost": attend,
    "child.send": attend,
    "child.working": attend,
    "child.progressed": attend,
    "nursery.started": attend,
    "nursery.stopped": attend,
    "nursery.died": attend,
  },
  initial: "starting",
  states: {
    /** Passed through at once; by now the nursery is there. */
    starting: {
      entry: perform(({ input, roster }) => startChildren(roster, input.children ?? [])),
      always: "running",
    },
    running: {
      on: {
        "group.restart": "regrouping",
        "supervisor.fail": "failing",
        "supervisor.stop": "stopping",
        "child.shutdown": "stopping",
      },
    },
    /** A group is being terminated; what is not in it goes on, and may make the group grow. */
    regrouping: {
      on: {
        "nursery.terminated": {
          guard: "isLatestTicket",
          target: "running",
          actions: perform(({ roster }) => startGroup(roster)),
        },
        "supervisor.fail": "failing",
        "supervisor.stop": "stopping",
        "child.shutdown": "stopping",
      },
    },
    stopping: {
      entry: perform(({ roster }) => terminateAll(roster)),
      on: {
        "child.start": refuseChild,
        "nursery.terminated": { guard: "isLatestTicket", target: "stopped" },
      },
    },
    stopped: { type: "final" },
    /** The nursery fails in the supervisor's place, and so ends it in XState's own way: nothing is left running. */
    failing: {
      entry: perform(({ roster }) => terminateAll(roster)),
      on: {
        "child.start": refuseChild,
        "nursery.terminated": {
          guard: "isLatestTicket",
          actions: sendTo("nursery", ({ context }) => ({ type: "nursery.fail", error: context.roster.error })),
        },
      },
    },
  },
});

export type SupervisorRef = ActorRefFrom<typeof supervisorLogic>;

/** The running actor of a child, or nothing while it waits for a restart. Not to be kept: each restart has its own. */
export function childRef(supervisor: SnapshotFrom<typeof supervisorLogic>, id: string): AnyActorRef | undefined {
  const nursery = supervisor.children.nursery;
  return nursery === undefined ? undefined : referenceIn(nursery.getSnapshot(), id);
}

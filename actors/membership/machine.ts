/**
 * The membership: who takes part, who is suspect, who is lost.
 *
 * M1. A worker is a member once the journal says so: a restarted coordinator knows whom to wait for.
 * M2. Nobody is called gathered before every member of the journal has joined again, or is dead by silence.
 * M4. Only workers of the coordinator's own version take part: another one may plan the same program in another way.
 * M5. How often workers beat is said by the coordinator alone, to each as it joins.
 * M6. Whom an operator wants to leave is drained until it has left, whoever begins anew meanwhile.
 * M3. A member is lost once for each of its lives; one that returns joins anew, and is told to by an answer to its beat.
 */
import { assign, fromPromise, setup } from "xstate";
import type { Transition } from "../../runtime/failure/heartbeat-decision.ts";
import type { HeartbeatMonitor } from "../../runtime/failure/heartbeat-monitor.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { Address } from "../../runtime/transport/transport.ts";
import {
  type DrainWish,
  MEMBERSHIP_LOG,
  type Member,
  type MemberBeat,
  type MemberRecord,
  type MembershipAnswer,
  type MembershipFact,
  type MembershipReport,
  workerAddress,
  workerAt,
} from "./messages.ts";

export interface MembershipInput {
  /** Takes the actor's address; called when it runs. */
  readonly listen: () => void;
  readonly journal: Journal;
  /** Of the product; undefined: any will do. */
  readonly version?: string;
  /** What workers are told (M5), and `monitor` counts on. */
  readonly heartbeatIntervalMs: number;
  readonly monitor: (onTransition: (transition: Transition) => void) => HeartbeatMonitor;
  readonly nowMs: () => number;
  /** Tells the coordinator. */
  readonly tell: (fact: MembershipFact) => void;
  readonly send: (to: Address, answer: MembershipAnswer) => void;
  readonly signal: (to: Address, answer: MembershipAnswer) => void;
  /** Drops what waits for a worker that is lost. */
  readonly forget: (worker: string) => void;
  readonly tellFailed: (error: unknown) => void;
}

interface Context extends MembershipInput {
  readonly watch: HeartbeatMonitor;
  readonly members: Map<string, Member>;
  /** Members of the journal that have not joined again yet. */
  readonly absent: Set<string>;
  /** Members whose record is in the journal. */
  readonly recorded: Set<string>;
  /** Asked to be drained before they were members. */
  readonly drainWishes: Set<string>;
  /** M6: by the journal. */
  readonly unwanted: Set<string>;
  held: (MembershipReport | DrainWish)[];
}

type Event =
  | MembershipReport
  | DrainWish
  | MemberBeat
  | { readonly type: "member.journaled"; readonly hello: Extract<MembershipReport, { type: "member.hello" }> }
  | { readonly type: "member.refused"; readonly error: unknown }
  | { readonly type: "member.transition"; readonly transition: Transition }
  | { readonly type: "member.disconnected"; readonly peer: Address }
  /** Someone who begins anew asks who is there. */
  | { readonly type: "membership.report" }
  | { readonly type: "member.unwanted"; readonly wish: DrainWish };

interface KnownMembers {
  readonly present: Set<string>;
  readonly unwanted: Set<string>;
}

const readMembers = fromPromise<KnownMembers, Journal>(async ({ input: journal }) => {
  const present = new Set<string>();
  const unwanted = new Set<string>();
  for (const { payload } of await journal.read(MEMBERSHIP_LOG)) {
    const { kind, id } = JSON.parse(Buffer.from(payload).toString("utf8")) as MemberRecord;
    if (kind === "joined") present.add(id);
    else if (kind === "draining") unwanted.add(id);
    else for (const known of [present, unwanted]) known.delete(id);
  }
  return { present, unwanted };
});

async function record(journal: Journal, entry: MemberRecord): Promise<void> {
  await journal.commit([{ actor: MEMBERSHIP_LOG, payload: Buffer.from(JSON.stringify(entry)) }]);
}

/** Who is not named is given up: so nobody is told before those of an earlier life are back, or dead. */
function tellDirectory({ absent, members, send }: Context): void {
  if (absent.size > 0) return;
  const present = [...members.values()].map(({ id, exchange }) => ({ id, exchange }));
  for (const { id } of present) send(workerAddress(id), { type: "membership.directory", members: present });
}

function tellGathered({ absent, tell }: Context): void {
  if (absent.size === 0) tell({ type: "member.gathered" });
}

function drain(context: Context, known: Member): void {
  if (known.draining) return;
  const member = { ...known, draining: true };
  context.members.set(member.id, member);
  context.tell({ type: "member.changed", member });
}

function lose(context: Context, worker: string, reason: string): void {
  const { members, absent, tell, forget } = context;
  const wasAbsent = absent.delete(worker);
  if (!members.delete(worker) && !wasAbsent) return;
  forget(worker);
  tell({ type: "member.lost", worker, reason });
  tellDirectory(context);
  if (wasAbsent) tellGathered(context);
}

export const membershipMachine = setup({
  types: { context: {} as Context, input: {} as MembershipInput, events: {} as Event },
  actors: { readMembers },
  actions: {
    hold: ({ context, event }) => {
      switch (event.type) {
        case "member.hello":
        case "member.draining":
        case "member.leaving":
        case "membership.drain":
          context.held.push(event);
      }
    },
    release: ({ context, self }) => {
      for (const report of context.held.splice(0)) self.send(report);
    },
    admit: ({ context, event, self }) => {
      if (event.type !== "member.hello") return;
      const { id } = event.worker;
      if (event.from !== workerAddress(id)) return;
      const { version, send } = context;
      if (version !== undefined && event.worker.version !== version) {
        const reason = `it has version ${event.worker.version}, the coordinator has ${version}`;
        send(event.from, { type: "membership.refused", reason });
        return;
      }
      if (context.recorded.has(id)) {
        self.send({ type: "member.journaled", hello: event });
        return;
      }
      record(context.journal, { kind: "joined", id }).then(
        () => self.send({ type: "member.journaled", hello: event }),
        (error: unknown) => self.send({ type: "member.refused", error }),
      );
    },
    join: ({ context, event }) => {
      if (event.type !== "member.journaled") return;
      const { worker } = event.hello;
      const { heartbeatIntervalMs } = context;
      context.send(workerAddress(worker.id), { type: "membership.admitted", heartbeatIntervalMs });
      const known = context.members.get(worker.id);
      context.recorded.add(worker.id);
      if (known !== undefined && known.life >= worker.life) return;
      const joinedAtMs = known?.joinedAtMs ?? context.nowMs();
      const isUnwanted = context.unwanted.has(worker.id);
      const draining = known?.draining === true || context.drainWishes.delete(worker.id) || isUnwanted;
      const member: Member = { ...worker, status: "alive", draining, joinedAtMs };
      context.members.set(worker.id, member);
      context.watch.watch(worker.id);
      context.watch.beat({ ...beatOf(worker.life), id: worker.id, eventLoopLagMs: 0 });
      const wasAbsent = context.absent.delete(worker.id);
      context.tell({ type: "member.joined", member });
      tellDirectory(context);
      if (wasAbsent) tellGathered(context);
    },
    beat: ({ context, event }) => {
      if (event.type !== "member.beat") return;
      const { id, life, eventLoopLagMs } = event;
      const known = context.members.get(id)?.life === life;
      const heard = known ? context.watch.beat({ ...beatOf(life), id, eventLoopLagMs }) : "unknown";
      if (heard !== "accepted") context.signal(workerAddress(id), { type: "membership.unknown" });
    },
    judge: ({ context, event }) => {
      if (event.type !== "member.transition") return;
      const { id, to, reason } = event.transition;
      if (to === "dead") {
        lose(context, id, reason);
        return;
      }
      const known = context.members.get(id);
      if (known === undefined) return;
      const member = { ...known, status: to };
      context.members.set(id, member);
      context.tell({ type: "member.changed", member });
    },
    suspect: ({ context, event }) => {
      const worker = event.type === "member.disconnected" ? workerAt(event.peer) : undefined;
      if (worker !== undefined) context.watch.disconnected(worker);
    },
    leave: ({ context, event, self }) => {
      const id = event.type === "member.leaving" ? workerAt(event.from) : undefined;
      if (id === undefined || !context.recorded.has(id)) return;
      context.recorded.delete(id);
      context.drainWishes.delete(id);
      context.unwanted.delete(id);
      context.watch.forget(id);
      record(context.journal, { kind: "left", id }).catch((error: unknown) => {
        self.send({ type: "member.refused", error });
      });
      lose(context, id, "it left");
    },
    noteDraining: ({ context, event }) => {
      const id = event.type === "member.draining" ? workerAt(event.from) : undefined;
      const known = context.members.get(id ?? "");
      if (known !== undefined) drain(context, known);
      else if (id !== undefined) context.drainWishes.add(id);
    },
    /** One that has left is none of ours: should it come again, it is to stay. */
    journalWish: ({ context, event, self }) => {
      if (event.type !== "membership.drain") return;
      const { worker, noted } = event;
      if (!context.recorded.has(worker)) {
        noted();
        return;
      }
      record(context.journal, { kind: "draining", id: worker }).then(
        () => self.send({ type: "member.unwanted", wish: event }),
        (error: unknown) => self.send({ type: "member.refused", error }),
      );
    },
    drain: ({ context, event }) => {
      if (event.type !== "member.unwanted") return;
      const { worker, noted } = event.wish;
      // It may have left while that was journaled.
      if (context.recorded.has(worker)) {
        context.unwanted.add(worker);
        const known = context.members.get(worker);
        if (known !== undefined) drain(context, known);
      }
      noted();
    },
    report: ({ context }) => {
      for (const member of context.members.values()) context.tell({ type: "member.joined", member });
      tellGathered(context);
    },
    tellFailed: ({ context, event }) => context.tellFailed((event as { readonly error?: unknown }).error),
  },
}).createMachine({
  id: "membership",
  context: ({ input, self }) => ({
    ...input,
    watch: input.monitor((transition) => self.send({ type: "member.transition", transition })),
    members: new Map(),
    absent: new Set(),
    recorded: new Set(),
    drainWishes: new Set(),
    unwanted: new Set(),
    held: [],
  }),
  initial: "recovering",
  entry: ({ context }) => context.listen(),
  states: {
    recovering: {
      invoke: {
        src: "readMembers",
        input: ({ context }) => context.journal,
        onDone: {
          target: "serving",
          actions: assign(({ context, event }) => {
            for (const id of event.output.unwanted) context.unwanted.add(id);
            for (const id of event.output.present) {
              context.absent.add(id);
              context.recorded.add(id);
              context.watch.watch(id);
            }
            return {};
          }),
        },
        onError: { target: "failed", actions: "tellFailed" },
      },
      on: {
        "member.hello": { actions: "hold" },
        "member.draining": { actions: "hold" },
        "member.leaving": { actions: "hold" },
        "membership.drain": { actions: "hold" },
      },
    },
    serving: {
      entry: ["release", "report"],
      on: {
        "member.hello": { actions: "admit" },
        "member.journaled": { actions: "join" },
        "member.refused": { target: "failed", actions: "tellFailed" },
        "member.beat": { actions: "beat" },
        "member.transition": { actions: "judge" },
        "member.disconnected": { actions: "suspect" },
        "member.leaving": { actions: "leave" },
        "membership.report": { actions: "report" },
        "membership.drain": { actions: "journalWish" },
        "member.unwanted": { actions: "drain" },
        "member.draining": { actions: "noteDraining" },
      },
    },
    failed: {},
  },
});

/** A worker's work is watched where it is done: to its beats no progress is expected. */
function beatOf(life: number): { term: number; incarnation: number; progress: number; busy: boolean } {
  return { term: 0, incarnation: life, progress: 0, busy: false };
}

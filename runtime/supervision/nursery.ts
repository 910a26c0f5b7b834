/**
 * The parent of a supervisor's children: starts them after a while, watches them, stops them within a deadline.
 *
 * Owns: the children's actors and every timer of a supervisor, so that both end with it, however it ends.
 * Never: decides whether a child is started or stopped; the supervisor does.
 *
 * N1. A child's error never passes the nursery: it is observed, and reported once, with the incarnation that had it.
 * N2. What an ended child leaves running below it is stopped: XState stops the children of an actor that threw not.
 * N3. Children that are terminated in order are stopped one after another; the next only when the last one is gone.
 * N4. When the nursery stops, no child and no timer of it remains.
 *
 * It is actor logic of its own and no machine for cost: a machine copies the table of its children at every spawn, and
 * keeps a memo for every type of event it sees, of which XState makes one for each child's end.
 */

import type { EventObject, Snapshot, Subscription } from "xstate";
import { type ActorLogic, type ActorScope, type ActorSystem, type AnyActorRef, createActor } from "xstate";
import type { Clock, TimerHandle } from "../clock.ts";
import { type ChildSpecification, shutdownTimeMs } from "./specification.ts";
import type { ChildExit, SupervisionError } from "./supervision-error.ts";

/** A start of a child: which one, and the how-manieth. */
export interface Birth {
  readonly specification: ChildSpecification;
  readonly incarnation: number;
}

export type NurseryCommand =
  /** Starts children in this order, all of them after `delayMs`; at once, without a timer, if that is 0. */
  | { readonly type: "nursery.start"; readonly births: readonly Birth[]; readonly delayMs: number }
  | { readonly type: "nursery.stop"; readonly id: string }
  /** Stops a running child by force and reports its death as this exit. */
  | { readonly type: "nursery.kill"; readonly id: string; readonly exit: ChildExit }
  /** Stops these children one after another, then reports the ticket. Ids of a second command come after the first's. */
  | { readonly type: "nursery.terminate"; readonly ids: readonly string[]; readonly ticket: number }
  | { readonly type: "nursery.send"; readonly id: string; readonly event: EventObject }
  /** The nursery fails with this error, and with it the supervisor. */
  | { readonly type: "nursery.fail"; readonly error: SupervisionError };

export type NurseryReport =
  | { readonly type: "nursery.started"; readonly id: string; readonly incarnation: number }
  /** A child ended that was not asked to. */
  | { readonly type: "nursery.died"; readonly id: string; readonly incarnation: number; readonly exit: ChildExit }
  /** A child is gone that was asked to stop; without `exit`, it had not been started yet. */
  | { readonly type: "nursery.stopped"; readonly id: string; readonly incarnation: number; readonly exit?: ChildExit }
  | { readonly type: "nursery.terminated"; readonly ticket: number };

type Alarm =
  | { readonly type: "nursery.due"; readonly batch: Batch }
  | { readonly type: "nursery.overdue"; readonly cell: Cell }
  | { readonly type: "nursery.ended"; readonly cell: Cell; readonly exit: ChildExit };

/** Children that wait for one timer. */
export interface Batch {
  readonly cells: Cell[];
  waiting: number;
  timer?: TimerHandle;
}

/** The place of one incarnation of a child; it is dropped when that has ended. */
export interface Cell {
  readonly birth: Birth;
  phase: "waiting" | "running" | "stopping";
  batch?: Batch;
  reference?: AnyActorRef;
  subscription?: Subscription;
  deadline?: TimerHandle;
}

export interface NurseryInput {
  readonly supervisor: AnyActorRef;
  readonly clock: Clock;
}

/** The nursery's memory; it is mutated in place, by this actor alone. */
export interface Nursery extends NurseryInput {
  /** By id, in the order of their latest starts. */
  readonly cells: Map<string, Cell>;
  /** Ids still to be terminated, reversed, so that the next one is popped. */
  queue: string[];
  ticket?: number;
}

export type NurserySnapshot = Snapshot<undefined> & { readonly nursery: Nursery };
export type NurseryEvent = NurseryCommand | Alarm | EventObject;
type Scope = ActorScope<NurserySnapshot, NurseryEvent>;

/** Any system of actors; XState does not export its own name for that. */
type AnySystem = ActorSystem<{ actors: Record<string, AnyActorRef> }>;

export const nurseryLogic: ActorLogic<NurserySnapshot, NurseryEvent, NurseryInput, AnySystem> = {
  getInitialSnapshot: (_scope, input) => ({
    status: "active",
    output: undefined,
    error: undefined,
    nursery: { ...input, cells: new Map(), queue: [] },
  }),
  getPersistedSnapshot: (snapshot) => snapshot,
  transition: (snapshot, event, scope) => {
    const { nursery } = snapshot;
    if (event.type === "xstate.stop") {
      clear(nursery, scope);
      return { ...snapshot, status: "stopped" } as NurserySnapshot;
    }
    if (event.type === "nursery.fail") {
      clear(nursery, scope);
      return { ...snapshot, status: "error", error: (event as { error: SupervisionError }).error } as NurserySnapshot;
    }
    if (event.type.startsWith("nursery.")) {
      handle(nursery, event as Parameters<typeof handle>[1], scope);
      if (nursery.ticket !== undefined) terminateNext(nursery, scope, nursery.ticket);
    } else if (!event.type.startsWith("xstate.")) {
      // What a child sends to its parent is meant for the supervisor. XState's own tidings of done and failed children
      // are left unread: they name no incarnation, which the observer of each child does.
      nursery.supervisor.send(event);
    }
    return snapshot;
  },
};

/** The running actor of a child, given the nursery's snapshot. */
export function referenceIn(snapshot: unknown, id: string): AnyActorRef | undefined {
  return (snapshot as NurserySnapshot).nursery.cells.get(id)?.reference;
}

function handle(
  nursery: Nursery,
  event: Exclude<NurseryCommand, { type: "nursery.fail" }> | Alarm,
  scope: Scope,
): void {
  switch (event.type) {
    case "nursery.start":
      enqueueBirths(nursery, event, scope);
      break;
    case "nursery.due":
      startBatch(nursery, event.batch, scope);
      break;
    case "nursery.ended":
      end(nursery, event.cell, event.exit, scope);
      break;
    case "nursery.stop":
      withCell(nursery, event.id, (cell) => stop(nursery, cell, scope));
      break;
    case "nursery.overdue":
      force(nursery, event.cell, { kind: "stopped", forced: true }, scope);
      break;
    case "nursery.kill":
      withCell(nursery, event.id, (cell) => {
        if (cell.phase !== "waiting") force(nursery, cell, event.exit, scope);
      });
      break;
    case "nursery.terminate":
      nursery.queue = [...event.ids.toReversed(), ...nursery.queue];
      nursery.ticket = event.ticket;
      break;
    case "nursery.send":
      withCell(nursery, event.id, (cell) => cell.reference?.send(event.event));
      break;
  }
}

function withCell(nursery: Nursery, id: string, action: (cell: Cell) => void): void {
  const cell = nursery.cells.get(id);
  if (cell !== undefined) action(cell);
}

function enqueueBirths(nursery: Nursery, event: { births: readonly Birth[]; delayMs: number }, scope: Scope): void {
  const batch: Batch = { cells: [], waiting: event.births.length };
  for (const birth of event.births) {
    const cell: Cell = { birth, phase: "waiting", batch };
    batch.cells.push(cell);
    nursery.cells.set(birth.specification.id, cell);
  }
  if (event.delayMs <= 0) startBatch(nursery, batch, scope);
  else batch.timer = nursery.clock.setTimeout(() => scope.self.send({ type: "nursery.due", batch }), event.delayMs);
}

function startBatch(nursery: Nursery, batch: Batch, scope: Scope): void {
  for (const cell of batch.cells) {
    if (cell.phase === "waiting" && nursery.cells.get(cell.birth.specification.id) === cell)
      start(nursery, cell, scope);
  }
}

function start(nursery: Nursery, cell: Cell, scope: Scope): void {
  const { specification, incarnation } = cell.birth;
  const { id } = specification;
  const ended = (exit: ChildExit): void => scope.self.send({ type: "nursery.ended", cell, exit });
  cell.phase = "running";
  delete cell.batch;
  try {
    const child = createActor(specification.logic, {
      id,
      parent: scope.self,
      input: specification.input?.(incarnation),
    });
    cell.reference = child;
    cell.subscription = child.subscribe({
      error: (error: unknown) => ended({ kind: "crashed", error }),
      complete: () => {
        const snapshot = child.getSnapshot();
        if (snapshot.status === "done") ended({ kind: "completed", output: snapshot.output });
        else ended({ kind: "lost", reason: "stopped by somebody else" });
      },
    });
  } catch (error) {
    ended({ kind: "crashed", error });
  }
  nursery.supervisor.send({ type: "nursery.started", id, incarnation });
  cell.reference?.start();
}

/** Asks a child to end, or ends it if it has no time for that. A child that still waits is simply dropped. */
function stop(nursery: Nursery, cell: Cell, scope: Scope): void {
  if (cell.phase === "stopping") return;
  const shutdownMs = shutdownTimeMs(cell.birth.specification);
  if (cell.phase === "waiting" || shutdownMs <= 0) {
    force(nursery, cell, { kind: "stopped", forced: false }, scope);
    return;
  }
  cell.phase = "stopping";
  if (shutdownMs < Number.POSITIVE_INFINITY) {
    cell.deadline = nursery.clock.setTimeout(() => scope.self.send({ type: "nursery.overdue", cell }), shutdownMs);
  }
  cell.reference?.send({ type: "child.shutdown" });
}

function force(nursery: Nursery, cell: Cell, exit: ChildExit, scope: Scope): void {
  if (nursery.cells.get(cell.birth.specification.id) !== cell) return;
  const asked = cell.phase === "stopping" || exit.kind === "stopped";
  const born = cell.phase !== "waiting";
  release(nursery, cell, scope);
  report(nursery, cell, { asked, exit: born ? exit : undefined });
}

function end(nursery: Nursery, cell: Cell, exit: ChildExit, scope: Scope): void {
  if (nursery.cells.get(cell.birth.specification.id) !== cell) return;
  const asked = cell.phase === "stopping";
  release(nursery, cell, scope);
  report(nursery, cell, { asked, exit });
}

function report(nursery: Nursery, cell: Cell, told: { asked: boolean; exit: ChildExit | undefined }): void {
  const { incarnation, specification } = cell.birth;
  const type = told.asked ? "nursery.stopped" : "nursery.died";
  nursery.supervisor.send({ type, id: specification.id, incarnation, exit: told.exit });
}

/** Stops the actor of a cell if it still runs, its orphans and its timers, and drops the cell. */
function release(nursery: Nursery, cell: Cell, scope: Scope): void {
  const { batch, reference } = cell;
  nursery.cells.delete(cell.birth.specification.id);
  cell.subscription?.unsubscribe();
  if (cell.deadline !== undefined) nursery.clock.clearTimeout(cell.deadline);
  if (batch !== undefined) {
    batch.waiting -= 1;
    if (batch.waiting === 0 && batch.timer !== undefined) nursery.clock.clearTimeout(batch.timer);
  }
  if (reference === undefined) return;
  const { status } = reference.getSnapshot();
  if (status === "error") stopOrphans(reference);
  else if (status !== "done") scope.stopChild(reference);
}

/** Stops what a crashed actor had below it; a plain event, since only a parent may use `stopChild`. */
function stopOrphans(crashed: AnyActorRef): void {
  const children: Record<string, AnyActorRef | undefined> = crashed.getSnapshot().children ?? {};
  for (const child of Object.values(children)) {
    if (child === undefined) continue;
    const { status } = child.getSnapshot();
    if (status === "active") child.send({ type: "xstate.stop" });
    else if (status === "error") stopOrphans(child);
  }
}

/** Goes on with the children to terminate until one takes its time; reports the ticket when none is left. */
function terminateNext(nursery: Nursery, scope: Scope, ticket: number): void {
  for (let id = nursery.queue.at(-1); id !== undefined; id = nursery.queue.at(-1)) {
    const cell = nursery.cells.get(id);
    if (cell !== undefined) {
      stop(nursery, cell, scope);
      if (nursery.cells.get(id) === cell) return;
    }
    nursery.queue.pop();
  }
  delete nursery.ticket;
  nursery.supervisor.send({ type: "nursery.terminated", ticket });
}

function clear(nursery: Nursery, scope: Scope): void {
  nursery.queue = [];
  delete nursery.ticket;
  for (const cell of [...nursery.cells.values()].reverse()) release(nursery, cell, scope);
}

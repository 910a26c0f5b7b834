/**
 * Who speaks, and whether a newer one has taken its place.
 *
 * Owns: the ids that fence, their comparison, and the answer `FENCED`.
 * Never: makes an id up: terms, epochs and incarnations come from a journal, so that each is given out once.
 */
import assert from "node:assert/strict";

declare const brand: unique symbol;
type Counted<Name extends string> = number & { readonly [brand]: Name };

/** Counts the coordinators of a cluster: a restarted coordinator has the next one. */
export type Term = Counted<"Term">;
/** Counts the lives of a worker's process, as the coordinator registered them. */
export type WorkerEpoch = Counted<"WorkerEpoch">;
/** Counts the lives of one actor under one address. */
export type Incarnation = Counted<"Incarnation">;

type FencingId = Term | WorkerEpoch | Incarnation;

/** What every control message carries about its sender. */
export interface Fence {
  readonly term: Term;
  readonly incarnation: Incarnation;
}

/** The answer to a message of an older term or incarnation; its sender stops. */
export interface Fenced extends Fence {
  readonly type: "FENCED";
}

/** Errors: asserts an integer from 1, exactly representable. */
export function toTerm(value: number): Term {
  return counted(value) as Term;
}

/** Errors: as `toTerm`. */
export function toWorkerEpoch(value: number): WorkerEpoch {
  return counted(value) as WorkerEpoch;
}

/** Errors: as `toTerm`. */
export function toIncarnation(value: number): Incarnation {
  return counted(value) as Incarnation;
}

/** Lives of one actor within one process, at most. */
const LIVES_PER_PROCESS = 2 ** 20;

/** An incarnation that grows over all processes: those of a process's next start are all newer than those of this one. */
export function toLife(process: number, incarnation: number): Incarnation {
  assert(incarnation <= LIVES_PER_PROCESS, `an actor lived ${incarnation} times in one process`);
  return counted((counted(process) - 1) * LIVES_PER_PROCESS + incarnation) as Incarnation;
}

/** The process that a life of {@link toLife} belongs to. */
export function processOf(life: Incarnation): number {
  return Math.floor((life - 1) / LIVES_PER_PROCESS) + 1;
}

/** The id of the next life. */
export function nextLife<Id extends FencingId>(current: Id): Id {
  return counted(current + 1) as Id;
}

/** Whether `id` belongs to an earlier life than `than`; equal ids are the same life. */
export function isOlder<Id extends FencingId>(id: Id, { than }: { readonly than: NoInfer<Id> }): boolean {
  return id < than;
}

/**
 * Judges what a message carries against the newest that is known: of any coordinator's term, and of the sender's lives.
 *
 * Result: the answer that the sender gets, naming what is current; undefined if the message may pass.
 */
export function fencedBy(known: Fence, carried: Fence): Fenced | undefined {
  const current =
    !isOlder(carried.term, { than: known.term }) && !isOlder(carried.incarnation, { than: known.incarnation });
  return current ? undefined : { type: "FENCED", term: known.term, incarnation: known.incarnation };
}

/** The newer of each part. */
export function newerFence(left: Fence, right: Fence): Fence {
  return {
    term: isOlder(left.term, { than: right.term }) ? right.term : left.term,
    incarnation: isOlder(left.incarnation, { than: right.incarnation }) ? right.incarnation : left.incarnation,
  };
}

function counted(value: number): number {
  assert(Number.isSafeInteger(value) && value > 0, `an id counts from 1, not ${value}`);
  return value;
}

/**
 * What workers and the coordinator say about who is there.
 *
 * Owns: the addresses on the transport, the types, and the records of the membership's journal.
 */
import type { PeerStatus } from "../../runtime/failure/heartbeat-decision.ts";
import type { Address } from "../../runtime/transport/transport.ts";

export const COORDINATOR_ADDRESS: Address = "coordinator";
export const MEMBERSHIP_ADDRESS: Address = "membership";
const WORKER_ADDRESS_PREFIX = "worker/";

export function workerAddress(id: string): Address {
  return `${WORKER_ADDRESS_PREFIX}${id}`;
}

/** The worker at an address; undefined for any other address. */
export function workerAt(address: Address): string | undefined {
  return address.startsWith(WORKER_ADDRESS_PREFIX) ? address.slice(WORKER_ADDRESS_PREFIX.length) : undefined;
}

/** What a worker says of itself. */
export interface WorkerIntroduction {
  /** Stays the same as long as its data directory does. */
  readonly id: string;
  /** Counts the starts of its process. */
  readonly epoch: number;
  /** Grows with each life of its actor, over all processes. */
  readonly life: number;
  readonly host: string;
  /** Executor threads. */
  readonly slots: number;
  /** `host:port` of its block server; empty where everything is in one process. */
  readonly exchange: string;
  readonly version: string;
  /** SHA-256 of its module of functions of the operator's own, where it has one. */
  readonly functions?: string;
}

/** A worker that takes part. */
export interface Member extends WorkerIntroduction {
  readonly status: PeerStatus;
  /** It gets no new work, and leaves when nobody needs its blocks. */
  readonly draining: boolean;
  readonly joinedAtMs: number;
}

/** From a worker. Messages; a beat is a signal. */
export type MembershipReport =
  | { readonly type: "member.hello"; readonly worker: WorkerIntroduction; readonly from: Address }
  /** It asks to be given nothing new. */
  | { readonly type: "member.draining"; readonly from: Address }
  | { readonly type: "member.leaving"; readonly from: Address };

export interface MemberBeat {
  readonly type: "member.beat";
  readonly id: string;
  readonly life: number;
  readonly eventLoopLagMs: number;
}

/** From an operator. */
export interface DrainWish {
  readonly type: "membership.drain";
  readonly worker: string;
  /** Called when it is journaled, or there is no such worker. */
  readonly noted: () => void;
}

/** To a worker. The first is a signal: its beat came from nobody who is known. */
export type MembershipAnswer =
  | { readonly type: "membership.unknown" }
  /** It takes part, and is to beat so often. */
  | { readonly type: "membership.admitted"; readonly heartbeatIntervalMs: number }
  /** It cannot take part, now or later. */
  | { readonly type: "membership.refused"; readonly reason: string }
  /** Who is there now: whoever is not named has nothing to offer any more. */
  | { readonly type: "membership.directory"; readonly members: readonly { id: string; exchange: string }[] };

/** To the coordinator. */
export type MembershipFact =
  /** A worker is there, in a life that nobody has seen yet: what an earlier one was doing is undone. */
  | { readonly type: "member.joined"; readonly member: Member }
  | { readonly type: "member.changed"; readonly member: Member }
  | { readonly type: "member.lost"; readonly worker: string; readonly reason: string }
  /** Every worker that was a member before has joined again, or is dead. */
  | { readonly type: "member.gathered" };

/** The name of the membership's log in the coordinator's journal. */
export const MEMBERSHIP_LOG = "members";

export interface MemberRecord {
  /** `draining`: an operator wants it to leave. */
  readonly kind: "joined" | "draining" | "left";
  readonly id: string;
}

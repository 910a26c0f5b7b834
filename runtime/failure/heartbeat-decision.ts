/**
 * Decides what a peer's heartbeats, and their absence, say about it.
 *
 * Owns: the watch over one peer as a value: `alive`, `suspect`, `hung` or `dead`.
 * Never: reads a clock or sets a timer; see `heartbeat-monitor.ts`.
 *
 * H1. A beat of an older term or incarnation changes nothing.
 * H2. Dead is final for an incarnation: only a newer one brings the peer back, since its work has been given away.
 * H3. Silence and idleness are measured in observed time, which stands still while the observer itself stalls.
 * H4. A disconnect makes suspect, never dead; the next beat lifts the suspicion.
 */
import { createPhiState, PHI_OPTIONS, type PhiOptions, type PhiState, phi, recordHeartbeat } from "./phi-accrual.ts";

export interface HeartbeatOptions extends PhiOptions {
  readonly suspectAtPhi: number;
  readonly deadAfterMs: number;
  /** A busy peer whose progress stands still for this long is hung. */
  readonly hungAfterMs: number;
  /** How much of the event-loop lag that a peer admits is excused before it is suspected. */
  readonly lagExcusedMaxMs: number;
}

export const HEARTBEAT_OPTIONS: HeartbeatOptions = {
  ...PHI_OPTIONS,
  suspectAtPhi: 8,
  deadAfterMs: 5_000,
  hungAfterMs: 30_000,
  lagExcusedMaxMs: 2_000,
};

export interface Heartbeat {
  readonly id: string;
  readonly term: number;
  readonly incarnation: number;
  readonly eventLoopLagMs: number;
  /** Any number that changes when the peer gets on with its work. */
  readonly progress: number;
  /** Whether the peer has work that `progress` should show. */
  readonly busy: boolean;
}

export type PeerStatus = "alive" | "suspect" | "hung" | "dead";

export interface PeerWatch {
  readonly id: string;
  readonly status: PeerStatus;
  readonly detector: PhiState;
  /** Of the latest beat; nothing before the first. */
  readonly latest: Heartbeat | undefined;
  /** Observed time at which the peer last moved, or was last idle. */
  readonly movedMs: number;
}

export interface Transition {
  readonly id: string;
  readonly incarnation: number | undefined;
  readonly from: PeerStatus;
  readonly to: PeerStatus;
  readonly reason: "beat" | "progress" | "no progress" | "silence" | "disconnect" | "new incarnation";
}

export interface Observation {
  readonly watch: PeerWatch;
  readonly transition?: Transition;
}

/** `nowMs`, here and below, is observed time. The peer has `deadAfterMs` for its first beat. */
export function watchPeer(id: string, options: HeartbeatOptions, nowMs: number): PeerWatch {
  const detector = createPhiState(options, nowMs);
  return { id, status: "alive", detector, latest: undefined, movedMs: nowMs };
}

/** Whether the sender is to be answered `FENCED`: it is older than what was heard, or has been called dead. */
export function isFenced({ latest, status }: PeerWatch, beat: Heartbeat): boolean {
  if (latest === undefined) return status === "dead";
  const isOlder = beat.term < latest.term || beat.incarnation < latest.incarnation;
  return isOlder || (status === "dead" && beat.incarnation === latest.incarnation);
}

/** A beat that is not fenced. The first of an incarnation is no sample of an interval. */
export function observeBeat(
  watch: PeerWatch,
  beat: Heartbeat,
  when: { options: HeartbeatOptions; nowMs: number },
): Observation {
  const { nowMs, options } = when;
  const isNew = watch.latest === undefined || watch.latest.incarnation !== beat.incarnation;
  const detector = isNew ? createPhiState(options, nowMs) : recordHeartbeat(watch.detector, nowMs);
  const moved = isNew || !beat.busy || !watch.latest.busy || beat.progress !== watch.latest.progress;
  const next: PeerWatch = {
    ...watch,
    detector,
    latest: beat,
    movedMs: moved ? nowMs : watch.movedMs,
  };
  const hung = isHung(next, { options, nowMs });
  if (hung) return become(next, "hung", "no progress");
  const reason =
    isNew && watch.latest !== undefined ? "new incarnation" : watch.status === "hung" ? "progress" : "beat";
  return become(next, "alive", reason);
}

/** The passing of time without a beat. */
export function observeSilence(watch: PeerWatch, when: { options: HeartbeatOptions; nowMs: number }): Observation {
  const { nowMs, options } = when;
  if (watch.status === "dead") return { watch };
  const silenceMs = nowMs - watch.detector.lastMs;
  if (silenceMs >= options.deadAfterMs) return become(watch, "dead", "silence");
  if (isHung(watch, when)) return become(watch, "hung", "no progress");
  // The common case is cheap: a peer that is not even late needs no logarithm.
  if (watch.status !== "alive" || silenceMs <= options.heartbeatIntervalMs) return { watch };
  const excusedMs = Math.min(options.lagExcusedMaxMs, watch.latest?.eventLoopLagMs ?? 0);
  if (phi(watch.detector, nowMs, excusedMs) < options.suspectAtPhi) return { watch };
  return become(watch, "suspect", "silence");
}

export function observeDisconnect(watch: PeerWatch): Observation {
  return watch.status === "alive" ? become(watch, "suspect", "disconnect") : { watch };
}

function isHung(watch: PeerWatch, when: { options: HeartbeatOptions; nowMs: number }): boolean {
  return watch.latest?.busy === true && when.nowMs - watch.movedMs >= when.options.hungAfterMs;
}

function become(watch: PeerWatch, to: PeerStatus, reason: Transition["reason"]): Observation {
  const { id, latest, status } = watch;
  if (status === to) return { watch };
  return {
    watch: { ...watch, status: to },
    transition: { id, incarnation: latest?.incarnation, from: status, to, reason },
  };
}

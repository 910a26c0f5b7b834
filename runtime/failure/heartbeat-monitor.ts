/**
 * Watches peers by their heartbeats and tells when one becomes alive, suspect, hung or dead.
 *
 * Owns: one timer on the clock port, and the watches of all peers.
 * Never: decides (see `heartbeat-decision.ts`), talks to a peer, restarts anything.
 */
import type { Clock, TimerHandle } from "../clock.ts";
import {
  HEARTBEAT_OPTIONS,
  type Heartbeat,
  type HeartbeatOptions,
  isFenced,
  type Observation,
  observeBeat,
  observeDisconnect,
  observeSilence,
  type PeerStatus,
  type PeerWatch,
  type Transition,
  watchPeer,
} from "./heartbeat-decision.ts";
import { observe, observedMs, startObserving } from "./observed-time.ts";

/** How often the monitor looks, in heartbeat intervals: often enough to notice death within a tenth of `deadAfterMs`. */
const TICKS_PER_INTERVAL = 2;

export interface HeartbeatMonitor {
  /** Begins to expect beats, the first within `deadAfterMs`. A peer that is watched already is watched anew. */
  watch(id: string): void;
  forget(id: string): void;
  /**
   * Takes a beat in. `fenced`: it is older than what was heard, or of an incarnation that has been called dead, and
   * the sender should be told. `unknown`: the peer is not watched.
   */
  beat(beat: Heartbeat): "accepted" | "fenced" | "unknown";
  /** The peer's socket disconnected. */
  disconnected(id: string): void;
  status(id: string): PeerStatus | undefined;
  /** Ends the timer; nothing is told afterwards. */
  stop(): void;
}

export interface HeartbeatMonitorInput {
  readonly clock: Clock;
  readonly options?: Partial<HeartbeatOptions>;
  readonly onTransition: (transition: Transition) => void;
}

/**
 * Starts a monitor.
 *
 * Cost: a beat O(window length); a tick O(peers). It holds one timer until `stop`.
 */
export function startHeartbeatMonitor({ clock, onTransition, ...input }: HeartbeatMonitorInput): HeartbeatMonitor {
  const options = { ...HEARTBEAT_OPTIONS, ...input.options };
  const tickMs = options.heartbeatIntervalMs / TICKS_PER_INTERVAL;
  const peers = new Map<string, PeerWatch>();
  let time = startObserving(tickMs, clock.nowMs());
  let timer: TimerHandle;
  let stopped = false;

  const look = (tick: boolean): number => {
    const nowMs = clock.nowMs();
    time = observe(time, nowMs, { tick });
    return observedMs(time, nowMs);
  };
  const apply = (id: string, { transition, watch }: Observation): void => {
    if (stopped || !peers.has(id)) return;
    peers.set(id, watch);
    if (transition !== undefined) onTransition(transition);
  };
  const arm = (): void => {
    timer = clock.setTimeout(() => {
      const nowMs = look(true);
      arm();
      for (const [id, watch] of peers) apply(id, observeSilence(watch, { options, nowMs }));
    }, tickMs);
  };
  arm();

  return {
    watch: (id) => {
      peers.set(id, watchPeer(id, options, look(false)));
    },
    forget: (id) => {
      peers.delete(id);
    },
    beat: (beat) => {
      const nowMs = look(false);
      const peer = peers.get(beat.id);
      if (peer === undefined) return "unknown";
      if (isFenced(peer, beat)) return "fenced";
      apply(beat.id, observeBeat(peer, beat, { options, nowMs }));
      return "accepted";
    },
    disconnected: (id) => {
      const peer = peers.get(id);
      if (peer !== undefined) apply(id, observeDisconnect(peer));
    },
    status: (id) => peers.get(id)?.status,
    stop: () => {
      stopped = true;
      clock.clearTimeout(timer);
    },
  };
}

/**
 * The phi-accrual failure detector: how surprising a peer's silence is, given how its heartbeats came so far.
 *
 * Owns: the window of intervals and the suspicion level phi = -log10(probability that a beat comes later than now).
 * Never: reads a clock; calls a peer dead (see `heartbeat-decision.ts`).
 *
 * Source: Hayashibara, Defago, Yared, Katayama, "The phi accrual failure detector", SRDS 2004. The minimum standard
 * deviation, the first estimate and the logistic approximation of the normal distribution's tail are those of Akka's
 * PhiAccrualFailureDetector (https://doc.akka.io/libraries/akka-core/current/typed/failure-detector.html).
 */

export interface PhiOptions {
  /** How often the peer is known to beat, in milliseconds. */
  readonly heartbeatIntervalMs: number;
  /** Intervals remembered. */
  readonly windowLength: number;
  /** Below it, a very regular peer would be suspected for being a little late. */
  readonly standardDeviationMinMs: number;
}

export const PHI_OPTIONS: PhiOptions = { heartbeatIntervalMs: 500, windowLength: 100, standardDeviationMinMs: 100 };

/** Immutable; times are of one monotonic clock, in milliseconds. */
export interface PhiState {
  readonly options: PhiOptions;
  /** Between consecutive heartbeats, oldest first. */
  readonly intervalsMs: readonly number[];
  readonly lastMs: number;
  readonly meanMs: number;
  readonly standardDeviationMs: number;
}

/** A detector that expects the first heartbeat one interval after `nowMs`, give or take a quarter. */
export function createPhiState(options: PhiOptions, nowMs: number): PhiState {
  const { heartbeatIntervalMs } = options;
  return {
    options,
    intervalsMs: [],
    lastMs: nowMs,
    meanMs: heartbeatIntervalMs,
    standardDeviationMs: Math.max(options.standardDeviationMinMs, heartbeatIntervalMs / 4),
  };
}

/**
 * The state after a heartbeat.
 *
 * Cost: O(window length).
 */
export function recordHeartbeat(state: PhiState, nowMs: number): PhiState {
  const { heartbeatIntervalMs, standardDeviationMinMs, windowLength } = state.options;
  const intervalsMs = [...state.intervalsMs, nowMs - state.lastMs].slice(-windowLength);
  const meanMs = intervalsMs.reduce((sum, intervalMs) => sum + intervalMs, 0) / intervalsMs.length;
  const variance = intervalsMs.reduce((sum, intervalMs) => sum + (intervalMs - meanMs) ** 2, 0) / intervalsMs.length;
  return {
    options: state.options,
    intervalsMs,
    lastMs: nowMs,
    // Beats that were held up arrive in a burst. That must not teach the detector to expect more than the peer sends.
    meanMs: Math.max(heartbeatIntervalMs, meanMs),
    standardDeviationMs: Math.max(standardDeviationMinMs, Math.sqrt(variance)),
  };
}

/**
 * The suspicion level at `nowMs`: 1 means that one in ten silences as long as this one is harmless, 8 one in 10^8.
 *
 * `pauseMs` of silence are excused beforehand. The result rises with `nowMs`, from about 0 without bound.
 */
export function phi(state: PhiState, nowMs: number, pauseMs = 0): number {
  const silenceMs = nowMs - state.lastMs - pauseMs;
  const deviations = (silenceMs - state.meanMs) / state.standardDeviationMs;
  const exponent = deviations * (1.5976 + 0.070566 * deviations * deviations);
  // P(later) = e^-x / (1 + e^-x), hence -log10 of it = log10(1 + e^x), which is x / ln 10 where e^x would overflow.
  return exponent > 700 ? exponent / Math.LN10 : Math.log1p(Math.exp(exponent)) / Math.LN10;
}

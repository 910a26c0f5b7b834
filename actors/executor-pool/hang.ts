/**
 * Decides which executors are hung: busy, and without progress for too long.
 *
 * Owns: when each executor was last seen to get on.
 * Never: reads a clock.
 *
 * H1. An idle executor is never hung; its time starts when it has a task.
 * H2. A look that comes late counts as one interval: a machine that slept has no hung executors.
 */
export interface ExecutorLook {
  readonly index: number;
  readonly incarnation: number;
  readonly busy: boolean;
  readonly progress: number;
}

interface Seen {
  readonly incarnation: number;
  readonly progress: number;
  readonly stalledMs: number;
}

export type HangState = ReadonlyMap<number, Seen>;

/** Looks at all executors once; `sinceMs` is the time since the last look. */
export function lookForHangs(
  state: HangState,
  looks: readonly ExecutorLook[],
  times: { readonly sinceMs: number; readonly intervalMs: number; readonly hungAfterMs: number },
): { readonly state: HangState; readonly hung: readonly ExecutorLook[] } {
  const next = new Map<number, Seen>();
  const hung: ExecutorLook[] = [];
  for (const look of looks) {
    const seen = state.get(look.index);
    const stalled =
      look.busy && seen !== undefined && seen.incarnation === look.incarnation && seen.progress === look.progress;
    const stalledMs = stalled ? seen.stalledMs + Math.min(times.sinceMs, times.intervalMs * 2) : 0;
    next.set(look.index, { incarnation: look.incarnation, progress: look.progress, stalledMs });
    if (stalledMs >= times.hungAfterMs) hung.push(look);
  }
  return { state: next, hung };
}

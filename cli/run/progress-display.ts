/**
 * Shows progress while a run lasts: lines redrawn in place on a terminal, now and then one line in a log.
 *
 * Owns: when and where progress is written. Never: what it says; see `progress-lines.ts`.
 */
import type { Clock, TimerHandle } from "../../runtime/clock.ts";
import { RedrawnLines } from "../redrawn-lines.ts";
import { coloursOf } from "../terminal.ts";
import { type ProgressFacts, progressLine, progressLines, shareDone } from "./progress-lines.ts";

export type KnownFacts = Omit<ProgressFacts, "rowsPerSecond" | "secondsLeft">;

export interface ProgressDisplayOptions {
  readonly stream: NodeJS.WriteStream;
  readonly clock: Clock;
  /** Undefined while there is nothing to show. */
  readonly look: () => KnownFacts | undefined;
}

const REDRAW_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 10_000;
/** Rates are those of about the last seconds. */
const RATE_WINDOW_MS = 3_000;

interface Sample {
  readonly atMs: number;
  readonly rows: number;
  readonly share: number;
  /** Samples of different phases are not compared. */
  readonly phase: string;
}

/** Returns what takes the display away again. */
export function showProgress({ stream, clock, look }: ProgressDisplayOptions): () => void {
  const lines = new RedrawnLines(stream);
  const colours = coloursOf(stream);
  const samples: Sample[] = [];
  const draw = (): void => {
    const known = look();
    if (known === undefined) return;
    const facts = withRates(known, samples, clock.nowMs());
    if (lines.isTerminal) lines.draw(progressLines(facts, lines.columns, colours));
    else stream.write(`${progressLine(facts)}\n`);
  };
  let timer: TimerHandle;
  const wait = (): void => {
    timer = clock.setTimeout(
      () => {
        draw();
        wait();
      },
      lines.isTerminal ? REDRAW_INTERVAL_MS : LOG_INTERVAL_MS,
    );
  };
  wait();
  return () => {
    clock.clearTimeout(timer);
    lines.clear();
  };
}

function withRates(known: KnownFacts, samples: Sample[], atMs: number): ProgressFacts {
  const facts: ProgressFacts = { ...known, rowsPerSecond: undefined, secondsLeft: undefined };
  const phase = known.output === undefined ? `stage ${known.totals.stage}` : "output";
  const sample = { atMs, rows: known.totals.pairsIn, share: shareDone(facts), phase };
  samples.push(sample);
  while (samples[0].phase !== phase || (samples.length > 2 && samples[1].atMs <= atMs - RATE_WINDOW_MS)) {
    samples.shift();
  }
  const [first] = samples;
  const seconds = (atMs - first.atMs) / 1000;
  if (seconds < 0.5) return facts;
  const sharePerSecond = (sample.share - first.share) / seconds;
  const secondsLeft = sharePerSecond > 0 ? (1 - sample.share) / sharePerSecond : undefined;
  return { ...facts, rowsPerSecond: (sample.rows - first.rows) / seconds, secondsLeft };
}

/**
 * The progress display: what it says in any width, and that it takes itself away.
 */
import test from "ava";
import picocolors from "picocolors";
import { type KnownFacts, showProgress } from "../../cli/run/progress-display.ts";
import { type ProgressFacts, progressLine, progressLines } from "../../cli/run/progress-lines.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import { makePlan } from "../../programs/plan/make-plan.ts";
import { SimulatedClock } from "../runtime/simulated-clock.ts";

const ESCAPE = String.fromCharCode(27);

const PROGRAM = {
  partitions: 8,
  operations: [
    { operator: "repeat", times: 50, operations: [{ operator: "map", expression: "(v * 31 + k) % 1000003" }] },
    { operator: "reduce", function: "MEDIAN" },
  ],
};

const KNOWN: KnownFacts = {
  plan: makePlan(parseProgram(JSON.stringify(PROGRAM), "test")),
  totals: {
    ...{ stage: 0, tasksDone: 4, tasksOfStage: 10, tasksCommitted: 4, pairsIn: 1_234_567, pairsOut: 0, rejected: 3 },
    ...{ shuffledBytes: 0, bytesRead: 40_000_000 },
  },
  output: undefined,
  bytesTotal: 100_000_000,
  restarts: 2,
};

const FACTS: ProgressFacts = { ...KNOWN, rowsPerSecond: 345_678, secondsLeft: 187.2 };

test("progress: stage, rows, rate, bytes, time left, rejects, restarts and partitions", (t) => {
  t.deepEqual(progressLines(FACTS, 130), [
    "━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌  40 %  stage 1 of 2: read, map (v * 31 + k) % 1000003",
    "  40.0 MB of 100 MB  ·  1,234,567 rows  ·  346 k rows/s  ·  3 min 8 s left  ·  3 rejected  ·  2 restarts  ·  8 partitions",
  ]);
  t.is(
    progressLine(FACTS),
    "40 % of stage 1 of 2: read, map (v * 31 + k) % 1000003: 40.0 MB of 100 MB, 1,234,567 rows, " +
      "346 k rows/s, 3 min 8 s left, 3 rejected, 2 restarts, 8 partitions",
  );
});

test("progress: on a narrow terminal, more lines rather than less said", (t) => {
  t.deepEqual(progressLines(FACTS, 39), [
    "━━━━╌╌╌╌╌╌  40 %  stage 1 of 2: read, …",
    "  40.0 MB of 100 MB  ·  1,234,567 rows",
    "  346 k rows/s  ·  3 min 8 s left",
    "  3 rejected  ·  2 restarts",
  ]);
});

test("progress: no line is wider than the terminal, with and without colours", (t) => {
  const colour = new RegExp(`${ESCAPE}\\[\\d+m`, "g");
  for (let columns = 0; columns < 160; columns += 1) {
    const plain = progressLines(FACTS, columns);
    for (const line of plain) t.true(line.length <= columns, `${columns}: ${line}`);
    const coloured = progressLines(FACTS, columns, picocolors.createColors(true));
    t.deepEqual(
      coloured.map((line) => line.replace(colour, "")),
      plain,
    );
  }
});

test("progress: of a later stage and of the output", (t) => {
  const later = { ...KNOWN, totals: { ...KNOWN.totals, stage: 1, tasksDone: 6, tasksOfStage: 8, rejected: 0 } };
  const facts = { ...later, restarts: 0, rowsPerSecond: undefined, secondsLeft: 1.2 };
  t.is(progressLine(facts), "75 % of stage 2 of 2: reduce MEDIAN: 6 of 8 tasks, 2 s left, 8 partitions");
  const output = { pairsWritten: 1000, bytesWritten: 14_000, piecesDone: 1, pieceCount: 2 };
  t.is(progressLine({ ...facts, output }), "50 % of writing the result: 1,000 rows, 14.0 kB, 2 s left, 8 partitions");
});

class FakeStream {
  readonly isTTY: boolean;
  columns = 60;
  written = "";

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    this.written += text;
    return true;
  }

  /** What a terminal shows of it: knows line feeds, and "up n lines, erase below". */
  screen(): string[] {
    const lines: string[] = [];
    const up = new RegExp(`^\\r${ESCAPE}\\[(\\d+)A${ESCAPE}\\[J`);
    for (const piece of this.written.split(new RegExp(`(?=\\r${ESCAPE}\\[)`))) {
      const count = Number(up.exec(piece)?.[1] ?? 0);
      lines.length -= count;
      lines.push(...piece.replace(up, "").split("\n").slice(0, -1));
    }
    return lines;
  }
}

function show(stream: FakeStream, clock: SimulatedClock): () => void {
  let bytesRead = 0;
  const look = (): KnownFacts => {
    bytesRead += 1_000_000;
    return { ...KNOWN, totals: { ...KNOWN.totals, bytesRead } };
  };
  return showProgress({ stream: stream as unknown as NodeJS.WriteStream, clock, look });
}

test.serial("progress: on a terminal it is redrawn in place, in any width, and takes itself away", (t) => {
  const { CI, TERM } = process.env;
  t.teardown(() => Object.assign(process.env, { ...(CI && { CI }), ...(TERM && { TERM }) }));
  delete process.env.CI;
  process.env.TERM = "xterm";
  const [stream, clock] = [new FakeStream(true), new SimulatedClock()];
  const hide = show(stream, clock);
  t.deepEqual(stream.screen(), [], "a short run shows nothing");
  clock.advance(1000);
  t.regex(stream.screen().join("\n"), /10\.0 MB of 100 MB/);
  for (const columns of [30, 200, 0, 41]) {
    stream.columns = columns;
    clock.advance(100);
  }
  const { length } = stream.screen();
  t.true(length >= 2 && length <= 4);
  hide();
  t.deepEqual(stream.screen(), []);
  clock.advance(100_000);
  t.deepEqual(stream.screen(), []);
  t.is(clock.pending, 0);
});

test.serial("progress: anywhere else, a line now and then, and no control characters", (t) => {
  const [stream, clock] = [new FakeStream(false), new SimulatedClock()];
  const hide = show(stream, clock);
  clock.advance(35_000);
  hide();
  const lines = stream.written.split("\n");
  t.is(lines.length, 4);
  t.false(stream.written.includes(ESCAPE));
  t.regex(lines[2] ?? "", /^3 % of stage 1 of 2: read, .*3\.00 MB of 100 MB/);
});

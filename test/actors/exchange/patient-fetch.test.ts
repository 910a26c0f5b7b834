/**
 * Fetching from a process that may be away: what is asked again, what is not, and what is taken.
 */
import test from "ava";
import fc from "fast-check";
import { type BlockSource, COORDINATOR_PEER } from "../../../actors/exchange/messages.ts";
import { PatientFetch, Unavailable } from "../../../actors/exchange/patient-fetch.ts";
import { FETCH_PATIENCE_MS } from "../../../actors/options.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";

const MEMBERS = [{ id: "aa", exchange: "" }];

function references(...byteLengths: readonly number[]): SegmentReference[] {
  return byteLengths.map((byteLength, index) => ({ segment: `${index}.segment`, offset: index, byteLength }));
}

function bytesOf({ segment, byteLength }: SegmentReference): Buffer {
  return Buffer.alloc(byteLength, Number.parseInt(segment, 10) + 1);
}

interface Answers {
  /** Bytes that each attempt sends before it fails with its code; the last one sends all. */
  readonly attempts: readonly { readonly bytes: number; readonly code: string }[];
  readonly pieceBytes?: number;
}

interface Played {
  readonly fetch: PatientFetch;
  readonly clock: SimulatedClock;
  readonly asked: SegmentReference[][];
}

/** Pauses take no time but the simulated clock's. */
function play({ attempts, pieceBytes = 3 }: Answers): Played {
  const clock = new SimulatedClock();
  const asked: SegmentReference[][] = [];
  const source: BlockSource = {
    noteDirectory: () => {},
    fetch: async function* (_peer, request) {
      const attempt = attempts[asked.length];
      asked.push([...request.references]);
      const bytes = Buffer.concat(request.references.map(bytesOf));
      const end = attempt === undefined ? bytes.length : Math.min(attempt.bytes, bytes.length);
      for (let start = 0; start < end; start += pieceBytes)
        yield bytes.subarray(start, Math.min(end, start + pieceBytes));
      if (request.signal.aborted) throw new RuntimeError("FETCH_CANCELLED", "aborted");
      if (attempt !== undefined) throw new RuntimeError(attempt.code, "as told");
    },
  };
  return { fetch: new PatientFetch({ clock, source }), clock, asked };
}

/** Lets time pass until it has an end. */
async function ended<Result>(clock: SimulatedClock, action: Promise<Result>): Promise<Result | Unavailable> {
  let isOver = false;
  const outcome = action
    .catch((error: unknown) => {
      if (error instanceof Unavailable) return error;
      throw error;
    })
    .finally(() => {
      isOver = true;
    });
  while (!isOver) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    clock.advance(200);
  }
  return await outcome;
}

test("patient fetch: wherever attempts break off, each reference is taken once, in order, with its bytes", async (t) => {
  const attempt = fc.record({ bytes: fc.nat(60), code: fc.constantFrom("PEER_UNREACHABLE", "FETCH_TIMED_OUT") });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(20), { maxLength: 8 }),
      fc.array(attempt, { maxLength: 5 }),
      fc.integer({ min: 1, max: 30 }),
      async (byteLengths, attempts, pieceBytes) => {
        const { fetch, clock } = play({ attempts, pieceBytes });
        fetch.noteDirectory(MEMBERS);
        const wanted = references(...byteLengths);
        const taken: [string, string][] = [];
        const take = ({ segment }: SegmentReference, bytes: Uint8Array): void =>
          void taken.push([segment, Buffer.from(bytes).toString("hex")]);
        const signal = new AbortController().signal;
        await ended(clock, fetch.fetch("aa", { job: "job", references: wanted, signal, take }));
        t.deepEqual(
          taken,
          wanted.map((reference) => [reference.segment, bytesOf(reference).toString("hex")]),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test("patient fetch: what was taken is not asked for again", async (t) => {
  const { fetch, clock, asked } = play({ attempts: [{ bytes: 7, code: "PEER_UNREACHABLE" }] });
  fetch.noteDirectory(MEMBERS);
  await ended(
    clock,
    fetch.fetch("aa", {
      job: "job",
      references: references(3, 3, 3),
      signal: new AbortController().signal,
      take: () => {},
    }),
  );
  t.deepEqual(
    asked.map((list) => list.map(({ segment }) => segment)),
    [["0.segment", "1.segment", "2.segment"], ["2.segment"]],
  );
});

for (const code of ["BLOCK_GONE", "BLOCK_UNREADABLE"]) {
  test(`patient fetch: ${code} is final`, async (t) => {
    const { fetch, clock, asked } = play({ attempts: [{ bytes: 2, code }] });
    fetch.noteDirectory(MEMBERS);
    const signal = new AbortController().signal;
    const end = await ended(
      clock,
      fetch.fetch("aa", { job: "job", references: references(5), signal, take: () => {} }),
    );
    t.true(end instanceof Unavailable && end.code === code && end.peer === "aa");
    t.is(asked.length, 1);
  });
}

test("patient fetch: a member without an answer is given up when patience ends, and one that goes at once", async (t) => {
  const silent = Array.from({ length: 10_000 }, () => ({ bytes: 0, code: "PEER_UNREACHABLE" }));
  const { fetch, clock, asked } = play({ attempts: silent });
  fetch.noteDirectory(MEMBERS);
  const signal = new AbortController().signal;
  const begun = clock.nowMs();
  const wanted = { job: "job", references: references(5), signal, take: () => {} };
  const end = await ended(clock, fetch.fetch("aa", wanted));
  t.true(end instanceof Unavailable && end.code === "PEER_UNREACHABLE");
  t.true(clock.nowMs() - begun >= FETCH_PATIENCE_MS);

  const askedBefore = asked.length;
  const going = fetch.fetch("aa", wanted);
  fetch.noteDirectory([]);
  const gone = await ended(clock, going);
  t.true(gone instanceof Unavailable && gone.code === undefined);
  t.true(asked.length <= askedBefore + 1);
});

test("patient fetch: a coordinator that refuses, as before it has begun a job again, is asked for longer than a member", async (t) => {
  const refusals = Array.from({ length: 10_000 }, () => ({ bytes: 0, code: "FETCH_REFUSED" }));
  const { fetch, clock } = play({ attempts: refusals });
  fetch.noteDirectory(MEMBERS);
  const begun = clock.nowMs();
  const taken: number[] = [];
  const take = (_reference: SegmentReference, bytes: Uint8Array): void => void taken.push(bytes.length);
  const wanted = { job: "job", references: references(5), signal: new AbortController().signal, take };
  t.true((await ended(clock, fetch.fetch("aa", wanted))) instanceof Unavailable);
  await ended(clock, fetch.fetch(COORDINATOR_PEER, wanted));
  t.deepEqual(taken, [5]);
  t.true(clock.nowMs() - begun >= 2 * FETCH_PATIENCE_MS);
});

test("patient fetch: the coordinator is in no directory, and a worker is asked before the first one names it", async (t) => {
  const { fetch, clock } = play({ attempts: [{ bytes: 0, code: "PEER_UNREACHABLE" }] });
  const taken: number[] = [];
  const take = (_reference: SegmentReference, bytes: Uint8Array): void => void taken.push(bytes.length);
  const wanted = { job: "job", references: references(5), signal: new AbortController().signal, take };
  await ended(clock, fetch.fetch("aa", wanted));
  fetch.noteDirectory([]);
  await ended(clock, fetch.fetch(COORDINATOR_PEER, wanted));
  t.deepEqual(taken, [5, 5]);
});

test("patient fetch: nobody asks for what is not wanted any more, and what the taker throws is its caller's", async (t) => {
  const { fetch, clock, asked } = play({ attempts: [{ bytes: 0, code: "PEER_UNREACHABLE" }] });
  fetch.noteDirectory(MEMBERS);
  const closing = new AbortController();
  const going = fetch.fetch("aa", { job: "job", references: references(5), signal: closing.signal, take: () => {} });
  closing.abort();
  const end = await ended(clock, going);
  t.true(end instanceof Unavailable && end.code === undefined);
  t.is(asked.length, 1);
  const take = (): void => {
    throw new RuntimeError("DISK_FULL", "no room");
  };
  const full = fetch.fetch("aa", { job: "job", references: references(5), signal: new AbortController().signal, take });
  await t.throwsAsync(full, { message: "no room" });
});

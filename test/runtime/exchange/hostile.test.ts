/**
 * A fetcher that says what it should not, and a server that does: each is cut off, and nobody crashes.
 */
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { createBlockClient } from "../../../runtime/exchange/block-client.ts";
import { dial } from "../../../runtime/socket/dial.ts";
import { listen } from "../../../runtime/socket/listener.ts";
import type { Wire } from "../../../runtime/socket/wire.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { until } from "../socket/until.ts";
import { all, JOB, type Place, place, reference, SEGMENTS, TOKEN } from "./place.ts";

const [a] = SEGMENTS;
const MEBIBYTE = 1 << 20;

interface Fetcher {
  readonly wire: Wire;
  readonly heard: unknown[][];
  readonly reasons: string[];
}

async function fetcher(t: ExecutionContext, { target }: Place): Promise<Fetcher> {
  const [heard, reasons]: [unknown[][], string[]] = [[], []];
  const identity = { process: "fetcher", life: "1" };
  const wire = await new Promise<Wire>((resolve, reject) => {
    dial({ identity, target, channel: "blocks", clock: systemClock }, { connected: resolve, failed: reject });
  });
  t.teardown(() => wire.close());
  wire.start({
    heard: (event, parts) => heard.push([event, ...parts]),
    closed: (reason) => reasons.push(reason),
  });
  return { wire, heard, reasons };
}

const right = [1, JOB, 128 * 1024, [[a, 0, MEBIBYTE]]];

const wrong: [string, [string, unknown[]][]][] = [
  ["an unknown event", [["open", [1]]]],
  ["a number for an event", [[7 as unknown as string, right]]],
  ["no number", [["fetch", [undefined, ...right.slice(1)]]]],
  ["a number that is none", [["fetch", [0, ...right.slice(1)]]]],
  [
    "a number twice",
    [
      ["fetch", right],
      ["fetch", right],
    ],
  ],
  ["a job that is no text", [["fetch", [1, 7, ...right.slice(2)]]]],
  ["a job that is too long", [["fetch", [1, "x".repeat(513), ...right.slice(2)]]]],
  ["a window that is too small", [["fetch", [1, JOB, 1, right[3]]]]],
  ["a window that is too large", [["fetch", [1, JOB, 1e9, right[3]]]]],
  ["a window that is no number", [["fetch", [1, JOB, "1000000", right[3]]]]],
  ["windows that are too large together", [1, 2, 3].map((id) => ["fetch", [id, JOB, 30 * MEBIBYTE, right[3]]])],
  ["too many fetches", Array.from({ length: 65 }, (_, index) => ["fetch", [index + 1, ...right.slice(1)]])],
  ["no references", [["fetch", [1, JOB, MEBIBYTE, []]]]],
  ["references that are none", [["fetch", [1, JOB, MEBIBYTE, { length: 1 }]]]],
  ["too many references", [["fetch", [1, JOB, MEBIBYTE, Array.from({ length: 4_097 }, () => [a, 0, 1])]]]],
  ["a path for a segment", [["fetch", [1, JOB, MEBIBYTE, [["../a.segment", 0, 1]]]]]],
  ["a negative offset", [["fetch", [1, JOB, MEBIBYTE, [[a, -1, 1]]]]]],
  ["a length that is no integer", [["fetch", [1, JOB, MEBIBYTE, [[a, 0, 1.5]]]]]],
  ["an end beyond all numbers", [["fetch", [1, JOB, MEBIBYTE, [[a, Number.MAX_SAFE_INTEGER, 1]]]]]],
  [
    "lengths beyond all numbers",
    [
      [
        "fetch",
        [
          1,
          JOB,
          MEBIBYTE,
          [
            [a, 0, 2 ** 53 - 1],
            [a, 0, 2 ** 53 - 1],
          ],
        ],
      ],
    ],
  ],
  ["nothing but empty references", [["fetch", [1, JOB, MEBIBYTE, [[a, 0, 0]]]]]],
  ["one part more", [["fetch", [...right, 1]]]],
  [
    "more credit than the window has",
    [
      ["fetch", right],
      ["credit", [1, 128 * 1024 + 1]],
    ],
  ],
  ["credit of nothing", [["credit", [1, 0]]]],
  ["cancelling with a reason", [["cancel", [1, "why"]]]],
];

for (const [described, events] of wrong) {
  test(`fetcher: ${described} ends the connection, counted`, async (t) => {
    const here = await place(t);
    const { wire, reasons } = await fetcher(t, here);
    for (const [event, parts] of events) wire.say(event, parts);
    await until(() => reasons.length === 1, "it is closed");
    t.regex(reasons[0]!, /^PACKET_INVALID: /);
    t.deepEqual([...here.listener.refusalCounts], [["PACKET_INVALID", 1]]);
    await until(() => here.server.statistics.fetchesOpen === 0, "nothing is sent any more");
  });
}

test("fetcher: one that takes everything and credits nothing gets its window and no more", async (t) => {
  const here = await place(t);
  const { wire, heard } = await fetcher(t, here);
  for (const id of [1, 2, 3]) wire.say("fetch", [id, JOB, 256 * 1024, [[a, 0, 3 * MEBIBYTE]]]);
  await until(() => heard.length === 6, "the windows are full");
  wire.say("cancel", [1]);
  wire.say("cancel", [99]);
  wire.say("credit", [1, 1_000]);
  wire.say("credit", [2, 128 * 1024]);
  await until(() => heard.length === 7, "one piece more");
  t.is(here.server.statistics.bytesSent, 7 * 128 * 1024);
});

test("fetcher: whatever it says, it is served or cut off, and the server serves on", async (t) => {
  const here = await place(t);
  const part = fc.oneof(fc.jsonValue(), fc.constantFrom(...right), fc.integer({ min: 0, max: 3 }));
  const event = fc.tuple(
    fc.constantFrom("fetch", "credit", "cancel", "piece", "frames", ""),
    fc.array(part, { maxLength: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 5 }), async (events) => {
      const { wire, reasons } = await fetcher(t, here);
      for (const [name, parts] of events) wire.say(name, parts);
      wire.say("the end", []);
      await until(() => reasons.length === 1, "it is closed");
    }),
    { numRuns: 50 },
  );
  t.is((await all(here.client.fetch("worker-2", { job: JOB, references: [reference(a, 0, 10)] }))).length, 10);
});

const bytes = (length: number): Buffer => Buffer.alloc(length);

const answers: [string, [string, unknown[]][], string][] = [
  ["an unknown event", [["frames", [1]]], "PEER_MISBEHAVED"],
  ["a piece of a fetch that was never asked for", [["piece", [2, bytes(1)]]], "PEER_MISBEHAVED"],
  ["a piece that is no bytes", [["piece", [1, "text"]]], "PEER_MISBEHAVED"],
  ["a piece of nothing", [["piece", [1, bytes(0)]]], "PEER_MISBEHAVED"],
  ["more than was asked for", [["piece", [1, bytes(1_000_001)]]], "PEER_MISBEHAVED"],
  ["more than there is credit for", [["piece", [1, bytes(70_000)]]], "PEER_MISBEHAVED"],
  ["a failure of no name", [["failed", [1, "OTHER", 0]]], "PEER_MISBEHAVED"],
  ["a failure at no reference", [["failed", [1, "BLOCK_GONE", 1]]], "PEER_MISBEHAVED"],
  [
    "a failure, and then bytes",
    [
      ["failed", [1, "BLOCK_GONE", 0]],
      ["piece", [1, bytes(1)]],
    ],
    "BLOCK_GONE",
  ],
];

for (const [described, events, code] of answers) {
  test(`server: ${described} ends the fetch, ${code}`, async (t) => {
    const listener = await listen({ identity: { process: "bad", life: "1" }, port: 0, security: { token: TOKEN } });
    t.teardown(() => listener.close());
    listener.serve("blocks", {
      admits: () => true,
      connected: (wire) =>
        wire.start({
          heard: (event) => {
            if (event === "fetch") for (const [name, parts] of events) wire.say(name, parts);
          },
          closed: () => {},
        }),
    });
    const client = createBlockClient({
      identity: { process: "worker-1", life: "1" },
      clock: systemClock,
      locate: () => ({ host: "127.0.0.1", port: listener.port, security: { token: TOKEN } }),
      peerBytesMax: 256 * 1024,
    });
    t.teardown(() => client.close());
    const request = { job: JOB, references: [reference(a, 0, 1_000_000)] };
    await t.throwsAsync(all(client.fetch("bad", request)), { code });
  });
}

/**
 * Block server and client together: the right bytes, bounds, and what each failure is called.
 */
import { rmSync, truncateSync } from "node:fs";
import path from "node:path";
import test from "ava";
import fc from "fast-check";
import { RuntimeError } from "../../../runtime/errors.ts";
import { createBlockClient } from "../../../runtime/exchange/block-client.ts";
import type { ExchangeError } from "../../../runtime/exchange/exchange-error.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { turn, until } from "../socket/until.ts";
import { all, expected, JOB, place, reference, SEGMENT_BYTES, SEGMENTS } from "./place.ts";

const MEBIBYTE = 1 << 20;
const [a, b] = SEGMENTS;

function whole(times: number): SegmentReference[] {
  return Array.from({ length: times }, (_, index) => reference(SEGMENTS[index % 2]!, 0, SEGMENT_BYTES));
}

test("fetch: whatever is named arrives, byte by byte, in its order", async (t) => {
  const { client } = await place(t);
  const one = fc
    .tuple(fc.constantFrom(...SEGMENTS), fc.nat(SEGMENT_BYTES), fc.nat(300_000))
    .map(([segment, offset, length]) => reference(segment, offset, Math.min(length, SEGMENT_BYTES - offset)));
  await fc.assert(
    fc.asyncProperty(fc.array(one, { maxLength: 40 }), async (references) => {
      const fetched = await all(client.fetch("worker-2", { job: JOB, references }));
      t.is(fetched.compare(expected(references)), 0);
    }),
    { numRuns: 40 },
  );
});

test("fetch: thousands of small references come in few pieces; more than one request takes are asked for in several", async (t) => {
  const { client, server } = await place(t);
  const references = Array.from({ length: 10_000 }, (_, index) => reference(a, index * 7, 300));
  const fetched = await all(client.fetch("worker-2", { job: JOB, references }));
  t.is(fetched.compare(expected(references)), 0);
  t.true(server.statistics.piecesSent < 50, `${server.statistics.piecesSent} pieces`);
  t.is(server.statistics.fetchesDone, 3);
});

test("fetch: nothing named is nothing fetched, and nobody is dialled", async (t) => {
  const { client, proxy } = await place(t);
  const references = [reference(a, 0, 0), reference("gone.segment", 5, 0)];
  t.is((await all(client.fetch("worker-2", { job: JOB, references: [] }))).length, 0);
  t.is((await all(client.fetch("worker-2", { job: JOB, references }))).length, 0);
  t.is(proxy.connectionCount, 0);
});

test("fetch: many at once share one connection and all end", async (t) => {
  const { client, proxy } = await place(t);
  const lists = Array.from({ length: 30 }, (_, index) => [reference(a, index, 200_000), reference(b, 0, index)]);
  const fetched = await Promise.all(lists.map((references) => all(client.fetch("worker-2", { job: JOB, references }))));
  for (const [index, bytes] of fetched.entries()) t.is(bytes.compare(expected(lists[index]!)), 0);
  t.is(proxy.connectionCount, 1);
});

test("fetch: a buffer of 64 KiB or more may be transferred to another thread", async (t) => {
  const { client } = await place(t);
  for await (const buffer of client.fetch("worker-2", { job: JOB, references: whole(1) })) {
    t.true(buffer.length >= 65_536);
    t.is(buffer.byteLength, buffer.buffer.byteLength);
  }
});

test("credit: a consumer that does not read stops its own fetch, at the window, and no other", async (t) => {
  const { client, server } = await place(t, { client: { peerBytesMax: 8 * MEBIBYTE } });
  const slow = client.fetch("worker-2", { job: JOB, references: whole(20) });
  await slow.next();
  const quick = await all(client.fetch("worker-2", { job: JOB, references: whole(3) }));
  t.is(quick.length, 3 * SEGMENT_BYTES);
  for (let turns = 0; turns < 100; turns += 1) await turn();
  t.is(server.statistics.bytesSent, 3 * SEGMENT_BYTES + 2 * MEBIBYTE);
  await slow.return();
  await until(() => server.statistics.fetchesOpen === 0, "the server has heard of it");
});

test("credit: fetches that nobody reads hold up those that wait, and all together are bounded", async (t) => {
  const { client, server } = await place(t);
  const fetches = Array.from({ length: 10 }, () => client.fetch("worker-2", { job: JOB, references: whole(1) }));
  const begun = fetches.map((fetch) => fetch.next());
  await Promise.all(begun.slice(0, 4));
  for (let turns = 0; turns < 100; turns += 1) await turn();
  t.true(server.statistics.bytesSent <= 8 * MEBIBYTE, `${server.statistics.bytesSent} bytes`);
  const rest = await Promise.all(fetches.map(all));
  t.is(rest.reduce((sum, { length }) => sum + length, 0) + 10 * MEBIBYTE, 10 * SEGMENT_BYTES);
});

test("cancel: leaving the loop ends the fetch at the server, and the next one is not disturbed", async (t) => {
  const { client, server } = await place(t);
  for await (const buffer of client.fetch("worker-2", { job: JOB, references: whole(20) })) {
    t.true(buffer.length > 0);
    break;
  }
  await until(() => server.statistics.fetchesOpen === 0, "the server has heard of it");
  t.true(server.statistics.bytesSent < 4 * MEBIBYTE);
  const references = [reference(b, 10, 100_000)];
  t.is((await all(client.fetch("worker-2", { job: JOB, references }))).compare(expected(references)), 0);
});

test("cancel: a signal ends a fetch, one that runs, one that waits, and one that has not begun", async (t) => {
  const { client, server } = await place(t);
  const controller = new AbortController();
  const request = { job: JOB, references: whole(20), signal: controller.signal };
  const running = Array.from({ length: 6 }, () => client.fetch("worker-2", request));
  const first = await Promise.all(running.slice(0, 4).map((fetch) => fetch.next()));
  t.true(first.every(({ done }) => done === false));
  const waiting = running.slice(4).map((fetch) => fetch.next());
  for (const fetch of waiting) fetch.catch(() => {});
  controller.abort();
  for (const fetch of running.slice(0, 4)) await t.throwsAsync(fetch.next(), { code: "FETCH_CANCELLED" });
  for (const fetch of waiting) await t.throwsAsync(fetch, { code: "FETCH_CANCELLED" });
  await t.throwsAsync(all(client.fetch("worker-2", request)), { code: "FETCH_CANCELLED" });
  await until(() => server.statistics.fetchesOpen === 0, "the server has heard of it");
});

test("gone: a segment, or its end, that is not there is BLOCK_GONE, after all bytes before it", async (t) => {
  const { client, directory } = await place(t);
  truncateSync(path.join(directory, b), 1_000);
  const cases = [
    [reference(a, 0, 5_000), reference(a, 9, 2 * MEBIBYTE), reference("never.segment", 0, 10), reference(a, 0, 1)],
    [reference(a, 0, 5_000), reference(b, 0, 1_000), reference(b, 500, 501), reference(a, 0, 1)],
    [reference(a, 0, 5_000), reference(a, 0, 5), reference("../secret.segment", 0, 1)],
  ];
  for (const references of cases.slice(0, 2)) {
    const came: Buffer[] = [];
    const error = await t.throwsAsync<ExchangeError>(
      async () => {
        for await (const buffer of client.fetch("worker-2", { job: JOB, references })) came.push(buffer);
      },
      { code: "BLOCK_GONE" },
    );
    t.is(error?.referencesDone, 2);
    t.is(error?.peer, "worker-2");
    t.is(Buffer.concat(came).compare(expected(references.slice(0, 2))), 0);
  }
  // A name that leads out of the directory is no name: whoever says it is cut off.
  await t.throwsAsync(all(client.fetch("worker-2", { job: JOB, references: cases[2]! })), { code: "PEER_UNREACHABLE" });
});

test("gone: in a later request of the same fetch, the count goes on", async (t) => {
  const { client } = await place(t);
  const references = Array.from({ length: 5_000 }, (_, index) =>
    reference(index === 4_500 ? "x.segment" : a, index, 10),
  );
  const error = await t.throwsAsync<ExchangeError>(all(client.fetch("worker-2", { job: JOB, references })));
  t.is(error?.code, "BLOCK_GONE");
  t.is(error?.referencesDone, 4_500);
});

test("gone: a file that is deleted after it was opened is gone when its reader lets go of it", async (t) => {
  const { client, source, directory } = await place(t);
  const references = [reference(a, 0, 10)];
  await all(client.fetch("worker-2", { job: JOB, references }));
  rmSync(path.join(directory, a));
  source.release(JOB, a);
  await t.throwsAsync(all(client.fetch("worker-2", { job: JOB, references })), { code: "BLOCK_GONE" });
});

test("unreadable: any other error of reading has another code, and is told to the server's owner", async (t) => {
  const errors: unknown[] = [];
  const read = (): void => {
    throw new RuntimeError("SEGMENT_READ_FAILED", "the disk is broken");
  };
  const { client } = await place(t, { server: { read, onUnreadable: (_request, error) => errors.push(error) } });
  const error = await t.throwsAsync(all(client.fetch("worker-2", { job: JOB, references: whole(1) })));
  t.is((error as ExchangeError).code, "BLOCK_UNREADABLE");
  t.is(errors.length, 1);
  t.false(error!.message.includes("disk"));
});

test("allow: a fetch of a job that the server was not told of is refused, and others are served", async (t) => {
  const asked: string[][] = [];
  const allow = (peer: { readonly process: string }, job: string): boolean => {
    asked.push([peer.process, job]);
    return job === JOB;
  };
  const { client, server } = await place(t, { server: { allow } });
  const error = await t.throwsAsync(all(client.fetch("worker-2", { job: "job-2", references: whole(1) })));
  t.is((error as ExchangeError).code, "FETCH_REFUSED");
  t.is(server.statistics.bytesSent, 0);
  t.is((await all(client.fetch("worker-2", { job: JOB, references: whole(1) }))).length, SEGMENT_BYTES);
  t.deepEqual(asked, [
    ["worker-1", "job-2"],
    ["worker-1", JOB],
  ]);
});

test("unreachable: nobody known, nobody there, another process, a wrong token: each by its name, each fetch anew", async (t) => {
  const here = await place(t);
  const request = { job: JOB, references: whole(1) };
  await t.throwsAsync(all(here.client.fetch("worker-3", request)), { code: "PEER_UNREACHABLE" });
  let { target } = here;
  const client = createBlockClient({
    identity: { process: "worker-1", life: "1" },
    clock: systemClock,
    locate: () => target,
  });
  t.teardown(() => client.close());
  await t.throwsAsync(all(client.fetch("worker-9", request)), {
    code: "PEER_UNREACHABLE",
    message: /worker-2 answers/,
  });
  target = { ...here.target, security: { token: "another-token-than-that" } };
  await t.throwsAsync(all(client.fetch("worker-2", request)), { code: "TOKEN_REFUSED" });
  here.proxy.cut({ refuse: true });
  target = here.target;
  await t.throwsAsync(all(client.fetch("worker-2", request)), { code: "PEER_UNREACHABLE" });
  here.proxy.restore();
  t.is((await all(client.fetch("worker-2", request))).length, SEGMENT_BYTES);
});

test("unreachable: a cut in the middle fails every fetch, after what had come, and the next fetch dials anew", async (t) => {
  const { client, proxy } = await place(t);
  const references = whole(10);
  proxy.cutAfterBytes = 7 * MEBIBYTE;
  const failed = await Promise.allSettled(
    [1, 2, 3, 4, 5, 6].map(() => all(client.fetch("worker-2", { job: JOB, references }))),
  );
  for (const outcome of failed) {
    t.is(outcome.status === "rejected" ? (outcome.reason as ExchangeError).code : "", "PEER_UNREACHABLE");
  }
  t.is((await all(client.fetch("worker-2", { job: JOB, references }))).compare(expected(references)), 0);
  t.is(proxy.connectionCount, 2);
});

test("stall: a fetch that waits and gets nothing fails after a time", async (t) => {
  const clock = new SimulatedClock();
  const { client, proxy } = await place(t, { client: { clock, stallTimeoutMs: 1_000 } });
  const fetch = client.fetch("worker-2", { job: JOB, references: whole(10) });
  await fetch.next();
  proxy.stall();
  let outcome: unknown;
  all(fetch).catch((error: unknown) => (outcome = error));
  await until(() => {
    clock.advance(100);
    return outcome !== undefined;
  }, "it is given up");
  t.is((outcome as ExchangeError).code, "FETCH_TIMED_OUT");
});

test("idle: a connection that is not used is closed, and dialled again", async (t) => {
  const { client, server, proxy } = await place(t, { client: { idleTimeoutMs: 1 } });
  const references = [reference(a, 0, 10)];
  await all(client.fetch("worker-2", { job: JOB, references }));
  await until(() => server.statistics.peersConnected === 0, "it is closed");
  t.is((await all(client.fetch("worker-2", { job: JOB, references }))).length, 10);
  t.is(proxy.connectionCount, 2);
});

test("close: the client's end fails what runs; the server's end too", async (t) => {
  const one = await place(t);
  const fetch = one.client.fetch("worker-2", { job: JOB, references: whole(10) });
  await fetch.next();
  one.client.close();
  await t.throwsAsync(all(fetch), { code: "FETCH_CANCELLED" });
  const other = await place(t);
  const second = other.client.fetch("worker-2", { job: JOB, references: whole(10) });
  await second.next();
  other.server.close();
  await t.throwsAsync(all(second), { code: "PEER_UNREACHABLE" });
});

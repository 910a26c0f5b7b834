/**
 * Results as streams: whole, in parts, gone, slow to be read.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import http from "node:http";
import test from "ava";
import { jobStatus } from "../cluster/fake-control.ts";
import { openStage, type Stage, TOKEN } from "./gateway-stage.ts";

/** A job that is done, with a result of these bytes. */
function finish(stage: Stage, bytes: string | Uint8Array, format: "csv" | "ndjson" = "csv"): string {
  const path = `${stage.dataDirectory}/result.${format}`;
  writeFileSync(path, bytes);
  stage.control.put(jobStatus("a", { state: "running" }));
  stage.control.finish("a", { path, byteLength: Buffer.byteLength(bytes), format });
  return path;
}

const LINES = "1,2\n3,4\n5,6\n";

test("GET /jobs/ID/result streams the whole result", async (t) => {
  const stage = await openStage(t);
  finish(stage, LINES);
  const { status, text, headers } = await stage.ask("GET", "/jobs/a/result");
  t.is(status, 200);
  t.is(text, LINES);
  t.is(headers["content-type"], "text/csv; charset=utf-8");
  t.is(headers["content-length"], String(LINES.length));
  t.is(headers["accept-ranges"], "bytes");
  t.is(headers.etag, `"a-${LINES.length}"`);
  t.is(headers["content-disposition"], 'attachment; filename="a.csv"');
});

test("GET /jobs/ID/result: NDJSON and a result of no bytes", async (t) => {
  const stage = await openStage(t);
  finish(stage, "", "ndjson");
  const { status, text, headers } = await stage.ask("GET", "/jobs/a/result");
  t.deepEqual([status, text, headers["content-type"]], [200, "", "application/x-ndjson"]);
  t.is((await stage.ask("GET", "/jobs/a/result", { headers: { range: "bytes=0-" } })).status, 416);
});

const PARTS: [string, string, string][] = [
  ["bytes=4-", "3,4\n5,6\n", "bytes 4-11/12"],
  ["bytes=0-3", "1,2\n", "bytes 0-3/12"],
  ["bytes=11-99", "\n", "bytes 11-11/12"],
  ["bytes=-4", "5,6\n", "bytes 8-11/12"],
  ["bytes=-99", LINES, "bytes 0-11/12"],
];
for (const [range, expected, place] of PARTS) {
  test(`GET /jobs/ID/result: ${range} is answered with that part`, async (t) => {
    const stage = await openStage(t);
    finish(stage, LINES);
    const { status, text, headers } = await stage.ask("GET", "/jobs/a/result", { headers: { range } });
    t.deepEqual([status, text, headers["content-range"]], [206, expected, place]);
  });
}

test("GET /jobs/ID/result: a part behind the end is refused, with the length", async (t) => {
  const stage = await openStage(t);
  finish(stage, LINES);
  for (const range of ["bytes=12-", "bytes=99-100", "bytes=-0"]) {
    const { status, headers, json } = await stage.ask("GET", "/jobs/a/result", { headers: { range } });
    t.deepEqual([status, headers["content-range"]], [416, "bytes */12"], range);
    t.is((json as { code: string }).code, "RANGE_UNSATISFIABLE");
  }
});

test("GET /jobs/ID/result: what is no single range of bytes gives the whole", async (t) => {
  const stage = await openStage(t);
  finish(stage, LINES);
  for (const range of [
    "bytes=0-1,3-4",
    "lines=1-2",
    "bytes=-",
    "bytes=3-1",
    "bytes=a-b",
    `bytes=${"9".repeat(400)}-`,
  ]) {
    const { status, text } = await stage.ask("GET", "/jobs/a/result", { headers: { range } });
    t.deepEqual([status, text], [200, LINES], range);
  }
});

test("GET /jobs/ID/result: a part of another result is not given", async (t) => {
  const stage = await openStage(t);
  finish(stage, LINES);
  const ask = (tag: string) => stage.ask("GET", "/jobs/a/result", { headers: { range: "bytes=4-", "if-range": tag } });
  t.is((await ask('"a-12"')).status, 206);
  const other = await ask('"a-13"');
  t.deepEqual([other.status, other.text], [200, LINES]);
});

test("GET /jobs/ID/result: not done, gone, removed and changed results are told apart from results", async (t) => {
  const stage = await openStage(t);
  stage.control.put(jobStatus("queued"));
  stage.control.put(jobStatus("expired", { state: "done" }));
  const path = finish(stage, LINES);
  const codeOf = async (id: string) => {
    const { status, json } = await stage.ask("GET", `/jobs/${id}/result`);
    return [status, (json as { code: string }).code];
  };
  t.deepEqual(await codeOf("queued"), [409, "JOB_NOT_DONE"]);
  t.deepEqual(await codeOf("expired"), [410, "RESULT_GONE"]);
  truncateSync(path, 3);
  t.deepEqual(await codeOf("a"), [410, "RESULT_GONE"]);
  rmSync(path);
  t.deepEqual(await codeOf("a"), [410, "RESULT_GONE"]);
});

const LARGE = Buffer.alloc(48 << 20, "0123456789\n");

/** Asks, and does not read. */
async function askAndStop(stage: Stage): Promise<http.IncomingMessage> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const request = http.get({ host: "127.0.0.1", port: stage.port, path: "/jobs/a/result", headers, agent: false });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return response.on("error", () => undefined);
}

test("GET /jobs/ID/result: a reader that stops is cut off after a while, and goes on where it was", async (t) => {
  const stage = await openStage(t);
  finish(stage, LARGE);
  const response = await askAndStop(stage);
  const hash = createHash("sha256");
  let byteCount = 0;
  // One piece shows that the stream is under way; then nothing is read until the time is up.
  await once(response, "readable");
  stage.clock.advance(60_000);
  response.on("data", (piece: Buffer) => {
    hash.update(piece);
    byteCount += piece.length;
  });
  await new Promise((resolve) => response.once("close", resolve));
  t.true(byteCount > 0);
  t.true(byteCount < LARGE.length, "what the kernel holds is less than the result");
  const { text, status } = await stage.ask("GET", "/jobs/a/result", { headers: { range: `bytes=${byteCount}-` } });
  t.is(status, 206);
  t.is(hash.update(text).digest("hex"), createHash("sha256").update(LARGE).digest("hex"));
});

test("GET /jobs/ID/result: a reader that is slow but goes on is not cut off", async (t) => {
  const stage = await openStage(t);
  finish(stage, LARGE);
  const response = await askAndStop(stage);
  let byteCount = 0;
  for await (const piece of response) {
    byteCount += (piece as Buffer).length;
    stage.clock.advance(100);
  }
  t.is(byteCount, LARGE.length);
  t.true(stage.clock.nowMs() > 60_000, "it has taken longer than a reader may stand still");
});

test("GET /jobs/ID/result: more results at once than may be are told to try again", async (t) => {
  const stage = await openStage(t, { limits: { resultsInFlightMax: 1 } });
  finish(stage, LARGE);
  const first = await askAndStop(stage);
  const { status, json } = await stage.ask("GET", "/jobs/a/result");
  t.deepEqual([status, (json as { code: string }).code], [503, "GATEWAY_BUSY"]);
  let byteCount = 0;
  for await (const piece of first) byteCount += (piece as Buffer).length;
  t.is(byteCount, LARGE.length);
});

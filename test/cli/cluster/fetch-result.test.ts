/**
 * A result arrives whole through lost connections, or not at all.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { ClusterClient } from "../../../cli/cluster/client.ts";
import { fetchResult } from "../../../cli/cluster/fetch-result.ts";
import { findDestination } from "../../../cli/run/output-target.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";

const BYTES = "0123456789";

/** Answers one request after the other as `answers` say, and notes what was asked for. */
async function serve(t: ExecutionContext, answers: readonly http.RequestListener[]) {
  const asked: (string | undefined)[][] = [];
  const server = http.createServer((request, response) => {
    asked.push([request.headers.range, request.headers["if-range"] as string | undefined]);
    answers[asked.length - 1]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const directory = temporaryDirectory(t);
  const file = path.join(directory, "out.csv");
  const { port } = server.address() as AddressInfo;
  const fetch = () =>
    fetchResult({
      client: new ClusterClient({ host: "127.0.0.1", port, token: undefined, tls: undefined }),
      ...{ job: "../a/b", destination: findDestination(file), directory: "here", patienceMs: 5_000 },
      ...{ clock: systemClock, random: seededRandom(1), signal: new AbortController().signal },
    });
  return { asked, directory, file, fetch };
}

/** Bytes from `start` on, of which only `count` are sent before the connection breaks. */
function part(start: number, count: number, tag = '"a-10"'): http.RequestListener {
  return (_request, response) => {
    const headers = { etag: tag, "content-length": BYTES.length - start };
    response.writeHead(start > 0 ? 206 : 200, headers);
    response.write(BYTES.slice(start, start + count), () => {
      if (start + count < BYTES.length) response.destroy();
      else response.end();
    });
  };
}

test("fetch: what was written is not asked for again, and the file appears at the end", async (t) => {
  const stage = await serve(t, [part(0, 4), part(4, 3), part(7, 3)]);
  t.is(await stage.fetch(), 10);
  t.is(readFileSync(stage.file, "utf8"), BYTES);
  t.deepEqual(readdirSync(stage.directory), ["out.csv"]);
  t.deepEqual(stage.asked, [
    [undefined, undefined],
    ["bytes=4-", '"a-10"'],
    ["bytes=7-", '"a-10"'],
  ]);
});

test("fetch: a result that has become another one is not put together with the first", async (t) => {
  const stage = await serve(t, [part(0, 4), part(0, 10, '"b-10"')]);
  await t.throwsAsync(stage.fetch(), { code: "RESULT_GONE" });
  t.false(existsSync(stage.file));
  t.deepEqual(readdirSync(stage.directory), []);
});

test("fetch: an answer that is no coordinator's is told as such", async (t) => {
  const stage = await serve(t, [(_request, response) => response.writeHead(404).end("<html>")]);
  await t.throwsAsync(stage.fetch(), { code: "ROUTE_UNKNOWN", message: /status 404: it is no coordinator$/ });
  t.deepEqual(readdirSync(stage.directory), []);
});

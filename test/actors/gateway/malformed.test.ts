/**
 * Requests that are oversized, malformed or without end: each is answered or cut off, and the gateway goes on.
 */
import test from "ava";
import fc from "fast-check";
import { ROUTES } from "../../../actors/gateway/routes.ts";
import { openStage, received, receivedUntil, TOKEN } from "./gateway-stage.ts";

const HEAD = `Host: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n`;

test("malformed: a body that announces too much is refused before it is read", async (t) => {
  const stage = await openStage(t);
  const head = `POST /jobs HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n`;
  const socket = await stage.dial(head);
  t.regex(await receivedUntil(socket, "REQUEST_TOO_LARGE"), /^HTTP\/1\.1 413 /);
  socket.destroy();
});

test("malformed: a body that grows too large is refused on its way", async (t) => {
  const { ask, control } = await openStage(t, { limits: { bodyBytesMax: 1000 } });
  const body = JSON.stringify({ program: "x".repeat(100_000), fileName: "a" });
  for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
    const { status, json } = await ask("POST", "/jobs", { body, headers });
    t.deepEqual([status, (json as { code: string }).code], [413, "REQUEST_TOO_LARGE"]);
  }
  t.is(control.submitted.length, 0);
});

test("malformed: who sends on without end after a refusal is cut off", async (t) => {
  const stage = await openStage(t, { limits: { discardBytesMax: 100_000 } });
  const head = `POST /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const socket = await stage.dial(head);
  const ended = received(socket);
  const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
  const sendOn = (): void => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once("drain", sendOn);
  };
  sendOn();
  await ended;
  t.is((await stage.ask("GET", "/jobs")).status, 200);
});

test("malformed: who says no more after a refusal is cut off", async (t) => {
  const stage = await openStage(t);
  const socket = await stage.dial("POST /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n");
  await receivedUntil(socket, "TOKEN_REFUSED");
  const ended = received(socket);
  stage.clock.advance(2000);
  await ended;
  t.is((await stage.ask("GET", "/jobs")).status, 200);
});

test("slow: a body without end is answered when its time is over, and leaves no timer", async (t) => {
  const stage = await openStage(t);
  const timers = stage.clock.pending;
  const head = `POST /jobs HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n`;
  const socket = await stage.dial(head);
  await receivedUntil(socket, "100 Continue");
  socket.write("{");
  stage.clock.advance(60_000);
  t.regex(await receivedUntil(socket, "REQUEST_TOO_SLOW"), /HTTP\/1\.1 408 /);
  const ended = received(socket);
  stage.clock.advance(2_000);
  await ended;
  t.is((await stage.ask("GET", "/jobs")).status, 200);
  t.is(stage.clock.pending, timers);
});

test("slow: headers without end are cut off by the server", async (t) => {
  const server = { headersTimeout: 50, connectionsCheckingInterval: 20 };
  const stage = await openStage(t, { server });
  const socket = await stage.dial("GET /jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
  t.regex(await received(socket), /^HTTP\/1\.1 408 /);
  // On a busy machine an honest request takes longer than that too.
  stage.server.headersTimeout = 60_000;
  t.is((await stage.ask("GET", "/jobs")).status, 200);
});

test("malformed: headers beyond their limit are refused by the server", async (t) => {
  const stage = await openStage(t);
  const socket = await stage.dial(`GET /jobs HTTP/1.1\r\n${HEAD}X: ${"x".repeat(20_000)}\r\n\r\n`);
  t.regex(await received(socket), /^HTTP\/1\.1 431 /);
});

const RAW: [string, string, RegExp][] = [
  ["no HTTP at all", "hello\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["the first bytes of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001", /^HTTP\/1\.1 400 /],
  ["no host", "GET /jobs HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["an empty host", "GET /jobs HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 403 /],
  ["no host in an old version", "GET /jobs HTTP/1.0\r\n\r\n", /^HTTP\/1\.1 403 /],
  ["a whole address", `GET http://evil.example/jobs HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`, /^HTTP\/1\.1 404 /],
  ["no path", `OPTIONS * HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`, /^HTTP\/1\.1 404 /],
  ["two lengths", `POST /jobs HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, /^HTTP\/1\.1 400 /],
  [
    "length and chunks",
    `POST /jobs HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  ["a line feed in a header", `GET /jobs HTTP/1.1\r\n${HEAD}X: a\n b\u0000\r\n\r\n`, /^HTTP\/1\.1 400 /],
  [
    "a broken chunk",
    `PUT /uploads/a HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    /^(HTTP\/1\.1 400 |$)/,
  ],
];
for (const [what, written, expected] of RAW) {
  test(`malformed: ${what} is answered as such, and the next request is served`, async (t) => {
    const stage = await openStage(t);
    t.regex(await received(await stage.dial(written)), expected);
    t.is((await stage.ask("GET", "/jobs")).status, 200);
    t.is(stage.control.submitted.length, 0);
  });
}

test("malformed: whatever is asked of any route, the answer is no bug and nothing changes", async (t) => {
  const { ask, control, records } = await openStage(t, { limits: { waitMsMax: 0 } });
  const segment = fc.oneof(
    fc.constantFrom("..", "%00", "%2e%2e", "__proto__", "constructor", "a", "*", "%ff", "known"),
    fc.stringMatching(/^[!-~]{0,20}$/).filter((text) => !/[?#]/.test(text)),
  );
  const path = fc.tuple(fc.constantFrom(...ROUTES.map((route) => route.path)), segment).map(([known, name]) => {
    return known.replace("*", name);
  });
  const question = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"),
    path: fc.oneof(
      path,
      fc.array(segment).map((segments) => `/${segments.join("/")}`),
    ),
    query: fc.oneof(
      fc.constant(""),
      fc.stringMatching(/^[!-"$-~]{0,20}$/).map((text) => `?${text}`),
    ),
    range: fc.option(fc.stringMatching(/^[ -~]{0,20}$/), { nil: undefined }),
    body: fc.option(fc.oneof(fc.json(), fc.string({ unit: "binary" })), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(question, async ({ method, path, query, range, body }) => {
      const headers = range === undefined ? {} : { range };
      const { status } = await ask(method, path + query, { headers, body: method === "TRACE" ? undefined : body });
      const isAllowed = (status >= 200 && status < 500) || (status === 503 && path === "/readyz");
      return isAllowed && control.submitted.length === 0;
    }),
    { numRuns: 300 },
  );
  t.deepEqual(
    records.filter(({ level }) => level === "error"),
    [],
  );
});

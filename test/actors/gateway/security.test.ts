/**
 * Every route, tried by somebody who may not: without a token, with a wrong one, from foreign hosts and sites.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { ROUTES } from "../../../actors/gateway/routes.ts";
import { createPinoLog } from "../../../cli/start/pino-log.ts";
import { jobStatus, workerStatus } from "../cluster/fake-control.ts";
import { openStage, type Question, type Stage, TOKEN } from "./gateway-stage.ts";

const SUBMISSION = JSON.stringify({ program: "{}", fileName: "sums.json" });

/** A stage with a job, a worker and nothing submitted. */
async function populated(t: Parameters<typeof openStage>[0], options?: Parameters<typeof openStage>[1]) {
  const stage = await openStage(t, options);
  stage.control.put(jobStatus("known", { state: "running" }));
  stage.control.putWorker(workerStatus("known"));
  return stage;
}

/** What a stranger could have changed. */
function traces({ control }: Stage) {
  return [control.submitted.length, control.job("known")?.state, control.workers()[0]?.state];
}

const UNTOUCHED = [0, "running", "alive"];

function pathOf(path: string): string {
  return path.replace("*", "known");
}

function questionOf(method: string, path: string, given: Question): Question {
  const body = method === "POST" && path === "/jobs" ? SUBMISSION : method === "PUT" ? "1,2\n" : undefined;
  return { ...given, body };
}

const CREDENTIALS: [string, Question][] = [
  ["no token", { token: null }],
  ["a wrong token", { token: "wrong" }],
  ["the beginning of the token", { token: TOKEN.slice(0, -1) }],
  ["the token and more", { token: `${TOKEN}x` }],
  ["two tokens", { token: `${TOKEN} ${TOKEN}` }],
  ["an empty token", { headers: { authorization: "Bearer " } }],
  ["the token without its scheme", { headers: { authorization: TOKEN } }],
  ["the token as a password", { headers: { authorization: `Basic ${Buffer.from(`x:${TOKEN}`).toString("base64")}` } }],
  ["the token as a cookie", { token: null, headers: { cookie: `token=${TOKEN}` } }],
  ["a token of 8 kB", { token: "x".repeat(8000) }],
];

for (const { method, path, admits } of ROUTES) {
  test(`security: ${method} ${path} ${admits === "open" ? "is open" : "is refused"} without the right token`, async (t) => {
    const stage = await populated(t);
    for (const [what, given] of CREDENTIALS) {
      const { status, json, headers } = await stage.ask(method, pathOf(path), questionOf(method, path, given));
      if (admits === "open") {
        t.is(status, 200, what);
        continue;
      }
      t.deepEqual([status, (json as { code: string }).code], [401, "TOKEN_REFUSED"], what);
      t.regex(headers["www-authenticate"] ?? "", /^Bearer/);
    }
    t.deepEqual(traces(stage), UNTOUCHED);
  });

  test(`security: ${method} ${path} is refused to foreign hosts and to pages of other sites, token or not`, async (t) => {
    const stage = await populated(t);
    for (const [what, headers, code] of FOREIGN) {
      const { status, json } = await stage.ask(method, pathOf(path), questionOf(method, path, { headers }));
      t.deepEqual([status, (json as { code: string }).code], [403, code], what);
    }
    t.deepEqual(traces(stage), UNTOUCHED);
  });
}

const FOREIGN: [string, Record<string, string>, string][] = [
  ["a name that leads here", { host: "evil.example:7411" }, "HOST_REFUSED"],
  ["a name that ends like ours", { host: "localhost.evil.example" }, "HOST_REFUSED"],
  ["a name that begins like ours", { host: "127.0.0.1.evil.example" }, "HOST_REFUSED"],
  ["a number that is an address", { host: "0x7f000001" }, "HOST_REFUSED"],
  ["two names", { host: "localhost, evil.example" }, "HOST_REFUSED"],
  ["user and name", { host: "localhost@evil.example" }, "HOST_REFUSED"],
  ["another site", { origin: "http://evil.example" }, "ORIGIN_REFUSED"],
  ["another port of this host", { origin: "http://127.0.0.1:1" }, "ORIGIN_REFUSED"],
  ["a page without origin", { origin: "null" }, "ORIGIN_REFUSED"],
  ["a file", { origin: "file://" }, "ORIGIN_REFUSED"],
  ["another site, origin not told", { "sec-fetch-site": "cross-site" }, "ORIGIN_REFUSED"],
  ["another port, origin not told", { "sec-fetch-site": "same-site" }, "ORIGIN_REFUSED"],
];

test("security: hosts and pages of our own are let in", async (t) => {
  const stage = await openStage(t, { security: { token: TOKEN, hostNames: ["Coordinator.Example"] } });
  for (const host of [
    `127.0.0.1:${stage.port}`,
    "LOCALHOST",
    "localhost:1",
    "[::1]:80",
    "10.1.2.3",
    "coordinator.example:7411",
  ]) {
    t.is((await stage.ask("GET", "/jobs", { headers: { host } })).status, 200, host);
    const origin = `http://${host}`;
    const headers = { host, origin, "sec-fetch-site": "same-origin" };
    t.is((await stage.ask("GET", "/jobs", { headers })).status, 200, origin);
  }
});

test("security: without a token set, a loopback gateway still refuses foreign hosts and sites", async (t) => {
  const stage = await openStage(t, { security: { insecure: true } });
  t.is((await stage.ask("GET", "/jobs", { token: null })).status, 200);
  t.is((await stage.ask("GET", "/jobs", { token: null, headers: { host: "evil.example" } })).status, 403);
  t.is((await stage.ask("GET", "/jobs", { token: null, headers: { origin: "http://evil.example" } })).status, 403);
});

test("security: a stranger does not learn which routes there are", async (t) => {
  const { ask } = await openStage(t);
  for (const [method, path] of [
    ["GET", "/nope"],
    ["PATCH", "/jobs"],
    ["OPTIONS", "/jobs"],
    ["GET", "/"],
  ] as const) {
    t.is((await ask(method, path, { token: null })).status, 401, path);
  }
  t.is((await ask("GET", "/nope")).status, 404);
  const wrongMethod = await ask("PATCH", "/jobs");
  t.deepEqual([wrongMethod.status, wrongMethod.headers.allow], [405, "POST, GET"]);
});

test("security: paths are compared as they are", async (t) => {
  const { ask } = await openStage(t);
  for (const path of [
    "/jobs/",
    "//jobs",
    "/./jobs",
    "/jobs/../jobs",
    "/%6aobs",
    "/JOBS",
    "/jobs;x",
    "/healthz/../jobs",
  ]) {
    t.is((await ask("GET", path)).status, 404, path);
  }
  for (const path of ["/healthz/../jobs", "/healthz/", "/healthz%2f..%2fjobs", "/readyz//jobs"]) {
    t.is((await ask("GET", path, { token: null })).status, 401, path);
  }
});

test("security: a client of another version is refused", async (t) => {
  const { ask } = await openStage(t);
  t.is((await ask("GET", "/jobs", { headers: { "actor-dataflow-api": "1" } })).status, 200);
  const { status, json } = await ask("GET", "/jobs", { headers: { "actor-dataflow-api": "2" } });
  t.deepEqual([status, (json as { code: string }).code], [400, "API_VERSION_UNKNOWN"]);
});

test("security: every answer forbids pages to show, keep or guess it, and lets no other site read it", async (t) => {
  const { ask } = await openStage(t);
  for (const [path, token] of [
    ["/jobs", TOKEN],
    ["/jobs", null],
    ["/metrics", TOKEN],
    ["/healthz", null],
  ] as const) {
    const { headers } = await ask("GET", path, { token });
    t.is(headers["cache-control"], "no-store");
    t.is(headers["x-content-type-options"], "nosniff");
    t.is(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    t.is(headers["access-control-allow-origin"], undefined);
    t.is(headers["set-cookie"], undefined);
  }
});

test("security: a peer without a token cannot fill the log", async (t) => {
  const { ask, records, clock } = await openStage(t);
  for (let attempt = 0; attempt < 20; attempt += 1) await ask("GET", "/jobs", { token: "wrong" });
  const warnings = () => records.filter(({ level }) => level === "warn").map(({ fields }) => fields.count);
  t.deepEqual(warnings(), [1]);
  clock.advance(1000);
  await ask("GET", "/jobs", { token: "wrong" });
  t.deepEqual(warnings(), [1, 20]);
});

test("security: what a submitter writes is one line of the log, whatever it is", async (t) => {
  for (const format of ["text", "json"] as const) {
    const lines: string[] = [];
    const log = createPinoLog({ level: "debug", format, write: (line) => lines.push(line) });
    const stage = await openStage(t, { log });
    const fileName = 'a\n{"level":"error","message":"forged"}\r\u001b[31m\u202e\u2028.json';
    const body = JSON.stringify({ program: "{}", fileName });
    t.is((await stage.ask("POST", "/jobs", { body })).status, 201);
    t.is(lines.length, 1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there.
    t.regex(lines[0] ?? "", /^[^\u0000-\u001f\u007f-\u009f\u2028\u202e]+\n$/);
  }
});

test("the document lists the routes, and which of them need a token", (t) => {
  const text = readFileSync(new URL("../../../../docs/http.md", import.meta.url), "utf8");
  const listed = [...text.matchAll(/^\| `([A-Z]+) (\S+)` \| (yes|no) \|/gm)].map(([, method, path, token]) => {
    return `${method} ${path?.replace(/\b(ID|NAME)\b/, "*")} ${token}`;
  });
  const routes = ROUTES.map(({ method, path, admits }) => `${method} ${path} ${admits === "open" ? "no" : "yes"}`);
  t.deepEqual(listed.sort(), routes.sort());
});

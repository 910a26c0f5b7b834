/**
 * Uploads: complete or not there at all, within their limits, and kept as long as a job may read them.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { jobStatus } from "../cluster/fake-control.ts";
import { type Answer, openStage, receivedUntil, type Stage, TOKEN } from "./gateway-stage.ts";

const codeOf = ({ status, json }: Answer): [number, string] => [status, (json as { code: string }).code];

/** Names below the uploads' directory, and below what is not complete. */
function kept({ dataDirectory }: Stage): { complete: string[]; partial: string[] } {
  const directory = path.join(dataDirectory, "uploads");
  const complete = readdirSync(directory).filter((name) => name !== ".partial");
  return { complete, partial: readdirSync(path.join(directory, ".partial")) };
}

function put(stage: Stage, name: string, body: string | Uint8Array): Promise<Answer> {
  const headers = { "content-type": "application/octet-stream" };
  return stage.ask("PUT", `/uploads/${name}`, { body, headers });
}

test("PUT /uploads/NAME keeps the bytes, and a job can be submitted with them", async (t) => {
  const stage = await openStage(t);
  const bytes = Buffer.alloc(3 << 20, "12,34\n");
  const { status, json } = await put(stage, "a.csv", bytes);
  t.is(status, 201);
  t.deepEqual(json, { name: "a.csv", byteLength: bytes.length });
  t.true(readFileSync(path.join(stage.dataDirectory, "uploads/a.csv")).equals(bytes));
  t.deepEqual(kept(stage), { complete: ["a.csv"], partial: [] });
  const submission = { program: "{}", fileName: "sums.json", uploads: ["a.csv"] };
  t.is((await stage.ask("POST", "/jobs", { body: JSON.stringify(submission) })).status, 201);
  const unknown = { ...submission, uploads: ["b.csv"] };
  t.deepEqual(codeOf(await stage.ask("POST", "/jobs", { body: JSON.stringify(unknown) })), [422, "INPUT_MISSING"]);
});

test("PUT /uploads/NAME: an upload never takes the place of another", async (t) => {
  const stage = await openStage(t);
  await put(stage, "a.csv", "1,2\n");
  t.deepEqual(codeOf(await put(stage, "a.csv", "3,4\n")), [409, "UPLOAD_EXISTS"]);
  t.is(readFileSync(path.join(stage.dataDirectory, "uploads/a.csv"), "utf8"), "1,2\n");
});

for (const name of ["..", ".partial", "%2e%2e%2fx", "-a", "a%0ab", "x".repeat(201), "__proto__"]) {
  test(`PUT /uploads/${name.slice(0, 20)} is no name for an upload`, async (t) => {
    const stage = await openStage(t);
    t.deepEqual(codeOf(await put(stage, name, "1,2\n")), [400, "REQUEST_INVALID"]);
    t.deepEqual(kept(stage), { complete: [], partial: [] });
  });
}

test("PUT /uploads/a/../../x is no route", async (t) => {
  const stage = await openStage(t);
  t.deepEqual(codeOf(await put(stage, "a/../../x", "1,2\n")), [404, "ROUTE_UNKNOWN"]);
});

test("PUT /uploads/NAME: too many bytes are refused, announced or not, and nothing is kept", async (t) => {
  const stage = await openStage(t, { limits: { uploadBytesMax: 100_000 } });
  t.deepEqual(codeOf(await put(stage, "a.csv", Buffer.alloc(100_001))), [413, "REQUEST_TOO_LARGE"]);
  const headers = { "transfer-encoding": "chunked", "content-type": "text/csv" };
  const chunked = await stage.ask("PUT", "/uploads/a.csv", { body: Buffer.alloc(100_001), headers });
  t.deepEqual(codeOf(chunked), [413, "REQUEST_TOO_LARGE"]);
  t.deepEqual(kept(stage), { complete: [], partial: [] });
  t.is((await put(stage, "a.csv", Buffer.alloc(100_000))).status, 201);
});

test("PUT /uploads/NAME: all uploads together have a limit of bytes and of number", async (t) => {
  const stage = await openStage(t, { limits: { uploadsBytesMax: 10, uploadsMax: 2 } });
  t.is((await put(stage, "a", "123456")).status, 201);
  t.deepEqual(codeOf(await put(stage, "b", "12345")), [507, "UPLOADS_FULL"]);
  const headers = { "transfer-encoding": "chunked" };
  t.deepEqual(codeOf(await stage.ask("PUT", "/uploads/b", { body: "12345", headers })), [507, "UPLOADS_FULL"]);
  t.is((await put(stage, "b", "1234")).status, 201);
  t.deepEqual(codeOf(await put(stage, "c", "")), [507, "UPLOADS_FULL"]);
  t.is((await stage.ask("DELETE", "/uploads/a")).status, 200);
  t.is((await put(stage, "c", "")).status, 201);
  t.deepEqual(kept(stage), { complete: ["b", "c"], partial: [] });
});

const HEAD = `PUT /uploads/a.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${TOKEN}\r\n`;

test("PUT /uploads/NAME: a sender that asks first is let go on, or refused before it sends", async (t) => {
  const stage = await openStage(t);
  const polite = `${HEAD}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`;
  const socket = await stage.dial(polite);
  await receivedUntil(socket, "100 Continue");
  socket.write("1,2\n");
  t.regex(await receivedUntil(socket, "byteLength"), /201 Created/);
  socket.destroy();
  const again = await stage.dial(polite);
  const answer = await receivedUntil(again, "UPLOAD_EXISTS");
  t.false(answer.includes("100 Continue"));
  again.destroy();
});

test("PUT /uploads/NAME: a sender that falls silent is told so, and leaves nothing behind", async (t) => {
  const stage = await openStage(t);
  const socket = await stage.dial(`${HEAD}Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n`);
  await receivedUntil(socket, "100 Continue");
  stage.clock.advance(30_000);
  t.regex(await receivedUntil(socket, "REQUEST_TOO_SLOW"), /408 Request Timeout/);
  t.deepEqual(kept(stage), { complete: [], partial: [] });
  socket.destroy();
});

test("PUT /uploads/NAME: a sender that goes away leaves nothing behind", async (t) => {
  const stage = await openStage(t);
  const socket = await stage.dial(`${HEAD}Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n`);
  await receivedUntil(socket, "100 Continue");
  socket.destroy();
  // The name is free again when the server has seen the end of the connection and cleaned up.
  let answer = await put(stage, "a.csv", "1,2\n");
  for (let attempt = 0; attempt < 1000 && answer.status === 409; attempt += 1) {
    answer = await put(stage, "a.csv", "1,2\n");
  }
  t.is(answer.status, 201);
  t.deepEqual(kept(stage), { complete: ["a.csv"], partial: [] });
});

test("DELETE /uploads/NAME: what a job may read stays until the job has ended", async (t) => {
  const stage = await openStage(t);
  await put(stage, "a", "1,2\n");
  await put(stage, "b", "1,2\n");
  const body = JSON.stringify({ program: "{}", fileName: "sums.json", uploads: ["a"] });
  const { json } = await stage.ask("POST", "/jobs", { body });
  t.deepEqual(codeOf(await stage.ask("DELETE", "/uploads/a")), [409, "UPLOAD_IN_USE"]);
  t.is((await stage.ask("DELETE", "/uploads/b")).status, 200);
  await stage.ask("DELETE", `/jobs/${(json as { id: string }).id}`);
  t.is((await stage.ask("DELETE", "/uploads/a")).status, 200);
  t.deepEqual(codeOf(await stage.ask("DELETE", "/uploads/a")), [404, "UPLOAD_UNKNOWN"]);
  t.deepEqual(kept(stage), { complete: [], partial: [] });
});

test("uploads: what nobody reads is removed after its time, what a job of an earlier coordinator may read is not", async (t) => {
  const stage = await openStage(t);
  await put(stage, "old", "1,2\n");
  // Submitted to an earlier process, so that nobody knows what it reads.
  stage.control.put(jobStatus("before", { state: "running", submittedAt: "2999-01-01T00:00:00.000Z" }));
  stage.clock.advance(24 * 3_600_000);
  t.is((await put(stage, "new", "1,2\n")).status, 201);
  t.deepEqual(kept(stage).complete, ["new", "old"]);
  stage.control.put(jobStatus("before", { state: "running", submittedAt: "2001-01-01T00:00:00.000Z" }));
  t.is((await put(stage, "newer", "1,2\n")).status, 201);
  t.deepEqual(kept(stage).complete, ["new", "newer"]);
});

test("uploads: a coordinator that starts again finds what was complete, and removes what was not", async (t) => {
  const first = await openStage(t);
  const uploads = path.join(first.dataDirectory, "uploads");
  await put(first, "a", "1,2\n");
  writeFileSync(path.join(uploads, ".partial/1"), "1,");
  writeFileSync(path.join(uploads, ".hidden"), "");
  mkdirSync(path.join(uploads, "directory"));
  const second = await openStage(t, { uploadsDirectory: uploads });
  t.deepEqual(codeOf(await put(second, "a", "")), [409, "UPLOAD_EXISTS"]);
  t.deepEqual(readdirSync(path.join(uploads, ".partial")), []);
  t.deepEqual(codeOf(await second.ask("DELETE", "/uploads/directory")), [404, "UPLOAD_UNKNOWN"]);
});

test("uploads: a link below their directory is no upload that can be sent over", async (t) => {
  const first = await openStage(t);
  const uploads = path.join(first.dataDirectory, "uploads");
  const outside = path.join(first.dataDirectory, "outside");
  symlinkSync(outside, path.join(uploads, "link"));
  const stage = await openStage(t, { uploadsDirectory: uploads });
  await put(stage, "link", "1,2\n");
  t.throws(() => readFileSync(outside), { code: "ENOENT" });
});

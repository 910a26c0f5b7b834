/**
 * Serving blocks from a thread: who gets which bytes, what nobody gets, and how it begins and ends.
 */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { blockSource } from "../../../actors/exchange/block-source.ts";
import type { BlockSource } from "../../../actors/exchange/messages.ts";
import { type BlockServing, startBlockServing } from "../../../actors/exchange/serve-blocks.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { DialSecurity, ListenSecurity } from "../../../runtime/socket/security.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { projectRoot } from "../../project/source-files.ts";

const TOKEN = "0123456789abcdef";
const JOB = "job-1";
const SEGMENT = `${JOB}-at.aa.1-e0-i1-o1-w1-s0-0.segment`;
const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 251));
const CERTIFICATES = path.join(projectRoot, "test/runtime/socket/certificates");

interface Place {
  readonly serving: BlockServing;
  readonly source: BlockSource & { close(): void };
  readonly directory: string;
}

interface Secrets {
  readonly listen: ListenSecurity;
  readonly dial: DialSecurity;
}

const WITH_TOKEN: Secrets = { listen: { token: TOKEN }, dial: { token: TOKEN } };

/** `worker-aa` serves, `worker-bb` fetches. */
async function place(t: ExecutionContext, secrets: Secrets = WITH_TOKEN): Promise<Place> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "serving-"));
  writeFileSync(path.join(directory, SEGMENT), BYTES);
  writeFileSync(path.join(directory, "job-2-at.aa.1-e0-0.segment"), "of another job");
  const serving = await startBlockServing({
    ...{ identity: { process: "worker-aa", life: "1" }, host: "127.0.0.1", port: 0 },
    ...{ security: secrets.listen, segmentDirectory: directory },
  });
  const source = blockSource({
    ...{ identity: { process: "worker-bb", life: "1" }, clock: systemClock, security: secrets.dial },
    processOf: (worker) => `worker-${worker}`,
    coordinator: undefined,
  });
  source.noteDirectory([{ id: "aa", exchange: `${serving.host}:${serving.port}` }]);
  t.teardown(async () => {
    source.close();
    await serving.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { serving, source, directory };
}

async function fetched(source: BlockSource, segment = SEGMENT, job = JOB): Promise<Buffer> {
  const references = [{ segment, offset: 10, byteLength: Math.min(BYTES.length, segment === SEGMENT ? 50_000 : 5) }];
  const pieces: Uint8Array[] = [];
  const signal = new AbortController().signal;
  for await (const piece of source.fetch("aa", { job, references, signal })) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  return await action.then(
    () => "none",
    (error: unknown) => (error instanceof RuntimeError ? error.code : String(error)),
  );
}

/** Files of this process that are open although they were deleted. */
function deletedOpen(directory: string): number {
  const links = readdirSync("/proc/self/fd").map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return "";
    }
  });
  return links.filter((link) => link.endsWith("(deleted)") && link.startsWith(directory)).length;
}

test("serving: a process that is allowed gets the bytes that it names; before that, and after, nobody does", async (t) => {
  const { serving, source } = await place(t);
  t.is(await codeOf(fetched(source)), "FETCH_REFUSED");
  serving.allow(new Set(["worker-bb", "coordinator"]));
  t.is((await fetched(source)).compare(BYTES.subarray(10, 50_010)), 0);
  serving.allow(new Set(["coordinator"]));
  t.is(await codeOf(fetched(source)), "FETCH_REFUSED");
});

test("serving: nothing but the named job's segments is read, whatever a peer names", async (t) => {
  const { serving, source, directory } = await place(t);
  writeFileSync(path.join(directory, "secret"), "a secret");
  serving.allow(new Set(["worker-bb"]));
  t.is(await codeOf(fetched(source, "job-2-at.aa.1-e0-0.segment")), "BLOCK_GONE");
  t.is(await codeOf(fetched(source, SEGMENT, "job")), "BLOCK_GONE");
  t.is(await codeOf(fetched(source, `${JOB}-at.aa.1-none.segment`)), "BLOCK_GONE");
  for (const name of ["secret", `${JOB}-at.aa.1/../../secret`, "../secret", "/etc/passwd"]) {
    t.is(await codeOf(fetched(source, name)), "PEER_UNREACHABLE", name);
  }
  t.is((await fetched(source)).length, 50_000);
});

test("serving: TLS and a token are asked for as on any listener", async (t) => {
  const read = (name: string): Buffer => readFileSync(path.join(CERTIFICATES, name));
  const listening = { token: TOKEN, tls: { cert: read("server.crt"), key: read("server.key") } };
  const { serving, source } = await place(t, {
    listen: listening,
    dial: { token: TOKEN, tls: { ca: read("authority.crt") } },
  });
  serving.allow(new Set(["worker-bb"]));
  t.is((await fetched(source)).compare(BYTES.subarray(10, 50_010)), 0);
  const wrong = blockSource({
    ...{ identity: { process: "worker-bb", life: "2" }, clock: systemClock, processOf: (id: string) => `worker-${id}` },
    coordinator: undefined,
    security: { token: `${TOKEN}x`, tls: { ca: read("authority.crt") } },
  });
  wrong.noteDirectory([{ id: "aa", exchange: `127.0.0.1:${serving.port}` }]);
  t.is(await codeOf(fetched(wrong)), "TOKEN_REFUSED");
  wrong.close();
});

test("serving: a port that is taken and a listener that is not secure are errors by name", async (t) => {
  const { serving, directory } = await place(t);
  const identity = { process: "worker-cc", life: "1" };
  const taken = startBlockServing({
    ...{ identity, host: "127.0.0.1", port: serving.port, security: { token: TOKEN }, segmentDirectory: directory },
  });
  t.is(await codeOf(taken), "LISTEN_FAILED");
  const open = startBlockServing({
    ...{ identity, host: "127.0.0.1", port: 0, security: {}, segmentDirectory: directory },
  });
  t.is(await codeOf(open), "LISTENER_INSECURE");
});

test("serving: a segment that is released is open no more, so that deleting it gives its room back", async (t) => {
  const { serving, source, directory } = await place(t);
  serving.allow(new Set(["worker-bb"]));
  await fetched(source);
  rmSync(path.join(directory, SEGMENT));
  t.is(deletedOpen(directory), 1);
  await serving.release([SEGMENT, "job-1-at.aa.1-unknown-0.segment"]);
  t.is(deletedOpen(directory), 0);
  t.is(await codeOf(fetched(source)), "BLOCK_GONE");
});

test("serving: closing ends fetches, frees the port, and is no failure; whoever is not in the directory is not dialled", async (t) => {
  const { serving, source, directory } = await place(t);
  await serving.close();
  await serving.release([SEGMENT]);
  t.is(await codeOf(fetched(source)), "PEER_UNREACHABLE");
  const again = await startBlockServing({
    ...{ identity: { process: "worker-aa", life: "2" }, host: "127.0.0.1", port: serving.port },
    ...{ security: { token: TOKEN }, segmentDirectory: directory },
  });
  again.allow(new Set(["worker-bb"]));
  t.is((await fetched(source)).length, 50_000);
  source.noteDirectory([{ id: "bb", exchange: "" }]);
  await again.close();
  t.is(await codeOf(fetched(source)), "PEER_UNREACHABLE");
});

test("serving: a thread that dies is told, with its reason, and nobody waits for it", async (t) => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "serving-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const failures: RuntimeError[] = [];
  const serving = await startBlockServing({
    ...{ identity: { process: "worker-aa", life: "1" }, host: "127.0.0.1", port: 0, security: { token: TOKEN } },
    ...{ segmentDirectory: directory, onFailed: (error: RuntimeError) => failures.push(error) },
  });
  // Not a list: a mistake that no type lets through, and that the thread does not survive.
  await serving.release({ length: 1 } as unknown as readonly string[]);
  t.deepEqual(
    failures.map(({ code }) => code),
    ["SERVING_DIED"],
  );
  t.regex(failures[0]?.message ?? "", /not iterable/);
  await serving.close();
});

/**
 * Serving input files: the very bytes of the very file, for workers of that job, and nothing else.
 */
import { appendFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { blockSource } from "../../../actors/exchange/block-source.ts";
import { type BlockSource, COORDINATOR_PEER } from "../../../actors/exchange/messages.ts";
import { inputName } from "../../../actors/exchange/segment-names.ts";
import { type InputServing, serveInputs } from "../../../actors/exchange/serve-inputs.ts";
import type { InputFile } from "../../../actors/job/messages.ts";
import { resolveInput } from "../../../actors/job/resolve-input.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { listen } from "../../../runtime/socket/listener.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { CSV } from "../jobs/job-stage.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/** In seconds. */
const SINCE = 1_700_000_000;
const TOKEN = "0123456789abcdef";
const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index % 11 === 0 ? 10 : 48 + (index % 10))));

interface Place {
  readonly serving: InputServing;
  readonly source: BlockSource;
  readonly directory: string;
  readonly files: readonly InputFile[];
}

async function place(t: ExecutionContext): Promise<Place> {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, "a.csv"), CONTENT);
  utimesSync(path.join(directory, "a.csv"), SINCE, SINCE);
  writeFileSync(path.join(directory, "b.csv"), "1,2\n");
  writeFileSync(path.join(directory, "secret.segment"), "secret");
  const files = await resolveInput({ ...CSV, paths: ["a.csv", "b.csv"] }, directory);
  const listener = await listen({ identity: { process: "boss", life: "1" }, port: 0, security: { token: TOKEN } });
  const serving = serveInputs({
    listener,
    allow: (process, job) => process === "worker-aa" && job === "job-1",
    filesOf: (job) => (job === "job-1" ? files : undefined),
  });
  const source = blockSource({
    ...{ identity: { process: "worker-aa", life: "1" }, clock: systemClock, security: { token: TOKEN } },
    processOf: (peer) => (peer === COORDINATOR_PEER ? "boss" : `worker-${peer}`),
    coordinator: { host: "127.0.0.1", port: listener.port },
  });
  t.teardown(async () => {
    source.close();
    serving.close();
    await listener.close();
  });
  return { serving, source, directory, files };
}

async function read(source: BlockSource, segment: string, byteLength: number, job = "job-1"): Promise<Buffer | string> {
  const pieces: Uint8Array[] = [];
  const references = [{ segment, offset: 3, byteLength }];
  try {
    const request = { job, references, signal: new AbortController().signal };
    for await (const piece of source.fetch(COORDINATOR_PEER, request)) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch (error) {
    return error instanceof RuntimeError ? error.code : String(error);
  }
}

test("inputs: a worker of the job gets the bytes of its files by their number, and of nothing else", async (t) => {
  const { serving, source } = await place(t);
  const whole = await read(source, inputName(0), CONTENT.length - 3);
  t.true(Buffer.isBuffer(whole) && whole.equals(CONTENT.subarray(3)));
  t.deepEqual(await read(source, inputName(1), 1), Buffer.from("\n"));
  t.is(await read(source, inputName(2), 1), "BLOCK_GONE");
  t.is(await read(source, "secret.segment", 1), "BLOCK_GONE");
  t.is(await read(source, inputName(0), 1, "job-2"), "FETCH_REFUSED");
  t.is(await read(source, inputName(0), CONTENT.length), "BLOCK_GONE", "it is asked for more than there is");
  serving.release("job-1");
  t.true(Buffer.isBuffer(await read(source, inputName(0), 10)), "a job that goes on opens them anew");
});

const CHANGES: Readonly<Record<string, (file: string, directory: string) => void>> = {
  "is appended to": (file) => appendFileSync(file, "1,2\n"),
  "is touched": (file) => utimesSync(file, 1, 1),
  "is replaced by one of the same size and time": (file, directory) => {
    const other = path.join(directory, "other.csv");
    writeFileSync(other, Buffer.from(CONTENT).fill("9", 0, 1));
    utimesSync(other, SINCE, SINCE);
    renameSync(other, file);
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  for (const isOpen of [false, true]) {
    test(`inputs: a file that ${what} is gone, ${isOpen ? "also while it is open" : "when it is opened"}`, async (t) => {
      const { serving, source, directory, files } = await place(t);
      const file = path.join(directory, "a.csv");
      if (isOpen) t.true(Buffer.isBuffer(await read(source, inputName(0), 10)));
      change(file, directory);
      const isReplaced = what.startsWith("is replaced");
      // Whoever has the file open reads the one that it was, and that is right.
      if (isOpen && isReplaced) serving.release("job-1");
      t.is(files[0]?.byteLength, CONTENT.length);
      t.is(await read(source, inputName(0), 10), "BLOCK_GONE");
    });
  }
}

test("inputs: a file that is not there any more cannot be read", async (t) => {
  const { source, directory } = await place(t);
  rmSync(path.join(directory, "a.csv"));
  t.is(await read(source, inputName(0), 10), "BLOCK_UNREADABLE");
});

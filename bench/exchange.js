/**
 * Measures the block exchange between two processes on this machine, both ways together.
 *
 *   npm run build && node bench/exchange.js [--threads | --worker] [--megabytes 2048] [--block 65536] [--rounds 3]
 *
 * Two processes serve each other and fetch from each other at the same time, from files that lie in the page cache, as
 * blocks of `--block` bytes in fetches of 512. With `--threads` server and client of each process run in a worker thread
 * each, and files are read synchronously; else both run in its main thread, and files are read asynchronously. What arrives is counted, not checked. MB/s are of both ways together.
 * With `--worker` each process does what a worker of a cluster does: it serves from a thread, fetches in its main thread, and writes what
 * comes into copies of the segments; how long the main thread keeps others waiting is told too.
 */
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { blockSource } from "../dist/actors/exchange/block-source.js";
import { Mirror } from "../dist/actors/exchange/mirror.js";
import { PatientFetch } from "../dist/actors/exchange/patient-fetch.js";
import { startBlockServing } from "../dist/actors/exchange/serve-blocks.js";
import { createBlockClient } from "../dist/runtime/exchange/block-client.js";
import { createBlockServer } from "../dist/runtime/exchange/block-server.js";
import { createSegmentSource } from "../dist/runtime/exchange/segment-source.js";
import { SegmentWriter } from "../dist/runtime/journal/segment-files.js";
import { SegmentReader } from "../dist/runtime/journal/segment-reader.js";
import { listen } from "../dist/runtime/socket/listener.js";
import { systemClock } from "../dist/runtime/system-clock.js";

const TOKEN = "a-token-for-the-benchmark";
/** As a worker of a cluster would call it. */
const SEGMENT = "bench-at.0.1";
const SEGMENT_BYTES = 256 << 20;
const FETCH_REFERENCES = 512;
const PARALLEL_FETCHES = 2;

const { values: options } = parseArgs({
  options: {
    threads: { type: "boolean", default: false },
    worker: { type: "boolean", default: false },
    megabytes: { type: "string", default: "2048" },
    block: { type: "string", default: "65536" },
    rounds: { type: "string", default: "3" },
    role: { type: "string", default: "" },
  },
});
const block = Number(options.block);
const bytesWanted = Number(options.megabytes) * 1e6;

async function serve(directory) {
  mkdirSync(directory, { recursive: true });
  const writer = new SegmentWriter(directory, SEGMENT, { segmentBytesMax: SEGMENT_BYTES });
  const bytes = Buffer.alloc(1 << 20, 7);
  for (let written = 0; written < SEGMENT_BYTES; written += bytes.length) writer.append(bytes);
  writer.close();
  const identity = { process: "peer", life: "1" };
  if (options.worker) {
    const security = { token: TOKEN };
    const serving = await startBlockServing({
      ...{ identity, host: "127.0.0.1", port: 0, security, segmentDirectory: directory },
    });
    serving.allow(new Set(["fetcher"]));
    return serving.port;
  }
  const listener = await listen({ identity, port: 0, security: { token: TOKEN } });
  const source = createSegmentSource(() => directory);
  const reader = new SegmentReader(directory);
  const read = options.threads
    ? ({ reference, offset, target }) => reader.read(reference, target, { offset, byteLength: target.length })
    : source.read;
  createBlockServer({ listener, allow: () => true, read });
  return listener.port;
}

function* requests() {
  const perSegment = Math.floor(SEGMENT_BYTES / block);
  for (let index = 0, bytes = 0; bytes < bytesWanted; ) {
    const references = [];
    while (references.length < FETCH_REFERENCES && bytes < bytesWanted) {
      references.push({ segment: `${SEGMENT}-0.segment`, offset: (index % perSegment) * block, byteLength: block });
      index += 1;
      bytes += block;
    }
    yield references;
  }
}

/** As a worker of a cluster does. */
async function bringAll(port, directory) {
  const source = blockSource({
    ...{ identity: { process: "fetcher", life: "1" }, clock: systemClock, security: { token: TOKEN } },
    ...{ processOf: (id) => id, coordinator: undefined },
  });
  const fetch = new PatientFetch({ clock: systemClock, source });
  fetch.noteDirectory([{ id: "peer", exchange: `127.0.0.1:${port}` }]);
  const copies = path.join(directory, "copies");
  mkdirSync(copies);
  const mirror = new Mirror(copies);
  const { signal } = new AbortController();
  let bytes = 0;
  const take = (reference, piece) => {
    mirror.write("bench", reference, piece);
    bytes += piece.length;
  };
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const waiting = requests();
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: PARALLEL_FETCHES }, async () => {
      for (const references of waiting) await fetch.fetch("peer", { job: "bench", references, signal, take });
    }),
  );
  const milliseconds = performance.now() - begin;
  mirror.closeAll();
  source.close();
  return { bytes, milliseconds, delayMs: [delay.percentile(50) / 1e6, delay.percentile(99) / 1e6, delay.max / 1e6] };
}

async function fetchAll(port) {
  const target = { host: "127.0.0.1", port, security: { token: TOKEN } };
  const client = createBlockClient({
    identity: { process: "fetcher", life: "1" },
    clock: systemClock,
    locate: () => target,
  });
  const waiting = requests();
  let bytes = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: PARALLEL_FETCHES }, async () => {
      for (const references of waiting) {
        for await (const buffer of client.fetch("peer", { job: "bench", references })) bytes += buffer.length;
      }
    }),
  );
  client.close();
  return { bytes, milliseconds: performance.now() - begin };
}

/** One of the two processes, or one of its threads: does what it is told. */
async function obey(order, directory) {
  if (order.type === "serve") return await serve(directory);
  return options.worker ? await bringAll(order.port, directory) : await fetchAll(order.port);
}

function asked(peer, order) {
  return new Promise((resolve) => {
    peer.once("message", resolve);
    (peer.postMessage ?? peer.send).call(peer, order);
  });
}

async function runParent() {
  const scratch = mkdtempSync(path.join(os.tmpdir(), "exchange-"));
  const script = import.meta.filename;
  try {
    for (let round = 0; round < Number(options.rounds); round += 1) {
      const children = ["left", "right"].map((role) =>
        fork(script, [...process.argv.slice(2), "--role", path.join(scratch, `${role}-${round}`)]),
      );
      const ports = await Promise.all(children.map((child) => asked(child, { type: "serve" })));
      const results = await Promise.all(
        children.map((child, index) => asked(child, { type: "fetch", port: ports[1 - index] })),
      );
      const bytes = results.reduce((sum, result) => sum + result.bytes, 0);
      const seconds = Math.max(...results.map(({ milliseconds }) => milliseconds)) / 1000;
      const cpu = results.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
      const rate = (bytes / 1e6 / seconds).toFixed(0);
      const mode = options.worker ? "worker" : options.threads ? "threads" : "main";
      const cost = `${(cpu / (bytes / 1e9)).toFixed(2)} CPU-s/GB`;
      const delays = results.flatMap(({ delayMs = [] }) => delayMs.map((each) => each.toFixed(0)));
      const waits = delays.length === 0 ? "" : `, event loop held up (ms; 50 %, 99 %, most): ${delays.join(" ")}`;
      console.log(`${rate} MB/s, ${cost} (block ${block}, ${mode})${waits}`);
      for (const child of children) child.kill();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function runChild() {
  const directory = options.role;
  const threads = new Map();
  process.on("message", async (order) => {
    const before = process.cpuUsage();
    let result;
    if (options.threads) {
      if (!threads.has(order.type))
        threads.set(
          order.type,
          new Worker(import.meta.filename, { argv: process.argv.slice(2), workerData: { directory } }),
        );
      result = await asked(threads.get(order.type), order);
    } else result = await obey(order, directory);
    const { user, system } = process.cpuUsage(before);
    process.send(typeof result === "object" ? { ...result, cpuSeconds: (user + system) / 1e6 } : result);
  });
}

if (!isMainThread)
  parentPort.on("message", async (order) => parentPort.postMessage(await obey(order, workerData.directory)));
else if (options.role === "") await runParent();
else runChild();

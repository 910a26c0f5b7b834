/**
 * A block server and a block client in this process, joined by a real connection, with segment files on disk.
 *
 * Owns: the files: their bytes are a pure function of file and offset.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { ExecutionContext } from "ava";
import {
  type BlockClient,
  type BlockClientOptions,
  createBlockClient,
} from "../../../runtime/exchange/block-client.ts";
import {
  type BlockServer,
  type BlockServerOptions,
  createBlockServer,
} from "../../../runtime/exchange/block-server.ts";
import { createSegmentSource, type SegmentSource } from "../../../runtime/exchange/segment-source.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";
import type { DialTarget } from "../../../runtime/socket/dial.ts";
import { type Listener, listen } from "../../../runtime/socket/listener.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { FaultyProxy } from "../socket/faulty-proxy.ts";

export const TOKEN = "0123456789abcdef";
export const JOB = "job-1";
export const SEGMENTS = ["a.segment", "b.segment"] as const;
export const SEGMENT_BYTES = 3 << 20;

export interface PlaceOptions {
  readonly client?: Partial<BlockClientOptions>;
  readonly server?: Partial<BlockServerOptions>;
}

export interface Place {
  readonly client: BlockClient;
  readonly server: BlockServer;
  readonly listener: Listener;
  readonly proxy: FaultyProxy;
  readonly source: SegmentSource;
  readonly directory: string;
  readonly target: DialTarget;
}

/** The client knows the server as `worker-2`. */
export async function place(t: ExecutionContext, options: PlaceOptions = {}): Promise<Place> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "exchange-"));
  for (const segment of SEGMENTS) writeFileSync(path.join(directory, segment), contentOf(segment));
  const listener = await listen({ identity: { process: "worker-2", life: "1" }, port: 0, security: { token: TOKEN } });
  const proxy = await FaultyProxy.create(listener.port);
  const source = createSegmentSource((job) => (job === JOB ? directory : undefined));
  const server = createBlockServer({ listener, allow: () => true, read: source.read, ...options.server });
  const target = { host: "127.0.0.1", port: proxy.port, security: { token: TOKEN } };
  const client = createBlockClient({
    identity: { process: "worker-1", life: "1" },
    clock: systemClock,
    locate: (peer) => (peer === "worker-2" ? target : undefined),
    ...options.client,
  });
  t.teardown(async () => {
    client.close();
    server.close();
    await proxy.close();
    await listener.close();
    source.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { client, server, listener, proxy, source, directory, target };
}

export function contentOf(segment: string): Buffer {
  const known = contents.get(segment);
  if (known !== undefined) return known;
  const content = Buffer.alloc(SEGMENT_BYTES);
  for (let index = 0; index < content.length; index += 4) {
    content.writeUInt32LE((Math.imul(index, 2654435761) ^ segment.charCodeAt(0)) >>> 0, index);
  }
  contents.set(segment, content);
  return content;
}

const contents = new Map<string, Buffer>();

export function expected(references: readonly SegmentReference[]): Buffer {
  const parts = references.map(({ segment, offset, byteLength }) =>
    contentOf(segment).subarray(offset, offset + byteLength),
  );
  return Buffer.concat(parts);
}

export async function all(fetched: AsyncIterable<Buffer>): Promise<Buffer> {
  const buffers: Buffer[] = [];
  for await (const buffer of fetched) buffers.push(buffer);
  return Buffer.concat(buffers);
}

export function reference(segment: string, offset: number, byteLength: number): SegmentReference {
  return { segment, offset, byteLength };
}

/**
 * Writes replies to their sockets.
 *
 * Owns: the headers that every answer has, streaming with back-pressure, and what becomes of a body that nobody reads.
 */
import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Deadline } from "./deadline.ts";
import type { Exchange, Services } from "./exchange.ts";
import { RESULT_READ_BYTES } from "./limits.ts";
import type { FileReply, Reply } from "./reply.ts";

/** An answer is data: no page may show it, keep it, or guess what it is. */
const SAFE_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** Errors: those of a socket or file that fails in the middle; nothing can be told to the reader then. */
export async function send(reply: Reply, exchange: Exchange, services: Services): Promise<void> {
  const { response } = exchange;
  if (reply.kind === "file") {
    await sendFile(reply, exchange, services);
    return;
  }
  const body = reply.kind === "json" ? `${JSON.stringify(reply.body)}\n` : reply.text;
  const headers = reply.kind === "json" ? reply.headers : undefined;
  response.writeHead(reply.kind === "json" ? reply.status : 200, {
    ...SAFE_HEADERS,
    "content-type": reply.kind === "json" ? "application/json; charset=utf-8" : reply.contentType,
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}

async function sendFile(reply: FileReply, { response, signal }: Exchange, services: Services): Promise<void> {
  const { path, start, end, headers, isPart } = reply;
  const length = end - start + 1;
  const head = { ...SAFE_HEADERS, ...headers, "content-length": String(length) };
  if (length <= 0) {
    response.writeHead(200, head).end();
    return;
  }
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort(), { once: true });
  const deadline = new Deadline(services.clock, services.limits.resultStallMs, () => stop.abort());
  const source = createReadStream(path, { start, end, highWaterMark: RESULT_READ_BYTES });
  try {
    response.writeHead(isPart ? 206 : 200, head);
    await pipeline(
      source,
      async function* progress(pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          deadline.putOff();
          services.metrics.resultSent(piece.length);
          yield piece;
        }
      },
      response,
      { signal: stop.signal },
    );
  } finally {
    deadline.end();
  }
}

/** Reads on for a while, so that a sender that is not finished reads its answer instead of an error of its socket. */
export function discardBody(request: IncomingMessage, response: ServerResponse, { clock, limits }: Services): void {
  if (request.complete || request.destroyed) return;
  let byteCount = 0;
  const destroy = (): void => {
    request.destroy();
  };
  const deadline = new Deadline(clock, limits.discardMs, destroy);
  request.on("data", (piece: Buffer) => {
    byteCount += piece.length;
    if (byteCount > limits.discardBytesMax) destroy();
  });
  for (const event of ["end", "close"] as const) request.once(event, () => deadline.end());
  response.once("close", () => deadline.end());
  request.resume();
}

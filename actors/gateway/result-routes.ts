/**
 * The route of results: the whole of one, or a part of it.
 *
 * Owns: what part is sent, and the headers that let a reader go on where it was.
 *
 * S1. The bytes of a job's result never change, so that its identity and length name them (`ETag`).
 */
import { open } from "node:fs/promises";
import { RuntimeError } from "../../runtime/errors.ts";
import type { ResultPart } from "../cluster/control.ts";
import { byteRangeOf } from "./byte-range.ts";
import type { Handler } from "./exchange.ts";
import { jobIdOf } from "./job-routes.ts";
import { failure, type Reply } from "./reply.ts";

const CONTENT_TYPES = { csv: "text/csv; charset=utf-8", ndjson: "application/x-ndjson" } as const;

export const sendResult: Handler = (exchange, services) => sendPart(exchange, services, "output");

export const sendRejects: Handler = (exchange, services) => sendPart(exchange, services, "rejects");

async function sendPart(
  exchange: Parameters<Handler>[0],
  { control }: Parameters<Handler>[1],
  part: ResultPart,
): Promise<Reply> {
  const { range, "if-range": condition } = exchange.request.headers;
  const id = jobIdOf(exchange);
  const { path, byteLength, format } = control.result(id, part);
  await requireWhole(id, path, byteLength);
  const name = part === "rejects" ? `${id}.rejects` : id;
  const tag = `"${name}-${byteLength}"`;
  const isSame = condition === undefined || condition === tag;
  const asked = byteRangeOf(isSame ? range : undefined, byteLength);
  if (asked.kind === "unsatisfiable") {
    const message = `the result of job ${id} has ${byteLength} bytes`;
    return failure("RANGE_UNSATISFIABLE", message, { "content-range": `bytes */${byteLength}` });
  }
  const { start, end } = asked.kind === "part" ? asked : { start: 0, end: byteLength - 1 };
  const headers: Record<string, string> = {
    "content-type": CONTENT_TYPES[format],
    "content-disposition": `attachment; filename="${name}.${format}"`,
    "accept-ranges": "bytes",
    etag: tag,
  };
  if (asked.kind === "part") headers["content-range"] = `bytes ${start}-${end}/${byteLength}`;
  return { kind: "file", path, byteLength, start, end, isPart: asked.kind === "part", headers };
}

/** Errors: RESULT_GONE. */
async function requireWhole(id: string, path: string, byteLength: number): Promise<void> {
  try {
    const handle = await open(path, "r");
    try {
      if ((await handle.stat()).size === byteLength) return;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new RuntimeError("RESULT_GONE", `the result of job ${id} is no longer there`, error);
  }
  throw new RuntimeError("RESULT_GONE", `the result of job ${id} was changed after the job`);
}

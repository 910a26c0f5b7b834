/**
 * Reads the bodies of requests within limits of bytes and time.
 *
 * Owns: the errors of a body: too large, too slow, cut off, not JSON.
 *
 * B1. A body that is too large by its own account is refused before a byte of it is read.
 * B2. A sender that asked first (`Expect: 100-continue`) is told to go on only here.
 * B3. An error leaves the connection as it is, so that the sender can be told why.
 * B4. A body has ended when its last piece is taken, not when it has come.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { Deadline } from "./deadline.ts";
import { RequestError } from "./reply.ts";

export interface BodyOf {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly clock: Clock;
  /** Aborted when whoever asked has gone, or the gateway closes. */
  readonly signal: AbortSignal;
}

/** Errors: CONTENT_TYPE_REFUSED, REQUEST_TOO_LARGE, REQUEST_TOO_SLOW, REQUEST_INVALID. */
export async function readJson(body: BodyOf, bytesMax: number, totalMs: number): Promise<unknown> {
  // What a page of another site can send without asking first is never JSON by its type.
  if (!/^application\/json *(;|$)/i.test(body.request.headers["content-type"] ?? "")) {
    throw new RuntimeError("CONTENT_TYPE_REFUSED", "the body must be application/json");
  }
  announcedBytes(body.request, bytesMax);
  const pieces: Buffer[] = [];
  let byteCount = 0;
  await readBody(body, { kind: "total", ms: totalMs }, async (piece) => {
    byteCount += piece.length;
    if (byteCount > bytesMax) throw tooLarge(bytesMax);
    pieces.push(piece);
  });
  return parse(Buffer.concat(pieces));
}

/** B1. Bytes that the sender announces, or undefined. Errors: REQUEST_TOO_LARGE. */
export function announcedBytes(request: IncomingMessage, bytesMax: number): number | undefined {
  const announced = request.headers["content-length"];
  if (announced === undefined) return undefined;
  if (Number(announced) > bytesMax) throw tooLarge(bytesMax);
  return Number(announced);
}

/** Of a body as a whole, or of each piece after the one before. */
export interface BodyTime {
  readonly kind: "total" | "stall";
  readonly ms: number;
}

/** Gives a body piece by piece; the next one is read when `take` has resolved. Errors: REQUEST_TOO_SLOW, REQUEST_CUT_OFF, those of `take`. */
export async function readBody(
  { request, response, clock, signal }: BodyOf,
  time: BodyTime,
  take: (piece: Buffer) => Promise<void>,
): Promise<void> {
  if (/100-continue/i.test(request.headers.expect ?? "")) response.writeContinue();
  let deadline: Deadline | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      deadline = new Deadline(clock, time.ms, () => reject(tooSlow(time)));
      let latest = Promise.resolve();
      const onData = (piece: Buffer): void => {
        request.pause();
        if (time.kind === "stall") deadline?.putOff();
        latest = take(piece);
        latest.then(() => request.resume(), reject);
      };
      // B4: the end can come while its last piece is being taken.
      request.on("data", onData).once("end", () => latest.then(resolve, reject));
      for (const event of ["error", "close"]) {
        request.once(event, () => {
          if (!request.readableEnded) reject(cutOff());
        });
      }
      signal.addEventListener("abort", () => reject(cutOff()), { once: true });
      if (signal.aborted) reject(cutOff());
    });
  } finally {
    deadline?.end();
    request.pause().removeAllListeners("data");
  }
}

function parse(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RequestError("the body is not UTF-8 text");
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError("the body is not JSON");
  }
}

function tooLarge(bytesMax: number): RuntimeError {
  return new RuntimeError("REQUEST_TOO_LARGE", `the body may have ${bytesMax} bytes`);
}

function tooSlow({ kind, ms }: BodyTime): RuntimeError {
  const what = kind === "total" ? "the body did not end" : "nothing more of the body came";
  return new RuntimeError("REQUEST_TOO_SLOW", `${what} within ${ms / 1000} s`);
}

function cutOff(): RuntimeError {
  return new RuntimeError("REQUEST_CUT_OFF", "the connection ended before the body did");
}

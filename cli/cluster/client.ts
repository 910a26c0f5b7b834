/**
 * Asks a coordinator over HTTP.
 *
 * Owns: the requests, their time limits, and what every answer that is no success means as an error.
 * Never: tries again; see `persist.ts`.
 *
 * Q1. An error that the coordinator tells keeps its code; one of the way there is CLUSTER_UNREACHABLE, or
 *     CERTIFICATE_REFUSED where trying again is of no use.
 */
import http from "node:http";
import https from "node:https";
import { pipeline } from "node:stream/promises";
import type { JobStatus, StoryEvent, SubmitRequest, WorkerStatus } from "../../actors/cluster/control.ts";
import { API_VERSION, API_VERSION_HEADER, type ErrorBody, type VersionStatus } from "../../actors/gateway/messages.ts";
import { type Diagnostic, ProgramError } from "../../programs/errors.ts";
import { escapeText } from "../../programs/quote-text.ts";
import { CommandError } from "../command-error.ts";
import { endpointText } from "../endpoint.ts";
import type { Connection } from "./connection.ts";

export interface ResultPart {
  /** From the byte that was asked for. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Names the bytes of the whole result: as long as it is the same, parts of it fit together. */
  readonly tag: string;
}

interface Question {
  readonly headers?: http.OutgoingHttpHeaders;
  /** Gives the body; the request is ended by it. */
  readonly write?: (request: http.ClientRequest) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Silence after which an answer is no longer expected: longer than the longest wait. */
const SILENCE_MS = 90_000;
const CONNECT_MS = 10_000;
/** Bytes of an answer that is read as a whole: a long story. */
const ANSWER_BYTES_MAX = 64 << 20;

export class ClusterClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** `host:port`, for messages. */
  get place(): string {
    return endpointText(this.#connection);
  }

  /** Also shows that the coordinator is there, lets us in and speaks our version. */
  async version(): Promise<VersionStatus> {
    return await this.#json("GET", "/version");
  }

  async submit(request: SubmitRequest, signal?: AbortSignal): Promise<JobStatus> {
    const body = JSON.stringify(request);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    return await this.#json("POST", "/jobs", { headers, signal, write: async (sent) => void sent.end(body) });
  }

  async jobs(): Promise<readonly JobStatus[]> {
    return await this.#json("GET", "/jobs");
  }

  async job(id: string): Promise<JobStatus> {
    return await this.#json("GET", jobPath(id));
  }

  async story(id: string): Promise<readonly StoryEvent[]> {
    return await this.#json("GET", `${jobPath(id)}/story`);
  }

  async cancel(id: string): Promise<JobStatus> {
    return await this.#json("DELETE", jobPath(id));
  }

  /** Answers at the job's end, at the latest after so many seconds. */
  async wait(id: string, seconds: number, signal?: AbortSignal): Promise<JobStatus> {
    return await this.#json("GET", `${jobPath(id)}/wait?timeout=${seconds}`, { signal });
  }

  async workers(): Promise<readonly WorkerStatus[]> {
    return await this.#json("GET", "/workers");
  }

  async drain(id: string): Promise<WorkerStatus> {
    return await this.#json("POST", `/workers/${encodeURIComponent(id)}/drain`);
  }

  /** `bytes` are read only when the coordinator has said that it takes them. */
  async upload(name: string, bytes: NodeJS.ReadableStream, byteLength: number, signal: AbortSignal): Promise<void> {
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": byteLength,
      expect: "100-continue",
    };
    await this.#json("PUT", `/uploads/${encodeURIComponent(name)}`, {
      ...{ headers, signal },
      write: async (request) => {
        request.flushHeaders();
        await new Promise<void>((resolve) => {
          for (const event of ["continue", "response", "close"]) request.once(event, () => resolve());
        });
        if (!request.destroyed && request.listenerCount("response") > 0) await pipeline(bytes, request);
      },
    });
  }

  async removeUpload(name: string): Promise<void> {
    await this.#json("DELETE", `/uploads/${encodeURIComponent(name)}`);
  }

  /** The result from byte `start` on; where it is not the one that `tag` names, RESULT_GONE. */
  async result(
    id: string,
    start: number,
    tag: string | undefined,
    signal: AbortSignal,
    which: "result" | "rejects" = "result",
  ): Promise<ResultPart> {
    const part = start > 0 ? { range: `bytes=${start}-`, ...(tag !== undefined && { "if-range": tag }) } : {};
    const response = await this.#ask("GET", `${jobPath(id)}/${which}`, { headers: part, signal });
    if (response.statusCode !== (start > 0 ? 206 : 200)) {
      response.destroy();
      throw new CommandError("RESULT_GONE", `the result of job ${id} is no longer the one that was begun`);
    }
    return { bytes: this.#pieces(response), tag: response.headers.etag ?? "" };
  }

  async #json<Shape>(method: string, path: string, question: Question = {}): Promise<Shape> {
    const response = await this.#ask(method, path, question);
    const text = await this.#text(response);
    return parsed(text) as Shape;
  }

  /** Resolves with a successful answer, whose body is to be read. */
  async #ask(method: string, path: string, { headers, write, signal }: Question): Promise<http.IncomingMessage> {
    const { host, port, token, tls } = this.#connection;
    const own = { [API_VERSION_HEADER]: API_VERSION, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const options = { host, port, method, path, headers: { ...own, ...headers }, signal, agent: false, ...tls };
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = tls === undefined ? http.request(options) : https.request(options);
      const fail = (error: Error): void => reject(this.#unreachable(error));
      request.once("response", resolve).on("error", fail);
      request.setTimeout(SILENCE_MS, () => request.destroy(new Error("no answer")));
      const connecting = setTimeout(() => request.destroy(new Error("no connection")), CONNECT_MS);
      const end = (): void => clearTimeout(connecting);
      request.once("close", end);
      request.once("socket", (socket) => socket.once(tls === undefined ? "connect" : "secureConnect", end));
      if (write === undefined) request.end();
      // Whatever fails in writing, the answer or the request's own error says why.
      else write(request).catch((error: Error) => request.destroy(error));
    });
    const { statusCode: status = 0 } = response;
    if (status >= 200 && status < 300) return response;
    throw errorOf(status, parsed(await this.#text(response)), this.place);
  }

  async #text(response: http.IncomingMessage): Promise<string> {
    const pieces: Buffer[] = [];
    let byteCount = 0;
    for await (const piece of this.#pieces(response)) {
      byteCount += piece.length;
      if (byteCount > ANSWER_BYTES_MAX) throw new CommandError("CLUSTER_UNREACHABLE", `${this.place} answers too much`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString();
  }

  /** Q1 for what goes wrong in the middle of an answer. */
  async *#pieces(response: http.IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const piece of response) yield piece as Buffer;
    } catch (error) {
      throw this.#unreachable(error as Error);
    }
  }

  #unreachable(error: NodeJS.ErrnoException): Error {
    if (error.name === "AbortError") return error;
    const { code = "", message } = error;
    if (/CERT|SIGNED|VERIFY|ISSUER|ALTNAME|ERR_SSL|EPROTO/.test(code)) {
      return new CommandError("CERTIFICATE_REFUSED", `no TLS with the coordinator at ${this.place}: ${message}`);
    }
    return new CommandError("CLUSTER_UNREACHABLE", `cannot reach the coordinator at ${this.place}: ${message}`);
  }
}

function jobPath(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf(status: number, body: unknown, place: string): Error {
  const { code, message, diagnostics } = (body ?? {}) as Partial<ErrorBody>;
  if (typeof code !== "string" || !/^[A-Z_]{1,64}$/.test(code) || typeof message !== "string") {
    // A proxy's answer may be another one later.
    const code = status >= 500 ? "CLUSTER_UNREACHABLE" : "ROUTE_UNKNOWN";
    return new CommandError(code, `${place} answers with status ${status}: it is no coordinator`);
  }
  if (!Array.isArray(diagnostics)) return new CommandError(code, message);
  const shown = (diagnostics as readonly Diagnostic[]).map((one) => ({
    place: escapeText(String(one.place), 1000),
    message: escapeText(String(one.message), 1000),
  }));
  if (code === "PROGRAM_INVALID") return new ProgramError(shown);
  const places = shown.map((one) => [one.place, one.message].filter((part) => part !== "").join(": "));
  return new CommandError(code, [message, ...places].join("; "));
}

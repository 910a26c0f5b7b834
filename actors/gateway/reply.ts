/**
 * What a route answers, as a value; errors among it.
 *
 * Owns: the status of each error's code, and that what others wrote is shown with its control characters escaped.
 * Never: writes to a socket.
 */
import { ProgramError } from "../../programs/errors.ts";
import { escapeText } from "../../programs/quote-text.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { ErrorBody } from "./messages.ts";

export type Headers = Readonly<Record<string, string>>;

export type Reply =
  | { readonly kind: "json"; readonly status: number; readonly body: unknown; readonly headers?: Headers }
  | { readonly kind: "text"; readonly text: string; readonly contentType: string }
  | FileReply;

/** Bytes `start` to `end`, both inclusive, of an open file; `end` below `start` for none. */
export interface FileReply {
  readonly kind: "file";
  readonly path: string;
  readonly byteLength: number;
  readonly start: number;
  readonly end: number;
  readonly isPart: boolean;
  readonly headers: Headers;
}

/** A body that breaks the schema, told with every place. */
export class RequestError extends RuntimeError {
  readonly diagnostics: readonly { readonly place: string; readonly message: string }[];

  constructor(message: string, diagnostics: RequestError["diagnostics"] = []) {
    super("REQUEST_INVALID", message);
    this.name = "RequestError";
    this.diagnostics = diagnostics;
  }
}

const STATUSES: ReadonlyMap<string, number> = new Map([
  ["REQUEST_INVALID", 400],
  ["API_VERSION_UNKNOWN", 400],
  ["TOKEN_REFUSED", 401],
  ["HOST_REFUSED", 403],
  ["ORIGIN_REFUSED", 403],
  ["PATH_OUTSIDE_DATA_ROOT", 403],
  ["ROUTE_UNKNOWN", 404],
  ["JOB_UNKNOWN", 404],
  ["WORKER_UNKNOWN", 404],
  ["UPLOAD_UNKNOWN", 404],
  ["METHOD_REFUSED", 405],
  ["REQUEST_TOO_SLOW", 408],
  ["JOB_ENDED", 409],
  ["JOB_NOT_DONE", 409],
  ["UPLOAD_EXISTS", 409],
  ["UPLOAD_IN_USE", 409],
  ["RESULT_GONE", 410],
  ["REQUEST_TOO_LARGE", 413],
  ["CONTENT_TYPE_REFUSED", 415],
  ["RANGE_UNSATISFIABLE", 416],
  ["PROGRAM_INVALID", 422],
  ["INPUT_MISSING", 422],
  ["INPUT_UNREADABLE", 422],
  ["INPUT_NOT_A_FILE", 422],
  ["INPUT_COLUMN_UNKNOWN", 422],
  ["INPUT_CORRUPT", 422],
  ["OUTPUT_UNUSABLE", 422],
  ["QUEUE_FULL", 503],
  ["GATEWAY_BUSY", 503],
  ["COORDINATOR_NOT_READY", 503],
  ["DISK_FULL", 507],
  ["UPLOADS_FULL", 507],
]);

/** Of codes that say "later": seconds until the next attempt. */
const RETRY_AFTER_SECONDS = "1";
const MESSAGE_CHARACTERS_MAX = 1000;
const DIAGNOSTICS_MAX = 1000;

export function json(status: number, body: unknown, headers?: Headers): Reply {
  return { kind: "json", status, body, headers };
}

/** An error without a code is a bug: its words are for the log, not for whoever asks. */
export function errorReply(error: unknown): Reply {
  if (error instanceof ProgramError || error instanceof RequestError) {
    const told = error.diagnostics.slice(0, DIAGNOSTICS_MAX);
    const diagnostics = told.map(({ place, message }) => ({ place: shown(place), message: shown(message) }));
    return json(statusOf(error.code), { code: error.code, message: shown(error.message), diagnostics });
  }
  if (error instanceof RuntimeError) return failure(error.code, error.message);
  return failure("BUG", "internal error; the coordinator's log tells more");
}

export function failure(code: string, message: string, more: Headers = {}): Reply {
  const status = statusOf(code);
  const body: ErrorBody = { code, message: shown(message) };
  const headers: Record<string, string> = { ...more };
  if (status === 503) headers["retry-after"] = RETRY_AFTER_SECONDS;
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="actor-dataflow"';
  return json(status, body, headers);
}

function statusOf(code: string): number {
  return STATUSES.get(code) ?? 500;
}

function shown(text: string): string {
  return escapeText(text, MESSAGE_CHARACTERS_MAX);
}

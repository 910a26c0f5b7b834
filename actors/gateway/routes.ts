/**
 * The table of routes, and which of them a request means.
 *
 * Owns: paths and methods. A test tries every row of it as somebody who may not.
 */
import type { Handler } from "./exchange.ts";
import { awaitJob, cancelJob, listJobs, showJob, submitJob, tellStory } from "./job-routes.ts";
import { drainWorker, listWorkers, tellHealth, tellMetrics, tellReadiness, tellVersion } from "./operator-routes.ts";
import { sendRejects, sendResult } from "./result-routes.ts";
import { receiveUpload, removeUpload } from "./upload-routes.ts";

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `*` stands for one segment: the name of a job, a worker or an upload. */
  readonly path: string;
  /** `open`: needs no token. `early`: answers while journals are not open yet, as open ones do. */
  readonly admits: "token" | "early" | "open";
  readonly handle: Handler;
}

export const ROUTES: readonly Route[] = [
  { method: "POST", path: "/jobs", admits: "token", handle: submitJob },
  { method: "GET", path: "/jobs", admits: "token", handle: listJobs },
  { method: "GET", path: "/jobs/*", admits: "token", handle: showJob },
  { method: "DELETE", path: "/jobs/*", admits: "token", handle: cancelJob },
  { method: "GET", path: "/jobs/*/result", admits: "token", handle: sendResult },
  { method: "GET", path: "/jobs/*/rejects", admits: "token", handle: sendRejects },
  { method: "GET", path: "/jobs/*/story", admits: "token", handle: tellStory },
  { method: "GET", path: "/jobs/*/wait", admits: "token", handle: awaitJob },
  { method: "PUT", path: "/uploads/*", admits: "token", handle: receiveUpload },
  { method: "DELETE", path: "/uploads/*", admits: "token", handle: removeUpload },
  { method: "GET", path: "/workers", admits: "token", handle: listWorkers },
  { method: "POST", path: "/workers/*/drain", admits: "token", handle: drainWorker },
  { method: "GET", path: "/metrics", admits: "early", handle: tellMetrics },
  { method: "GET", path: "/version", admits: "early", handle: tellVersion },
  { method: "GET", path: "/healthz", admits: "open", handle: tellHealth },
  { method: "GET", path: "/readyz", admits: "open", handle: tellReadiness },
];

export type Found =
  | { readonly kind: "route"; readonly route: Route; readonly name: string }
  /** The path is known, with other methods. */
  | { readonly kind: "otherMethods"; readonly methods: readonly string[] }
  | { readonly kind: "unknown" };

/** `path` as sent, without query; segments are compared as they are, since every name is of plain letters. */
export function findRoute(method: string, path: string): Found {
  const segments = path.split("/");
  const ofPath = ROUTES.filter((route) => fits(route, segments));
  const route = ofPath.find((candidate) => candidate.method === method);
  if (route !== undefined) {
    return { kind: "route", route, name: segments[route.path.split("/").indexOf("*")] ?? "" };
  }
  if (ofPath.length > 0) return { kind: "otherMethods", methods: ofPath.map((candidate) => candidate.method) };
  return { kind: "unknown" };
}

function fits(route: Route, segments: readonly string[]): boolean {
  const wanted = route.path.split("/");
  return wanted.length === segments.length && wanted.every((part, index) => part === "*" || part === segments[index]);
}

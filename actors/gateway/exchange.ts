/**
 * What a route is given, and what all routes share.
 *
 * Owns: the types between `gateway.ts` and the routes.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { ClusterControl } from "../cluster/control.ts";
import type { GatewayLimits } from "./limits.ts";
import type { GatewayMetrics } from "./metrics.ts";
import type { Reply } from "./reply.ts";
import type { Slots } from "./slots.ts";
import type { UploadStore } from "./upload-store.ts";

/** One request. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The segment of the path that names a job, a worker or an upload; checked by its route. Empty where there is none. */
  readonly name: string;
  readonly query: URLSearchParams;
  /** Aborted when whoever asked has gone, or the gateway closes. */
  readonly signal: AbortSignal;
}

/** What outlives a request. */
export interface Services {
  readonly control: ClusterControl;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: GatewayLimits;
  readonly uploads: UploadStore;
  readonly metrics: GatewayMetrics;
  /** Requests that wait for a job, and how many may. */
  readonly waits: Slots;
  /** Results that are streamed. */
  readonly results: Slots;
  readonly version: string;
}

export type Handler = (exchange: Exchange, services: Services) => Promise<Reply>;

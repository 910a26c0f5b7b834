/**
 * The HTTP gateway of a coordinator: takes requests, lets in those that may come in, and answers each of them once.
 *
 * Owns: the life of a request, and of what outlives it: uploads, metrics, counts.
 * Never: knows what a route does, or who made the server.
 *
 * G1. Host, origin and token are looked at before the route, so that a stranger does not even learn which routes there are.
 * G2. Whatever goes wrong in a request is answered or ends its connection; it never ends the process.
 * G3. A peer without a token cannot fill the log.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { Log } from "../../runtime/log.ts";
import type { ListenSecurity } from "../../runtime/socket/security.ts";
import type { ClusterControl } from "../cluster/control.ts";
import { refusalOf } from "./admission.ts";
import { Deadline } from "./deadline.ts";
import type { Exchange, Services } from "./exchange.ts";
import { GATEWAY_LIMITS, type GatewayLimits } from "./limits.ts";
import { GatewayMetrics } from "./metrics.ts";
import { errorReply, failure, type Reply } from "./reply.ts";
import { type Found, findRoute } from "./routes.ts";
import { discardBody, send } from "./send.ts";
import { Slots } from "./slots.ts";
import { UploadStore } from "./upload-store.ts";

export interface GatewayOptions {
  readonly control: ClusterControl;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the product. */
  readonly version: string;
  /** Of the listener: the same rules hold for its connections and for its requests. */
  readonly security: ListenSecurity;
  /** See `cluster/data-root.ts`; made where it is missing. */
  readonly uploadsDirectory: string;
  readonly limits?: Partial<GatewayLimits>;
  /** Metrics of the process too: once in a process. */
  readonly processMetrics?: boolean;
}

export interface Gateway {
  /** Ends what waits and what streams; the server is for its owner to close. */
  close(): void;
}

const SWEEP_MS = 3_600_000;

/** `server` is its owner's, who bounds headers and their time. Errors: those of the uploads' directory. */
export async function openGateway(server: Server | SecureServer, options: GatewayOptions): Promise<Gateway> {
  const { control, clock, log, version } = options;
  const limits = { ...GATEWAY_LIMITS, ...options.limits };
  const uploads = new UploadStore({
    directory: options.uploadsDirectory,
    jobs: () => control.jobs(),
    ...{ limits, clock },
  });
  await uploads.open();
  const services: Services = {
    ...{ control, clock, log, limits, uploads, version },
    metrics: new GatewayMetrics(control, version, options.processMetrics ?? true),
    waits: new Slots("requests that wait", limits.waitsMax),
    results: new Slots("results under way", limits.resultsInFlightMax),
  };
  const listener = new Listener(services, options.security);
  // Node's limit is for a request as a whole, and an upload takes its time; bodies have limits of their own.
  server.requestTimeout = 0;
  server.on("request", listener.take);
  server.on("checkContinue", listener.take);
  const sweep = new Deadline(clock, SWEEP_MS, () => {
    sweep.putOff();
    uploads.sweep().catch((error: unknown) => log.warn("uploads cannot be swept", { error: asError(error) }));
  });
  return {
    close: () => {
      sweep.end();
      server.off("request", listener.take);
      server.off("checkContinue", listener.take);
      listener.close();
      services.metrics.close();
    },
  };
}

class Listener {
  readonly #services: Services;
  readonly #security: ListenSecurity;
  readonly #underWay = new Set<AbortController>();
  #isClosing = false;
  #refusalsUntold = 0;
  #refusalToldAtMs = Number.NEGATIVE_INFINITY;

  constructor(services: Services, security: ListenSecurity) {
    this.#services = services;
    this.#security = security;
  }

  readonly take = (request: IncomingMessage, response: ServerResponse): void => {
    // G2. An error of the connection is seen where it matters; unobserved, it would end the process.
    for (const stream of [request, response]) stream.on("error", () => undefined);
    this.#answer(request, response).catch((error: unknown) => {
      this.#services.log.debug("an answer broke off", { error: asError(error) });
      response.destroy();
    });
  };

  close(): void {
    this.#isClosing = true;
    for (const gone of this.#underWay) gone.abort();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock, metrics } = this.#services;
    const startMs = clock.nowMs();
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    const method = request.method ?? "";
    const found = findRoute(method, path);
    const route = found.kind === "route" ? found.route.path : "unknown";
    const gone = new AbortController();
    this.#underWay.add(gone);
    response.once("close", () => {
      this.#underWay.delete(gone);
      gone.abort();
      // Methods of strangers are no labels.
      const known = found.kind === "route" ? method : "other";
      const status = response.headersSent ? response.statusCode : 0;
      metrics.requestEnded({ method: known, route, status, durationMs: clock.nowMs() - startMs });
    });
    const name = found.kind === "route" ? found.name : "";
    const exchange: Exchange = { request, response, name, signal: gone.signal, query: new URLSearchParams(query) };
    const reply = await this.#reply(exchange, found);
    if (response.destroyed) return;
    discardBody(request, response, this.#services);
    await this.#send(reply, exchange);
  }

  /** Never rejects. */
  async #reply(exchange: Exchange, found: Found): Promise<Reply> {
    const { control, log } = this.#services;
    const isOpen = found.kind === "route" && found.route.admits === "open";
    const refusal = refusalOf(exchange.request, this.#security, !isOpen);
    if (refusal !== undefined) {
      this.#noteRefusal(refusal.code, exchange.request);
      return failure(refusal.code, refusal.message);
    }
    try {
      if (found.kind === "unknown") return failure("ROUTE_UNKNOWN", "there is nothing at this path");
      if (found.kind === "otherMethods") {
        const allow = found.methods.join(", ");
        return failure("METHOD_REFUSED", `this path takes ${allow}`, { allow });
      }
      if (this.#isClosing || (!control.isReady && found.route.admits === "token")) {
        return failure("COORDINATOR_NOT_READY", "the coordinator is starting or stopping");
      }
      return await found.route.handle(exchange, this.#services);
    } catch (error) {
      const isKnown = error instanceof RuntimeError || (error instanceof Error && error.name === "ProgramError");
      if (!isKnown) log.error("a request met a bug", { error: asError(error), path: exchange.request.url });
      return errorReply(error);
    }
  }

  async #send(reply: Reply, exchange: Exchange): Promise<void> {
    const { results } = this.#services;
    if (reply.kind !== "file") return await send(reply, exchange, this.#services);
    try {
      await results.within(() => send(reply, exchange, this.#services));
    } catch (error) {
      if (exchange.response.headersSent) throw error;
      await send(errorReply(error), exchange, this.#services);
    }
  }

  /** G3. */
  #noteRefusal(code: string, request: IncomingMessage): void {
    const { clock, limits, log, metrics } = this.#services;
    metrics.refused(code);
    this.#refusalsUntold += 1;
    if (clock.nowMs() - this.#refusalToldAtMs < limits.refusalLogMs) return;
    const { remoteAddress } = request.socket;
    log.warn("a request was refused", { code, from: remoteAddress, count: this.#refusalsUntold });
    this.#refusalsUntold = 0;
    this.#refusalToldAtMs = clock.nowMs();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

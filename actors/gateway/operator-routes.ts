/**
 * The routes for operators and their tools: workers, health, metrics, version.
 *
 * Owns: what of them is open without a token: that the process lives, and that it is ready, and no more.
 */
import { quoteText } from "../../programs/quote-text.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import type { Handler } from "./exchange.ts";
import { API_VERSION, type VersionStatus } from "./messages.ts";
import { failure, json } from "./reply.ts";

export const listWorkers: Handler = async (_exchange, { control }) => json(200, control.workers());

export const drainWorker: Handler = async ({ name, request }, { control, log }) => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(name)) {
    throw new RuntimeError("WORKER_UNKNOWN", `no worker ${quoteText(name)}`);
  }
  const worker = await control.drain(name);
  log.info("worker is asked to leave", { worker: worker.id, from: request.socket.remoteAddress });
  return json(200, worker);
};

export const tellHealth: Handler = async () => json(200, { status: "alive" });

export const tellReadiness: Handler = async (_exchange, { control }) =>
  control.isReady ? json(200, { status: "ready" }) : failure("COORDINATOR_NOT_READY", "journals are not open yet");

export const tellVersion: Handler = async (_exchange, { control, version }) =>
  json(200, { version, api: API_VERSION, term: control.term } satisfies VersionStatus);

export const tellMetrics: Handler = async (_exchange, { metrics }) => ({
  kind: "text",
  text: await metrics.text(),
  contentType: metrics.contentType,
});

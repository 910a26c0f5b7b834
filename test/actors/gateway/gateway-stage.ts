/**
 * A gateway on 127.0.0.1 over a fake cluster, for one test: a real server, real sockets, a clock that the test moves.
 *
 * Owns: starting and ending it, and asking it.
 */
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import { uploadsDirectory } from "../../../actors/cluster/data-root.ts";
import { type Gateway, type GatewayOptions, openGateway } from "../../../actors/gateway/gateway.ts";
import type { Log, LogFields } from "../../../runtime/log.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";
import { FakeControl } from "../cluster/fake-control.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

export const TOKEN = "correct-horse-battery-staple";

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Undefined where the body is not JSON. */
  readonly json: unknown;
}

export interface Question {
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** Instead of the right one; null for none. */
  readonly token?: string | null;
}

export interface Stage {
  readonly control: FakeControl;
  readonly clock: SimulatedClock;
  readonly gateway: Gateway;
  readonly server: http.Server | https.Server;
  readonly port: number;
  /** Level, message and fields of each record. */
  readonly records: readonly LogRecord[];
  /** The coordinator's data directory. */
  readonly dataDirectory: string;
  ask(method: string, path: string, question?: Question): Promise<Answer>;
  /** A socket that has written this, and is left open. */
  dial(written: string): Promise<Socket>;
}

export interface LogRecord {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export async function openStage(
  t: Pick<ExecutionContext, "teardown">,
  options: Partial<GatewayOptions> & {
    readonly server?: http.ServerOptions;
    readonly secure?: https.ServerOptions;
  } = {},
): Promise<Stage> {
  const dataDirectory = temporaryDirectory(t);
  const control = new FakeControl();
  const clock = new SimulatedClock();
  const records: LogRecord[] = [];
  const { secure } = options;
  const server = secure === undefined ? http.createServer(options.server ?? {}) : https.createServer(secure);
  const gateway = await openGateway(server, {
    ...{ control, clock, log: recorder(records), version: "0.1.0", security: { token: TOKEN } },
    ...{ uploadsDirectory: uploadsDirectory(dataDirectory), processMetrics: false },
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    gateway.close();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...{ control, clock, gateway, server, port, records, dataDirectory },
    ask: (method, target, question) => ask({ port, method, target, ...question }),
    dial: (written) => dial(port, written),
  };
}

/** Answers as the real file would be streamed: a file with `bytes`, as the result of a job that is done. */
export function resultFile({ dataDirectory }: Stage, name = "result.csv"): string {
  return path.join(dataDirectory, name);
}

async function ask(
  given: Question & { readonly port: number; readonly method: string; readonly target: string },
): Promise<Answer> {
  const { port, method, target, body, token = TOKEN } = given;
  const headers: http.OutgoingHttpHeaders = { ...given.headers };
  if (token !== null) headers.authorization ??= `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] ??= "application/json";
  return await new Promise<Answer>((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, method, path: target, headers, agent: false });
    request.on("error", reject).on("response", (response) => {
      text(response).then((received) => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, text: received, json: parsed(received) });
      }, reject);
    });
    request.end(body);
  });
}

async function dial(port: number, written: string): Promise<Socket> {
  return await new Promise<Socket>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(written);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** All that comes until the other side ends; an error of the socket is an end too. */
export async function received(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.on("data", (piece) => pieces.push(piece as Buffer));
    for (const event of ["end", "close", "error"]) socket.once(event, () => resolve());
  });
  socket.destroy();
  return Buffer.concat(pieces).toString();
}

/** Resolves when what has come contains `wanted`. */
export async function receivedUntil(socket: Socket, wanted: string): Promise<string> {
  let all = "";
  return await new Promise<string>((resolve, reject) => {
    const onData = (piece: Buffer): void => {
      all += piece.toString();
      if (!all.includes(wanted)) return;
      socket.off("data", onData);
      resolve(all);
    };
    socket.on("data", onData).once("close", () => reject(new Error(`closed after ${JSON.stringify(all)}`)));
  });
}

function parsed(received: string): unknown {
  try {
    return JSON.parse(received);
  } catch {
    return undefined;
  }
}

function recorder(records: LogRecord[], carried: LogFields = {}): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      records.push({ level, message, fields: { ...carried, ...fields } });
    };
  return {
    ...{ debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    child: (fields) => recorder(records, { ...carried, ...fields }),
  };
}

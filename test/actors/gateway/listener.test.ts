/**
 * The gateway on the listener of a coordinator: one port for workers, programs and people.
 */
import http from "node:http";
import { text } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { openGateway } from "../../../actors/gateway/gateway.ts";
import { silentLog } from "../../../runtime/log.ts";
import { type Listener, listen } from "../../../runtime/socket/listener.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";
import { FakeControl } from "../cluster/fake-control.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { TOKEN } from "./gateway-stage.ts";

async function open(t: ExecutionContext): Promise<Listener> {
  const security = { token: TOKEN };
  const listener = await listen({ identity: { process: "coordinator", life: "1" }, port: 0, security });
  const gateway = await openGateway(listener.httpServer, {
    ...{ control: new FakeControl(), clock: new SimulatedClock(), log: silentLog, version: "0.1.0", security },
    ...{ uploadsDirectory: temporaryDirectory(t), processMetrics: false },
  });
  t.teardown(async () => {
    gateway.close();
    await listener.close();
  });
  return listener;
}

async function ask({ port }: Listener, path: string, headers: http.OutgoingHttpHeaders): Promise<[number?, string?]> {
  return await new Promise((resolve, reject) => {
    const request = http.get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      text(response).then((received) => resolve([response.statusCode, received]), reject);
    });
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve([101, ""]);
    });
    request.on("error", reject);
  });
}

const AUTHORIZATION = { authorization: `Bearer ${TOKEN}` };
const UPGRADE = {
  ...{ connection: "Upgrade", upgrade: "websocket" },
  ...{ "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
};
const SOCKET_PATH = "/socket.io/?EIO=4&transport=websocket";

test("listener: requests are the gateway's, connections of workers are not", async (t) => {
  const listener = await open(t);
  t.deepEqual(await ask(listener, "/jobs", AUTHORIZATION), [200, "[]\n"]);
  t.is((await ask(listener, "/jobs", {}))[0], 401);
  t.is((await ask(listener, SOCKET_PATH, { ...AUTHORIZATION, ...UPGRADE }))[0], 101);
});

test("listener: what asks for a connection without one, or for one at a route, gets neither", async (t) => {
  const listener = await open(t);
  t.is((await ask(listener, SOCKET_PATH, AUTHORIZATION))[0], 404);
  t.is((await ask(listener, SOCKET_PATH, UPGRADE))[0], 401);
  t.is((await ask(listener, "/jobs", { ...AUTHORIZATION, ...UPGRADE }))[0], 400);
});

test("listener: an upload may take longer than Node allows a request", async (t) => {
  const { httpServer } = await open(t);
  t.is(httpServer.requestTimeout, 0);
  t.true(httpServer.headersTimeout > 0);
});

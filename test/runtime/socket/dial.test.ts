/**
 * Dialling: what each way of failing is called, over TCP and TLS.
 */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import type { RuntimeError } from "../../../runtime/errors.ts";
import { type DialOptions, dial } from "../../../runtime/socket/dial.ts";
import { type Listener, listen } from "../../../runtime/socket/listener.ts";
import type { PeerIdentity } from "../../../runtime/socket/peer.ts";
import type { DialSecurity, ListenSecurity } from "../../../runtime/socket/security.ts";
import type { Wire } from "../../../runtime/socket/wire.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { projectRoot } from "../../project/source-files.ts";
import { until } from "./until.ts";

const token = "0123456789abcdef";
const pem = (name: string): string => {
  return readFileSync(path.join(projectRoot, "test/runtime/socket/certificates", name), "utf8");
};
const ca = pem("authority.crt");
const server = { cert: pem("server.crt"), key: pem("server.key") };
const worker = { cert: pem("worker-1.crt"), key: pem("worker-1.key") };
const stranger = { cert: pem("stranger.crt"), key: pem("stranger.key") };

async function listening(t: ExecutionContext, security: ListenSecurity, admitted: PeerIdentity[]): Promise<Listener> {
  const listener = await listen({ identity: { process: "coordinator", life: "7" }, port: 0, security });
  t.teardown(() => listener.close());
  listener.serve("control", {
    admits: (peer) => {
      admitted.push(peer);
      return peer.process !== "unwanted";
    },
    connected: (wire) => wire.start({ heard: () => {}, closed: () => {} }),
  });
  return listener;
}

/** The wire, or the code of the failure. */
async function outcome(t: ExecutionContext, port: number, options: Partial<DialOptions> & { security: DialSecurity }) {
  return await new Promise<Wire | RuntimeError>((resolve) => {
    const { security, ...others } = options;
    const end = dial(
      {
        identity: { process: "worker-1", life: "1" },
        target: { host: "127.0.0.1", port, security },
        channel: "control",
        clock: systemClock,
        ...others,
      },
      {
        connected: (wire) => {
          wire.start({ heard: () => {}, closed: () => {} });
          t.teardown(() => wire.close());
          resolve(wire);
        },
        failed: resolve,
      },
    );
    t.teardown(end);
  });
}

const tls = { ...server, ca };
const cases: [string, ListenSecurity, DialSecurity, string | undefined][] = [
  ["the right token", { token }, { token }, undefined],
  ["a wrong token", { token }, { token: `${token}0` }, "TOKEN_REFUSED"],
  ["no token", { token }, {}, "TOKEN_REFUSED"],
  ["no token where none is asked for", { insecure: true }, {}, undefined],
  ["TLS and the authority", { token, tls }, { token, tls: { ca } }, undefined],
  ["TLS and a wrong token", { token, tls }, { token: `${token}0`, tls: { ca } }, "TOKEN_REFUSED"],
  ["TLS whose authority is not known", { token, tls }, { token, tls: {} }, "CERTIFICATE_REFUSED"],
  ["TLS of another authority", { token, tls }, { token, tls: { ca: stranger.cert } }, "CERTIFICATE_REFUSED"],
  [
    "another name than the certificate's",
    { token, tls },
    { token, tls: { ca, serverName: "a.b" } },
    "CERTIFICATE_REFUSED",
  ],
  ["the certificate's other name", { token, tls }, { token, tls: { ca, serverName: "cluster.example" } }, undefined],
  ["TCP where TLS is spoken", { token, tls }, { token }, "PEER_UNREACHABLE"],
  ["TLS where TCP is spoken", { token }, { token, tls: { ca } }, "PEER_UNREACHABLE"],
  [
    "a certificate where one is asked for",
    { token, tls: { ...tls, clientCertificates: true } },
    { token, tls: { ca, ...worker } },
    undefined,
  ],
];

for (const [described, listens, security, code] of cases) {
  test(`dial: with ${described} ${code === undefined ? "it connects" : `it fails, ${code}`}`, async (t) => {
    const admitted: PeerIdentity[] = [];
    const { port } = await listening(t, listens, admitted);
    const result = await outcome(t, port, { security });
    t.is("code" in result ? result.code : undefined, code);
    t.is(admitted.length, code === undefined ? 1 : 0);
    if ("peer" in result) t.like(result.peer, { process: "coordinator", life: "7", remoteAddress: "127.0.0.1" });
  });
}

for (const [described, own] of [
  ["none", {}],
  ["one of a stranger's", stranger],
] as const) {
  test(`dial: where a client's certificate is asked for, ${described} does not get in`, async (t) => {
    const admitted: PeerIdentity[] = [];
    const { port, refusalCounts } = await listening(t, { token, tls: { ...tls, clientCertificates: true } }, admitted);
    const result = await outcome(t, port, { security: { token, tls: { ca, ...own } } });
    // In TLS 1.3 the client learns of it after its handshake: sometimes the reason, sometimes only the end.
    t.true("code" in result && ["CERTIFICATE_REFUSED", "PEER_UNREACHABLE"].includes(result.code));
    t.is(admitted.length, 0);
    await until(() => refusalCounts.get("CERTIFICATE_REFUSED") === 1, "it is counted");
  });
}

test("dial: the listener learns the name in the client's certificate", async (t) => {
  const admitted: PeerIdentity[] = [];
  const { port } = await listening(t, { token, tls: { ...tls, clientCertificates: true } }, admitted);
  await outcome(t, port, { security: { token, tls: { ca, ...worker } } });
  t.is(admitted[0]?.certificateName, "worker-1");
});

test("dial: a process that is not admitted is told so, with the listener's words", async (t) => {
  const { port } = await listening(t, { token }, []);
  const result = await outcome(t, port, { security: { token }, identity: { process: "unwanted", life: "1" } });
  t.is((result as RuntimeError).code, "PEER_REFUSED");
  t.true((result as RuntimeError).message.includes("unwanted is not admitted to control"));
});

test("dial: whoever is not the process that is meant is hung up on, and named", async (t) => {
  const { port } = await listening(t, { token }, []);
  const asked: string[] = [];
  const recognizes = ({ process, life }: PeerIdentity): boolean => {
    asked.push(`${process} ${life}`);
    return false;
  };
  const result = await outcome(t, port, { security: { token }, recognizes });
  t.is((result as RuntimeError).code, "PEER_REPLACED");
  t.is(asked.length, 1);
});

test("dial: nobody there is unreachable", async (t) => {
  const { port, close } = await bareServer(() => {});
  await close();
  t.is(((await outcome(t, port, { security: { token } })) as RuntimeError).code, "PEER_UNREACHABLE");
});

test("dial: one who takes the connection and says nothing is given up after a time", async (t) => {
  const { port, close } = await bareServer(() => {});
  t.teardown(close);
  const result = await outcome(t, port, { security: { token }, timeoutMs: 50 });
  t.is((result as RuntimeError).code, "PEER_UNREACHABLE");
});

test("dial: one who speaks something else is unreachable", async (t) => {
  const { port, close } = await bareServer((server) => {
    server.on("connection", (socket) => socket.on("error", () => {}).end("SSH-2.0-OpenSSH_9.6\r\n"));
  });
  t.teardown(close);
  t.is(((await outcome(t, port, { security: { token } })) as RuntimeError).code, "PEER_UNREACHABLE");
});

async function bareServer(prepare: (server: Server) => void): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  const sockets: { destroy(): void }[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  prepare(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { readonly port: number }).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * The gateway over TLS, with and without client certificates.
 */
import https from "node:https";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { openGateway } from "../../../actors/gateway/gateway.ts";
import { silentLog } from "../../../runtime/log.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";
import { FakeControl } from "../cluster/fake-control.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { type Certificates, makeCertificates, NO_OPENSSL } from "./certificates.ts";
import { TOKEN } from "./gateway-stage.ts";

const secure = NO_OPENSSL === undefined ? test : test.skip;
if (NO_OPENSSL !== undefined) test(`TLS: skipped, since ${NO_OPENSSL}`, (t) => t.pass());

async function open(t: ExecutionContext, wantsCertificate: boolean): Promise<[number, Certificates]> {
  const directory = temporaryDirectory(t);
  const certificates = makeCertificates(directory);
  const { server: own, authority } = certificates;
  const server = https.createServer({
    ...{ cert: own.cert, key: own.key, ca: authority.cert, requestCert: wantsCertificate },
    rejectUnauthorized: wantsCertificate,
  });
  const gateway = await openGateway(server, {
    ...{
      control: new FakeControl(),
      clock: new SimulatedClock(),
      log: silentLog,
      version: "0.1.0",
      security: { token: TOKEN },
    },
    ...{ uploadsDirectory: `${directory}/uploads`, processMetrics: false },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    gateway.close();
    server.close();
    server.closeAllConnections();
  });
  return [(server.address() as AddressInfo).port, certificates];
}

/** The status, or the error's code. */
async function ask(port: number, options: https.RequestOptions, token = TOKEN): Promise<number | string | undefined> {
  const headers = { authorization: `Bearer ${token}` };
  return await new Promise((resolve) => {
    https
      .get({ host: "127.0.0.1", port, path: "/jobs", headers, agent: false, ...options }, (response) => {
        resolve(response.resume().statusCode);
      })
      .on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

secure("TLS: a client that trusts the authority is served, and needs the token as well", async (t) => {
  const [port, { authority }] = await open(t, false);
  t.is(await ask(port, { ca: authority.cert }), 200);
  t.is(await ask(port, { ca: authority.cert }, "wrong"), 401);
});

secure("TLS: a client that does not know the authority does not talk to the server", async (t) => {
  const [port, { stranger }] = await open(t, false);
  t.regex(String(await ask(port, {})), /CERT|SIGNATURE/);
  t.regex(String(await ask(port, { ca: stranger.cert })), /CERT|SIGNATURE/);
});

secure(
  "TLS: where client certificates are wanted, none and a stranger's are refused, whatever the token",
  async (t) => {
    const [port, { authority, client, stranger }] = await open(t, true);
    t.is(await ask(port, { ca: authority.cert, cert: client.cert, key: client.key }), 200);
    t.is(await ask(port, { ca: authority.cert, cert: client.cert, key: client.key }, "wrong"), 401);
    t.is(typeof (await ask(port, { ca: authority.cert })), "string");
    t.is(typeof (await ask(port, { ca: authority.cert, cert: stranger.cert, key: stranger.key })), "string");
  },
);

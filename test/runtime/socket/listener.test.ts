/**
 * A listener against strangers: every event and route without a token, with a wrong one, oversized, malformed, slow.
 */
import { request } from "node:http";
import { createConnection } from "node:net";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { PACKET_BYTES_MAX } from "../../../runtime/socket/limits.ts";
import { type Listener, type ListenOptions, listen } from "../../../runtime/socket/listener.ts";
import type { PeerIdentity } from "../../../runtime/socket/peer.ts";
import type { Wire } from "../../../runtime/socket/wire.ts";
import { RawWebsocket, SOCKET_PATH } from "./raw-websocket.ts";
import { turn, until } from "./until.ts";

const token = "0123456789abcdef";
const bearer = { authorization: `Bearer ${token}` };
const hello = JSON.stringify({ protocol: 1, process: "stranger", life: "1" });

interface Place {
  readonly listener: Listener;
  readonly wires: Wire[];
  /** Events as the control channel heard them. */
  readonly heard: unknown[][];
  readonly closed: string[];
}

async function place(t: ExecutionContext, options: Partial<ListenOptions> = {}): Promise<Place> {
  const identity = { process: "coordinator", life: "1" };
  const listener = await listen({ identity, port: 0, security: { token }, ...options });
  t.teardown(() => listener.close());
  const [wires, heard, closed]: [Wire[], unknown[][], string[]] = [[], [], []];
  listener.serve("control", {
    admits: (peer: PeerIdentity) => peer.process !== "unwanted",
    connected: (wire) => {
      wires.push(wire);
      wire.start({
        heard: (event, parts) => heard.push([event, ...parts]),
        closed: (reason) => closed.push(reason),
      });
    },
  });
  return { listener, wires, heard, closed };
}

async function connect(t: ExecutionContext, { listener }: Place): Promise<RawWebsocket> {
  const raw = new RawWebsocket({ port: listener.port, headers: bearer });
  t.teardown(() => raw.end());
  return await raw.open();
}

test("upgrade: a peer with token and greeting gets in, is told who we are, and is heard", async (t) => {
  const here = await place(t);
  const raw = await connect(t, here);
  raw.say(`40/control,${hello}`);
  await until(() => here.wires.length === 1, "it is in");
  t.like(here.wires[0]!.peer, { process: "stranger", life: "1", certificateName: undefined });
  raw.say(`42/control,["frames",1]`);
  await until(() => here.heard.length === 1, "it is heard");
  t.deepEqual(here.heard, [["frames", 1]]);
  t.true(raw.text.includes(`["welcome",{"protocol":1,"process":"coordinator","life":"1"}]`));
  t.deepEqual([...here.listener.refusalCounts], []);
});

const refusedUpgrades: [string, string, Record<string, string>, number, string][] = [
  ["no token", SOCKET_PATH, {}, 401, "TOKEN_REFUSED"],
  ["a wrong token", SOCKET_PATH, { authorization: `Bearer ${token}0` }, 401, "TOKEN_REFUSED"],
  ["the token in the address", `${SOCKET_PATH}&token=${token}`, {}, 401, "TOKEN_REFUSED"],
  ["a page of another site", SOCKET_PATH, { ...bearer, origin: "http://evil.example" }, 403, "ORIGIN_REFUSED"],
  ["another name of this host", SOCKET_PATH, { ...bearer, host: "evil.example" }, 403, "HOST_REFUSED"],
  ["another path", "/other", bearer, 400, "PACKET_INVALID"],
  ["another path and no token", "/other", {}, 401, "TOKEN_REFUSED"],
  ["a path that is no address", "//[", bearer, 400, "PACKET_INVALID"],
  ["long polling", "/socket.io/?EIO=4&transport=polling", bearer, 400, "PACKET_INVALID"],
  ["the protocol of old", "/socket.io/?EIO=3&transport=websocket", bearer, 400, "PACKET_INVALID"],
  ["a session of another", `${SOCKET_PATH}&sid=abc`, bearer, 400, "PACKET_INVALID"],
  ["a session of another, and no token", `${SOCKET_PATH}&sid=abc`, {}, 401, "TOKEN_REFUSED"],
];

for (const [described, path, headers, status, code] of refusedUpgrades) {
  test(`upgrade: ${described} is answered ${status}, ${code}`, async (t) => {
    const here = await place(t);
    const raw = new RawWebsocket({ port: here.listener.port, path, headers });
    await raw.closed;
    t.is(raw.status, status);
    t.deepEqual([...here.listener.refusalCounts], [[code, 1]]);
    t.is(here.wires.length, 0);
  });
}

test("upgrade: a session that exists is joined by nobody, whatever token is shown", async (t) => {
  const here = await place(t);
  const raw = await connect(t, here);
  const session = /"sid":"([^"]+)"/.exec(raw.text)?.[1];
  for (const [headers, status] of [
    [bearer, 400],
    [{}, 401],
  ] as const) {
    const other = new RawWebsocket({ port: here.listener.port, path: `${SOCKET_PATH}&sid=${session}`, headers });
    await until(() => other.status !== undefined, "it is answered");
    t.is(other.status, status);
    await other.closed;
  }
  raw.say(`40/control,${hello}`);
  await until(() => here.wires.length === 1, "the session goes on");
});

test("routes: without a handler every request is answered 503, as where one is about to come; a handler is asked alone", async (t) => {
  const { listener } = await place(t);
  const status = (path: string, method = "GET"): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { port: listener.port, host: "127.0.0.1", path, method, headers: bearer };
      const asked = request(options, (response) => resolve(response.resume().statusCode));
      asked.on("error", reject).end();
    });
  const paths = ["/", "/socket.io/", "/socket.io/?EIO=4&transport=polling", "/socket.io/socket.io.js"];
  for (const path of paths) t.is(await status(path), 503, path);
  t.is(await status("/socket.io/?EIO=4&transport=polling", "POST"), 503);
  listener.httpServer.on("request", (_request, response) => response.writeHead(200).end());
  t.is(await status("/"), 200);
});

const refusedGreetings: [string, string, string][] = [
  ["none", `40/control,`, "HELLO_INVALID"],
  ["an empty one", `40/control,{}`, "HELLO_INVALID"],
  ["another version", `40/control,{"protocol":2,"process":"a","life":"1"}`, "PROTOCOL_MISMATCH"],
  ["a version that is no number", `40/control,{"protocol":"1","process":"a","life":"1"}`, "HELLO_INVALID"],
  ["no name", `40/control,{"protocol":1,"life":"1"}`, "HELLO_INVALID"],
  ["a name with a line feed", `40/control,{"protocol":1,"process":"a\\n","life":"1"}`, "HELLO_INVALID"],
  ["no life", `40/control,{"protocol":1,"process":"a"}`, "HELLO_INVALID"],
  ["one that is not admitted", `40/control,{"protocol":1,"process":"unwanted","life":"1"}`, "PEER_REFUSED"],
  ["a channel without a handler", `40/blocks,${hello}`, "PEER_REFUSED"],
];

for (const [described, text, code] of refusedGreetings) {
  test(`greeting: ${described} is refused, ${code}, and the connection closed`, async (t) => {
    const here = await place(t);
    const raw = await connect(t, here);
    raw.say(text);
    await raw.closed;
    t.is(raw.status, 101);
    t.true(raw.text.includes(`"code":"${code}"`), raw.text);
    t.deepEqual([...here.listener.refusalCounts], [[code, 1]]);
    t.is(here.wires.length, 0);
  });
}

const malformed: [string, (raw: RawWebsocket) => void][] = [
  ["a packet of no type", (raw) => raw.say("")],
  ["a packet of an unknown type", (raw) => raw.say("9")],
  ["an event of no namespace's", (raw) => raw.say(`42["frames",1]`)],
  ["an event that is no JSON", (raw) => raw.say(`42/control,["frames`)],
  ["an event that is no array", (raw) => raw.say(`42/control,{"frames":1}`)],
  ["bytes that nobody announced", (raw) => raw.sayBytes(new Uint8Array(10))],
  ["more bytes than an event may have", (raw) => raw.say(`4511-/control,["frames",{"_placeholder":true,"num":0}]`)],
  ["an event that ends a binary one", (raw) => raw.say(`451-/control,["frames",{"_placeholder":true,"num":0}]`)],
  ["a packet that is too large", (raw) => raw.sayBytes(new Uint8Array(PACKET_BYTES_MAX + 1))],
  ["a frame of a reserved kind", (raw) => raw.frame(5, new Uint8Array(3))],
  ["text that is not UTF-8", (raw) => raw.frame(1, Uint8Array.of(0xff, 0xfe))],
];

for (const [described, say] of malformed) {
  test(`malformed: ${described} ends the connection, and only that`, async (t) => {
    const here = await place(t);
    const raw = await connect(t, here);
    raw.say(`40/control,${hello}`);
    await until(() => here.wires.length === 1, "it is in");
    say(raw);
    if (described.includes("binary")) raw.say(`42/control,["frames",1]`);
    await raw.closed;
    await until(() => here.closed.length === 1, "its end is told");
    const good = await connect(t, here);
    good.say(`40/control,${hello}`);
    await until(() => here.wires.length === 2, "another gets in");
    t.deepEqual(here.heard, []);
  });
}

test("malformed: an event without a name, or with a number for one, has none", async (t) => {
  const here = await place(t);
  const raw = await connect(t, here);
  raw.say(`40/control,${hello}`);
  await until(() => here.wires.length === 1, "it is in");
  for (const text of ["", "7", "[8]", "9[10,11]"]) raw.say(`42/control,${text}`);
  await until(() => here.heard.length === 4, "all are heard");
  t.deepEqual(
    here.heard.map(([event]) => event),
    ["", "", "", ""],
  );
});

test("malformed: whatever is said, before and after the greeting, nothing is heard that is no event, and nobody crashes", async (t) => {
  const here = await place(t);
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc
      .tuple(fc.constantFrom("4", "40", "42", "43", "45", "451-", "44", "0", "1", "2", "3", "6"), fc.json())
      .map((both) => both.join("")),
    fc
      .tuple(fc.constantFrom("40", "42", "451-", "43", "44"), fc.json())
      .map(([kind, json]) => `${kind}/control,${json}`),
  );
  const said = fc.array(fc.oneof(text, fc.uint8Array({ maxLength: 200 })), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.boolean(), said, async (greets, all) => {
      const raw = new RawWebsocket({ port: here.listener.port, headers: bearer });
      await raw.open();
      if (greets) raw.say(`40/control,${hello}`);
      for (const one of all) {
        if (typeof one === "string") raw.say(one);
        else raw.sayBytes(one);
      }
      raw.frame(8, new Uint8Array());
      await raw.closed;
      t.is(raw.status, 101);
    }),
    { numRuns: 200 },
  );
  t.true(here.heard.every(([event]) => typeof event === "string"));
  const good = await connect(t, here);
  const before = here.wires.length;
  good.say(`40/control,${hello}`);
  await until(() => here.wires.length > before, "a good peer still gets in");
});

test("slow: a connection that asks nothing, half a request, and a websocket that never greets are cut off", async (t) => {
  const here = await place(t, { helloTimeoutMs: 100 });
  const silent = await connect(t, here);
  const sockets = ["", "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-half"].map((text) => {
    const socket = createConnection({ port: here.listener.port, host: "127.0.0.1" });
    socket.resume().write(text);
    return new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
  });
  await Promise.all([silent.closed, ...sockets]);
  t.is(here.wires.length, 0);
});

test("close: every connection is ended, greeted or not, and the port is free", async (t) => {
  const here = await place(t);
  const greeted = await connect(t, here);
  greeted.say(`40/control,${hello}`);
  const silent = await connect(t, here);
  await until(() => here.wires.length === 1, "one is in");
  const { port } = here.listener;
  await here.listener.close();
  await Promise.all([greeted.closed, silent.closed]);
  await turn();
  t.is(here.closed.length, 1);
  const again = await place(t, { port });
  t.is(again.listener.port, port);
});

test("listening: a port that is taken is named", async (t) => {
  const { listener } = await place(t);
  const error = await t.throwsAsync(place(t, { port: listener.port }), { code: "LISTEN_FAILED" });
  t.true(error?.message.includes(String(listener.port)));
});

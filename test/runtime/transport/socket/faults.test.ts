/**
 * The socket transport while connections are cut, stalled and replaced, and processes speak out of turn.
 */
import test from "ava";
import { type Fence, toIncarnation, toTerm } from "../../../../runtime/identity.ts";
import { seededRandom } from "../../../../runtime/random.ts";
import { listen } from "../../../../runtime/socket/listener.ts";
import { systemClock } from "../../../../runtime/system-clock.ts";
import { systemRandom } from "../../../../runtime/system-random.ts";
import { createSocketTransport } from "../../../../runtime/transport/socket/socket-transport.ts";
import type { Address, ControlMessage, Endpoint, EndpointHandler } from "../../../../runtime/transport/transport.ts";
import { turn, until } from "../../socket/until.ts";
import { TOKEN, twoProcesses } from "./two-processes.ts";

const life: Fence = { term: toTerm(1), incarnation: toIncarnation(1) };
const ignore = (): void => {};

interface Heard {
  readonly numbers: number[];
  readonly signals: number[];
  readonly disconnects: Address[];
  readonly handler: EndpointHandler;
}

function recorder(): Heard {
  const [numbers, signals, disconnects]: [number[], number[], Address[]] = [[], [], []];
  const numberOf = (message: ControlMessage): number =>
    (message as ControlMessage & { readonly number: number }).number;
  return {
    numbers,
    signals,
    disconnects,
    handler: {
      receive: (delivery) => {
        numbers.push(numberOf(delivery.envelope.message));
        delivery.acknowledge();
      },
      signalled: ({ message }) => signals.push(numberOf(message)),
      disconnected: (peer) => disconnects.push(peer),
      fenced: ignore,
    },
  };
}

function numbered(number: number, padding = 0): ControlMessage {
  return { type: "numbered", number, padding: "x".repeat(padding) } as ControlMessage;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

for (const seed of [1, 2, 3]) {
  test(`cuts: whatever is cut, everything arrives once, in order, both ways (seed ${seed})`, async (t) => {
    const place = await twoProcesses(t, { proxied: true });
    const [left, right] = [recorder(), recorder()];
    const ends: Endpoint[] = [
      place.worker.createEndpoint("left", life, left.handler),
      place.coordinator.createEndpoint("right", life, right.handler),
    ];
    const random = seededRandom(seed);
    const count = 600;
    for (let number = 1; number <= count; number += 1) {
      if (number % 100 === 0) {
        await until(() => place.proxy.cutAfterBytes === Number.POSITIVE_INFINITY, "the last cut has happened");
        place.proxy.cutAfterBytes = Math.floor(random.next() * 20_000);
      }
      t.is(ends[0]!.send("right", numbered(number, random.next() * 500)), "accepted");
      t.is(ends[1]!.send("left", numbered(number, random.next() * 500)), "accepted");
      if (random.next() < 0.2) await turn();
    }
    place.proxy.cutAfterBytes = Number.POSITIVE_INFINITY;
    await until(() => ends[0]!.unacknowledgedCount("right") + ends[1]!.unacknowledgedCount("left") === 0, "all came");
    t.deepEqual(left.numbers, upTo(count));
    t.deepEqual(right.numbers, upTo(count));
    t.true(place.proxy.connectionCount > 3, `${place.proxy.connectionCount} connections`);
  });
}

test("stall: what a peer does not take is bounded on the wire, waits, and arrives when it goes on", async (t) => {
  const windowBytes = 256 * 1024;
  const place = await twoProcesses(t, { proxied: true, transport: { windowBytes, unacknowledgedMax: 10_000 } });
  const right = recorder();
  const left = place.worker.createEndpoint("left", life, ignore as never);
  place.coordinator.createEndpoint("right", life, right.handler);
  await place.connected();
  await place.settle();
  const before = place.worker.statistics.bytesSent;
  place.proxy.stall();
  for (const number of upTo(4_000)) left.send("right", numbered(number, 1_000));
  for (const number of upTo(5_000)) left.signal("right", numbered(number));
  for (let turns = 0; turns < 50; turns += 1) await turn();
  const { bytesSent, framesQueued } = place.worker.statistics;
  t.true(bytesSent - before <= windowBytes, `${bytesSent - before} bytes`);
  t.true(framesQueued > 3_000 && framesQueued < 6_000, `${framesQueued} frames`);
  // Offered again while they wait, they wait no longer queue.
  place.worker.rerouted("right");
  t.true(place.worker.statistics.framesQueued < 6_000);
  place.proxy.resume();
  await until(() => left.unacknowledgedCount("right") === 0, "all came");
  await place.settle();
  t.deepEqual(right.numbers, upTo(4_000));
  t.deepEqual(right.signals, upTo(5_000).slice(-1_024));
});

test("stall: a connection through which nothing comes is given up by both ends, and another one made", async (t) => {
  const place = await twoProcesses(t, { proxied: true, listener: { pingIntervalMs: 150, pingTimeoutMs: 150 } });
  const right = recorder();
  const left = place.worker.createEndpoint("left", life, recorder().handler);
  place.coordinator.createEndpoint("right", life, right.handler);
  await place.connected();
  place.proxy.stall();
  left.send("right", numbered(1));
  await until(() => place.proxy.connectionCount > 1, "it is dialled anew");
  await until(() => left.unacknowledgedCount("right") === 0, "it came");
  t.deepEqual(right.numbers, [1]);
  t.true(place.events.worker.some(({ type }) => type === "disconnected"));
});

test("disconnect: is told to those that know an address behind it, and what was sent meanwhile arrives", async (t) => {
  const place = await twoProcesses(t, { proxied: true });
  const [left, right, other] = [recorder(), recorder(), recorder()];
  const sender = place.worker.createEndpoint("left", life, left.handler);
  place.worker.createEndpoint("other", life, other.handler);
  place.coordinator.createEndpoint("right", life, right.handler);
  sender.send("right", numbered(1));
  await place.settle();
  place.proxy.cut({ refuse: true });
  await until(() => left.disconnects.length + right.disconnects.length === 2, "both are told");
  sender.send("right", numbered(2));
  sender.signal("right", numbered(3));
  t.is(sender.unacknowledgedCount("right"), 1);
  await until(() => place.events.worker.some(({ type }) => type === "refused"), "dialling fails");
  place.proxy.restore();
  await place.settle();
  t.deepEqual([left.disconnects, right.disconnects, other.disconnects], [["right"], ["left"], []]);
  t.deepEqual([right.numbers, right.signals], [[1, 2], []]);
});

test("restart: a process that comes back with a new life gets what its last one did not acknowledge", async (t) => {
  const place = await twoProcesses(t);
  const sender = place.worker.createEndpoint("left", life, recorder().handler);
  const before = recorder();
  const silent = {
    ...before.handler,
    receive: ({ envelope }: { envelope: unknown }) => before.numbers.push(envelope as never),
  };
  place.coordinator.createEndpoint("right", life, silent);
  for (const number of upTo(3)) sender.send("right", numbered(number));
  await until(() => before.numbers.length === 3, "they came");
  place.coordinator.close();
  const { port } = place.listener;
  await place.listener.close();
  const identity = { process: "coordinator", life: "2" };
  const listener = await listen({ identity, port, security: { token: TOKEN } });
  const route = (address: string): string => (address === "right" ? "coordinator" : "worker-1");
  const coordinator = createSocketTransport({ identity, clock: systemClock, random: systemRandom, listener, route });
  t.teardown(async () => {
    coordinator.close();
    await listener.close();
  });
  const after = recorder();
  coordinator.createEndpoint("right", { ...life, incarnation: toIncarnation(2) }, after.handler);
  await until(() => sender.unacknowledgedCount("right") === 0, "they came again");
  t.deepEqual(after.numbers, [1, 2, 3]);
  t.like(place.worker.peers[0], { process: "coordinator", life: "2" });
});

test("replaced: a newer connection of the same process takes the place of the older", async (t) => {
  const place = await twoProcesses(t);
  await place.connected();
  const second = createSocketTransport({
    identity: { process: "worker-1", life: "2" },
    clock: systemClock,
    random: systemRandom,
    route: () => "coordinator",
    dial: { host: "127.0.0.1", port: place.listener.port, security: { token: TOKEN } },
  });
  t.teardown(() => second.close());
  await until(() => place.coordinator.peers[0]?.life === "2", "the second is there");
  place.worker.close();
  await until(() => second.peers.length === 1, "the second is connected");
  t.is(place.coordinator.peers.length, 1);
  t.deepEqual(
    place.events.coordinator.slice(0, 3).map(({ type }) => type),
    ["connected", "disconnected", "connected"],
  );
});

test("routes: a frame from an address of another process is dropped, and comes when the address is routed there", async (t) => {
  let home = "worker-2";
  const route = (address: string): string => (address === "left" ? home : "coordinator");
  const place = await twoProcesses(t, { transport: { route } });
  const right = recorder();
  place.coordinator.createEndpoint("right", life, right.handler);
  const left = place.worker.createEndpoint("left", life, recorder().handler);
  left.send("right", numbered(1));
  await place.connected();
  await until(() => place.coordinator.statistics.framesMisrouted > 0, "it came and was dropped");
  t.deepEqual(right.numbers, []);
  home = "worker-1";
  place.coordinator.rerouted("left");
  await until(() => left.unacknowledgedCount("right") === 0, "it came");
  t.deepEqual(right.numbers, [1]);
});

test("messages: what JSON would change, and what is too large, is refused when it is sent", async (t) => {
  const { worker } = await twoProcesses(t, { transport: { messageBytesMax: 1_000 } });
  const left = worker.createEndpoint("left", life, recorder().handler);
  const cycle: { type: string; self?: unknown } = { type: "cycle" };
  cycle.self = cycle;
  const wrong = [1n, Number.NaN, new Uint8Array(1), new Map(), new Date(0), () => 1, Symbol("a"), [undefined], cycle];
  for (const value of wrong) {
    const message = { type: "wrong", nested: [{ value }] } as ControlMessage;
    t.throws(() => left.send("right", message), { code: "ERR_ASSERTION" });
    t.throws(() => left.signal("right", message), { code: "ERR_ASSERTION" });
  }
  t.throws(() => left.send("right", numbered(1, 1_000)), { code: "MESSAGE_TOO_LARGE" });
  t.throws(() => left.send("right", { type: "x", text: "ä".repeat(600) } as ControlMessage), {
    code: "MESSAGE_TOO_LARGE",
  });
  t.is(left.unacknowledgedCount("right"), 0);
  t.is(
    left.send("right", { type: "fits", nothing: undefined, nested: Object.create(null) } as ControlMessage),
    "accepted",
  );
});

test("messages: the largest that is allowed arrives, in the largest characters, behind a full batch", async (t) => {
  const messageBytesMax = 3 * 1024 * 1024;
  const place = await twoProcesses(t, { transport: { messageBytesMax } });
  const right = recorder();
  const left = place.worker.createEndpoint("left", life, recorder().handler);
  place.coordinator.createEndpoint("right", life, right.handler);
  left.send("right", { ...numbered(1), text: "€".repeat(20_000) } as ControlMessage);
  left.send("right", { ...numbered(2), text: "€".repeat(messageBytesMax / 3 - 100) } as ControlMessage);
  await until(() => left.unacknowledgedCount("right") === 0, "both came");
  t.deepEqual(right.numbers, [1, 2]);
  t.is(place.events.worker.filter(({ type }) => type === "disconnected").length, 0);
});

test("messages: one that is not accepted ends its connection, counted, and both ends are told why", async (t) => {
  const accepts = ({ type }: ControlMessage): boolean => type !== "odd";
  const place = await twoProcesses(t, { transport: { accepts } });
  const left = place.worker.createEndpoint("left", life, recorder().handler);
  place.coordinator.createEndpoint("right", life, recorder().handler);
  await place.connected();
  left.signal("right", { type: "odd" });
  await until(() => place.events.worker.some(({ type }) => type === "disconnected"), "it is closed");
  const told = place.events.worker.find((event) => event.type === "disconnected");
  t.regex(told?.type === "disconnected" ? told.reason : "", /^PACKET_INVALID: a message of type "odd"/);
  t.is(place.coordinator.statistics.packetsRefused, 1);
  t.is(place.listener.refusalCounts.get("PACKET_INVALID"), 1);
  await place.connected();
});

test("dialling: who is refused is told why, and gets in when that is repaired", async (t) => {
  let admitted = false;
  const place = await twoProcesses(t, { transport: { admits: () => admitted } });
  await until(() => place.events.worker.length > 0, "it is refused");
  const [first] = place.events.worker;
  t.is(first?.type === "refused" ? first.error.code : "", "PEER_REFUSED");
  admitted = true;
  await place.connected();
});

test("dialling: a process of our own name is refused", async (t) => {
  const place = await twoProcesses(t);
  const double = createSocketTransport({
    identity: { process: "coordinator", life: "9" },
    clock: systemClock,
    random: systemRandom,
    route: () => undefined,
    dial: { host: "127.0.0.1", port: place.listener.port, security: { token: TOKEN } },
    onPeer: (event) => events.push(event.type === "refused" ? event.error.code : event.type),
  });
  const events: string[] = [];
  t.teardown(() => double.close());
  await until(() => events.length > 0, "it is refused");
  t.is(events[0], "PEER_REFUSED");
});

test("messages: what the other end would not take for one is refused where it is sent, and harms nobody", async (t) => {
  const place = await twoProcesses(t);
  const right = recorder();
  const left = place.worker.createEndpoint("left", life, recorder().handler);
  place.coordinator.createEndpoint("right", life, right.handler);
  const long = "x".repeat(513);
  for (const message of [{ kind: "x" }, { type: 1 }, { type: "x".repeat(201) }, null, "x"] as unknown[]) {
    t.throws(() => left.send("right", message as ControlMessage), { code: "ERR_ASSERTION" });
    t.throws(() => left.signal("right", message as ControlMessage), { code: "ERR_ASSERTION" });
  }
  for (const address of ["", long]) {
    t.throws(() => left.send(address, numbered(1)), { code: "ERR_ASSERTION" });
    t.throws(() => place.worker.createEndpoint(address, life, recorder().handler), { code: "ERR_ASSERTION" });
  }
  left.send("right", numbered(1));
  await until(() => left.unacknowledgedCount("right") === 0, "it came");
  t.deepEqual(right.numbers, [1]);
  t.is(place.events.worker.filter(({ type }) => type === "disconnected").length, 0);
});

test("dialling: two that dial each other agree on one connection", async (t) => {
  const names = ["one", "two"] as const;
  const listeners = await Promise.all(
    names.map((process) => listen({ identity: { process, life: "1" }, port: 0, security: { token: TOKEN } })),
  );
  const HASTE = 100;
  const clock = {
    ...systemClock,
    setTimeout: (callback: () => void, delayMs: number) => systemClock.setTimeout(callback, delayMs / HASTE),
  };
  const both = names.map((process, index) =>
    createSocketTransport({
      ...{ identity: { process, life: "1" }, listener: listeners[index], random: seededRandom(index), clock },
      route: (address) => address,
      dial: { host: "127.0.0.1", port: listeners[1 - index].port, security: { token: TOKEN } },
    }),
  );
  t.teardown(async () => {
    for (const transport of both) transport.close();
    for (const listener of listeners) await listener.close();
  });
  const made = (): number => both.reduce((sum, { statistics }) => sum + statistics.connectionsMade, 0);
  let [seen, quietSinceMs] = [0, performance.now()];
  await until(() => {
    if (seen !== made()) [seen, quietSinceMs] = [made(), performance.now()];
    // Many times what a pause before dialling takes on that clock.
    return both.every(({ peers }) => peers.length === 1) && performance.now() - quietSinceMs > 500;
  }, "they leave each other in peace");
  const right = recorder();
  const left = both[0].createEndpoint("one", life, recorder().handler);
  both[1].createEndpoint("two", life, right.handler);
  left.send("two", numbered(1));
  await until(() => left.unacknowledgedCount("two") === 0, "it came");
  t.deepEqual(right.numbers, [1]);
});

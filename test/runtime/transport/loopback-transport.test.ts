/**
 * The loopback transport against the contract: over the event loop, and over a link with seeded faults.
 */
import { stat } from "node:fs/promises";
import test, { type TestFn } from "ava";
import type { Clock } from "../../../runtime/clock.ts";
import { toIncarnation, toTerm } from "../../../runtime/identity.ts";
import { type Random, seededRandom } from "../../../runtime/random.ts";
import { createLoopbackTransport, type Link } from "../../../runtime/transport/loopback-transport.ts";
import type { ControlMessage, EndpointHandler } from "../../../runtime/transport/transport.ts";
import { transportContract } from "./transport-contract.ts";

function titled(prefix: string): TestFn {
  return ((title: string, run: never) => test(`${prefix}: ${title}`, run)) as unknown as TestFn;
}

/** More turns than any exchange of these tests has steps. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

transportContract(titled("event loop"), (_t, options) => ({
  transport: createLoopbackTransport(options),
  settle: turns,
}));

for (const seed of [1, 2, 3, 4, 5]) {
  transportContract(titled(`faulty link (seed ${seed})`), (_t, options) => {
    const world = new World();
    const link = faultyLink(world, seededRandom(seed));
    const transport = createLoopbackTransport({ ...options, link, resend: { clock: world, intervalMs: 100 } });
    return { transport, settle: async () => world.run(60_000) };
  });
}

interface Happening {
  readonly atMs: number;
  readonly sequence: number;
  readonly happen: () => void;
}

/** Simulated time: what is to happen, by moment and then in the order in which it was planned. */
class World implements Clock {
  #nowMs = 0;
  #sequence = 0;
  readonly #planned = new Set<Happening>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimeout(happen: () => void, delayMs: number): Happening {
    this.#sequence += 1;
    const happening = { atMs: this.#nowMs + delayMs, sequence: this.#sequence, happen };
    this.#planned.add(happening);
    return happening;
  }

  clearTimeout(handle: unknown): void {
    this.#planned.delete(handle as Happening);
  }

  run(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = [...this.#planned].sort((left, right) => left.atMs - right.atMs || left.sequence - right.sequence);
      if (next === undefined || next.atMs > untilMs) break;
      this.#planned.delete(next);
      this.#nowMs = next.atMs;
      next.happen();
    }
    this.#nowMs = untilMs;
  }
}

/** Loses, repeats and delays by up to half a second; a disconnect and what never leaves the process are only delayed. */
function faultyLink(world: World, random: Random): Link {
  return (frame, arrive) => {
    const certain = frame.kind === "disconnected" || frame.from === frame.to;
    const copies = certain ? 1 : Math.floor(random.next() * 3);
    for (let copy = 0; copy < copies; copy += 1) world.setTimeout(arrive, random.next() * 500);
  };
}

test("loopback: two actors that answer each other for ever do not keep the event loop from other work", async (t) => {
  const transport = createLoopbackTransport();
  const fence = { term: toTerm(1), incarnation: toIncarnation(1) };
  const answering = (own: string, other: string): void => {
    const ignore = () => {};
    const handler: EndpointHandler = {
      receive: (delivery) => {
        delivery.acknowledge();
        endpoint.send(other, { type: `from ${own}` } satisfies ControlMessage);
      },
      signalled: ignore,
      disconnected: ignore,
      fenced: ignore,
    };
    const endpoint = transport.createEndpoint(own, fence, handler);
    endpoint.send(other, { type: "begin" });
  };
  answering("left", "right");
  answering("right", "left");
  t.true((await stat(import.meta.dirname)).isDirectory());
  transport.close();
});

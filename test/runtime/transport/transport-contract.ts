/**
 * What every transport must do, over wires that lose nothing and wires that lose, repeat and swap.
 *
 * Owns: the contract suite; a transport's own test file runs it.
 * Never: waits for real time.
 */
import type { ExecutionContext, TestFn } from "ava";
import { RuntimeError } from "../../../runtime/errors.ts";
import { type Fence, type Fenced, toIncarnation, toTerm } from "../../../runtime/identity.ts";
import type {
  Address,
  ControlMessage,
  Delivery,
  EndpointHandler,
  Transport,
} from "../../../runtime/transport/transport.ts";

export interface TransportPlace {
  readonly transport: Transport;
  /** Resolves when everything that is under way has arrived or is lost for good. */
  settle(): Promise<void>;
}

export interface PlaceOptions {
  readonly cloneMessages?: boolean;
  readonly unacknowledgedMax?: number;
}

interface Numbered extends ControlMessage {
  readonly number: number;
}

function numbered(number: number): Numbered {
  return { type: "numbered", number };
}

/** Writes down what it is told; acknowledges at once unless told not to. */
class Recorder implements EndpointHandler {
  readonly deliveries: Delivery[] = [];
  readonly signals: number[] = [];
  readonly disconnects: Address[] = [];
  readonly answers: Fenced[] = [];
  acknowledges = true;

  get numbers(): number[] {
    return this.deliveries.map(({ envelope }) => (envelope.message as Numbered).number);
  }

  receive(delivery: Delivery): void {
    this.deliveries.push(delivery);
    if (this.acknowledges) delivery.acknowledge();
  }

  signalled({ message }: { readonly message: ControlMessage }): void {
    this.signals.push((message as Numbered).number);
  }

  disconnected(peer: Address): void {
    this.disconnects.push(peer);
  }

  fenced(answer: Fenced): void {
    this.answers.push(answer);
  }
}

function life(incarnation: number, term = 1): Fence {
  return { term: toTerm(term), incarnation: toIncarnation(incarnation) };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

type MakePlace = (t: ExecutionContext, options?: PlaceOptions) => TransportPlace | Promise<TransportPlace>;

export function transportContract(test: TestFn, makePlace: MakePlace): void {
  contractOfDelivery(test, makePlace);
  contractOfLives(test, makePlace);
  contractOfFencing(test, makePlace);
}

function contractOfDelivery(test: TestFn, makePlace: MakePlace): void {
  test("delivery: each message arrives once, in order, never within a call, and is then forgotten", async (t) => {
    const { transport, settle } = await makePlace(t);
    const [left, right] = [new Recorder(), new Recorder()];
    const sender = transport.createEndpoint("left", life(1), left);
    const receiver = transport.createEndpoint("right", life(1), right);
    for (const number of upTo(100)) t.is(sender.send("right", numbered(number)), "accepted");
    t.is(receiver.send("left", numbered(7)), "accepted");
    t.is(sender.unacknowledgedCount("right"), 100);
    t.deepEqual(right.numbers, []);
    await settle();
    t.deepEqual(right.numbers, upTo(100));
    t.deepEqual(left.numbers, [7]);
    t.is(sender.unacknowledgedCount("right"), 0);
    t.like(right.deliveries[4].envelope, { from: "left", to: "right", sequence: 5, fence: life(1) });
  });

  test("delivery: an actor may write to itself", async (t) => {
    const { transport, settle } = await makePlace(t);
    const recorder = new Recorder();
    transport.createEndpoint("self", life(1), recorder).send("self", numbered(1));
    await settle();
    t.deepEqual(recorder.numbers, [1]);
  });

  test("delivery: a message waits for a receiver that is not there yet", async (t) => {
    const { transport, settle } = await makePlace(t);
    const sender = transport.createEndpoint("left", life(1), new Recorder());
    for (const number of upTo(3)) sender.send("right", numbered(number));
    await settle();
    const right = new Recorder();
    transport.createEndpoint("right", life(1), right);
    t.deepEqual(right.numbers, []);
    await settle();
    t.deepEqual(right.numbers, [1, 2, 3]);
  });

  test("delivery: too many unacknowledged messages are refused, to that peer alone, until some are acknowledged", async (t) => {
    const { transport, settle } = await makePlace(t, { unacknowledgedMax: 3 });
    const right = new Recorder();
    right.acknowledges = false;
    const sender = transport.createEndpoint("left", life(1), new Recorder());
    transport.createEndpoint("right", life(1), right);
    const outcomes = upTo(4).map((number) => sender.send("right", numbered(number)));
    t.deepEqual(outcomes, ["accepted", "accepted", "accepted", "full"]);
    t.is(sender.send("other", numbered(1)), "accepted");
    await settle();
    t.is(sender.send("right", numbered(5)), "full");
    right.deliveries[0].acknowledge();
    await settle();
    t.is(sender.send("right", numbered(6)), "accepted");
    await settle();
    t.deepEqual(right.numbers, [1, 2, 3, 6]);
  });

  test("delivery: acknowledgements out of order count when all before them are given", async (t) => {
    const { transport, settle } = await makePlace(t);
    const right = new Recorder();
    right.acknowledges = false;
    const sender = transport.createEndpoint("left", life(1), new Recorder());
    transport.createEndpoint("right", life(1), right);
    for (const number of upTo(3)) sender.send("right", numbered(number));
    await settle();
    right.deliveries[1].acknowledge();
    right.deliveries[1].acknowledge();
    await settle();
    t.is(sender.unacknowledgedCount("right"), 3);
    right.deliveries[0].acknowledge();
    await settle();
    t.is(sender.unacknowledgedCount("right"), 1);
    t.deepEqual(right.numbers, [1, 2, 3]);
  });

  test("delivery: what is forgotten is not offered again, and later messages still arrive", async (t) => {
    const { transport, settle } = await makePlace(t);
    const sender = transport.createEndpoint("left", life(1), new Recorder());
    for (const number of upTo(3)) sender.send("right", numbered(number));
    sender.forget("right");
    t.is(sender.unacknowledgedCount("right"), 0);
    await settle();
    sender.send("right", numbered(4));
    const right = new Recorder();
    transport.createEndpoint("right", life(1), right);
    await settle();
    sender.send("right", numbered(5));
    await settle();
    t.deepEqual(right.numbers, [4, 5]);
  });

  test("clone: nothing is shared between sender and receiver, and what cannot be cloned is refused at once", async (t) => {
    const { transport, settle } = await makePlace(t, { cloneMessages: true });
    const right = new Recorder();
    const sender = transport.createEndpoint("left", life(1), new Recorder());
    transport.createEndpoint("right", life(1), right);
    const message = { type: "list", list: [1] };
    sender.send("right", message);
    message.list.push(2);
    await settle();
    t.deepEqual(right.deliveries[0].envelope.message as typeof message, { type: "list", list: [1] });
    t.throws(() => sender.send("right", { type: "bad", call: () => 1 } as ControlMessage), {
      any: true,
      name: "DataCloneError",
    });
    t.is(sender.unacknowledgedCount("right"), 0);
  });

  test("signal: is not kept for a peer that is not there", async (t) => {
    const { transport, settle } = await makePlace(t);
    const sender = transport.createEndpoint("left", life(1), new Recorder());
    t.is(sender.signal("right", numbered(1)), "accepted");
    await settle();
    const right = new Recorder();
    transport.createEndpoint("right", life(1), right);
    await settle();
    t.deepEqual(right.signals, []);
    t.is(sender.unacknowledgedCount("right"), 0);
    // A wire may lose some of them, but not all of many.
    for (const number of upTo(50)) sender.signal("right", numbered(number));
    await settle();
    t.true(right.signals.length > 0);
    t.deepEqual(right.deliveries, []);
  });
}

function contractOfLives(test: TestFn, makePlace: MakePlace): void {
  test("lives: what a receiver has not acknowledged comes to its next life, in order; the rest does not", async (t) => {
    const { transport, settle } = await makePlace(t);
    const [left, first, second] = [new Recorder(), new Recorder(), new Recorder()];
    first.acknowledges = false;
    const sender = transport.createEndpoint("left", life(1), left);
    const dying = transport.createEndpoint("right", life(1), first);
    for (const number of upTo(5)) sender.send("right", numbered(number));
    await settle();
    t.deepEqual(first.numbers, [1, 2, 3, 4, 5]);
    for (const index of [0, 1, 3]) first.deliveries[index].acknowledge();
    await settle();
    dying.close();
    first.deliveries[2].acknowledge();
    t.deepEqual(left.disconnects, []);
    await settle();
    t.deepEqual(left.disconnects, ["right"]);
    t.is(sender.send("right", numbered(6)), "accepted");
    transport.createEndpoint("right", life(2), second);
    await settle();
    t.deepEqual(second.numbers, [3, 4, 5, 6]);
    t.is(sender.unacknowledgedCount("right"), 0);
    t.deepEqual(first.numbers, [1, 2, 3, 4, 5]);
  });

  test("lives: a sender's next life begins anew, and an acknowledgement for the one before means nothing to it", async (t) => {
    const { transport, settle } = await makePlace(t);
    const right = new Recorder();
    right.acknowledges = false;
    const before = transport.createEndpoint("left", life(1), new Recorder());
    transport.createEndpoint("right", life(1), right);
    before.send("right", numbered(1));
    await settle();
    before.close();
    const after = transport.createEndpoint("left", life(2), new Recorder());
    after.send("right", numbered(2));
    await settle();
    t.deepEqual(right.numbers, [1, 2]);
    right.deliveries[0].acknowledge();
    await settle();
    t.is(after.unacknowledgedCount("right"), 1);
    right.deliveries[1].acknowledge();
    await settle();
    t.is(after.unacknowledgedCount("right"), 0);
  });

  test("lives: a newer life takes the address over and the older is told; one that is not newer is refused", async (t) => {
    const { transport, settle } = await makePlace(t);
    const [older, newer] = [new Recorder(), new Recorder()];
    const replaced = transport.createEndpoint("left", life(1), older);
    const error = t.throws(() => transport.createEndpoint("left", life(1), newer), { instanceOf: RuntimeError })!;
    t.is(error.code, "ADDRESS_IN_USE");
    const current = transport.createEndpoint("left", life(2), newer);
    t.is(replaced.send("right", numbered(1)), "closed");
    t.is(current.send("left", numbered(2)), "accepted");
    await settle();
    t.deepEqual(newer.numbers, [2]);
    t.deepEqual(older.numbers, []);
    t.deepEqual(older.answers, [{ type: "FENCED", ...life(2) }]);
  });

  test("lives: closing the transport closes every endpoint", async (t) => {
    const { transport, settle } = await makePlace(t);
    const [left, right] = [new Recorder(), new Recorder()];
    const endpoints = [
      transport.createEndpoint("left", life(1), left),
      transport.createEndpoint("right", life(1), right),
    ];
    endpoints[0].send("right", numbered(1));
    transport.close();
    t.deepEqual(
      endpoints.map((endpoint) => endpoint.send("left", numbered(1))),
      ["closed", "closed"],
    );
    t.is(endpoints[0].signal("right", numbered(1)), "closed");
    await settle();
    t.deepEqual(right.numbers, []);
  });
}

function contractOfFencing(test: TestFn, makePlace: MakePlace): void {
  test("fencing: a message and a signal of an older term are not delivered, and their sender is told", async (t) => {
    const { transport, settle } = await makePlace(t);
    const [left, right] = [new Recorder(), new Recorder()];
    const sender = transport.createEndpoint("left", life(1, 1), left);
    const receiver = transport.createEndpoint("right", life(1, 1), right);
    receiver.raiseTerm(toTerm(2));
    receiver.raiseTerm(toTerm(1));
    for (const number of upTo(30)) sender.signal("right", numbered(number));
    sender.send("right", numbered(1));
    await settle();
    t.deepEqual([right.numbers, right.signals], [[], []]);
    t.deepEqual(left.answers, [{ type: "FENCED", ...life(1, 2) }]);
    t.is(sender.send("right", numbered(2)), "fenced");
    t.is(sender.signal("right", numbered(2)), "fenced");
  });

  test("fencing: a follower that raises its term goes on, and what was refused arrives", async (t) => {
    const { transport, settle } = await makePlace(t);
    const [left, right] = [new Recorder(), new Recorder()];
    const sender = transport.createEndpoint("left", life(1, 1), left);
    transport.createEndpoint("right", life(1, 3), right);
    sender.send("right", numbered(1));
    await settle();
    t.is(left.answers.length, 1);
    sender.raiseTerm(toTerm(2));
    t.is(sender.send("right", numbered(2)), "fenced");
    sender.raiseTerm(left.answers[0].term);
    t.is(sender.send("right", numbered(2)), "accepted");
    await settle();
    t.deepEqual(right.numbers, [1, 2]);
    t.is(sender.unacknowledgedCount("right"), 0);
  });

  test("fencing: a message of a newer term is delivered, and carries the term", async (t) => {
    const { transport, settle } = await makePlace(t);
    const right = new Recorder();
    const sender = transport.createEndpoint("left", life(1, 5), new Recorder());
    transport.createEndpoint("right", life(1, 1), right);
    sender.send("right", numbered(1));
    await settle();
    t.is(right.deliveries[0].envelope.fence.term, toTerm(5));
  });

  test("fencing: an older life of a sender is fenced once a newer one was heard, and never fences the newer", async (t) => {
    const { transport, settle } = await makePlace(t);
    const [zombie, newer, right] = [new Recorder(), new Recorder(), new Recorder()];
    transport.createEndpoint("right", life(1), right);
    const current = transport.createEndpoint("left", life(2), newer);
    current.send("right", numbered(1));
    await settle();
    current.close();
    // Only a transport that has forgotten the newer life lets the older be made again; the peer has not forgotten.
    const old = transport.createEndpoint("left", life(1), zombie);
    old.send("right", numbered(2));
    await settle();
    t.deepEqual(right.numbers, [1]);
    t.deepEqual(zombie.answers, [{ type: "FENCED", ...life(2) }]);
    old.close();
    // The answer to this one is still under way when a newer life takes the address.
    const late = transport.createEndpoint("left", life(1), zombie);
    late.send("right", numbered(2));
    late.close();
    const third = transport.createEndpoint("left", life(3), newer);
    third.send("right", numbered(3));
    await settle();
    t.deepEqual(right.numbers, [1, 3]);
    t.deepEqual(newer.answers, []);
  });
}

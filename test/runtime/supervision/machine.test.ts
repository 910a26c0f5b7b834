import test from "ava";
import { type AnyActorRef, createActor, createMachine, fromCallback, fromPromise, sendParent } from "xstate";
import { RuntimeError } from "../../../runtime/errors.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { supervisorLogic } from "../../../runtime/supervision/machine.ts";
import { SHUTDOWN_MS, shutdownTimeMs, specifyChild } from "../../../runtime/supervision/specification.ts";
import { SupervisionError } from "../../../runtime/supervision/supervision-error.ts";
import { describe, puppet, puppetChild, stage } from "./stage.ts";

const abc = () => [puppetChild("a"), puppetChild("b"), puppetChild("c")];

/** Lets what XState defers to tasks of its own (unhandled errors above all) happen, so that AVA would see it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

const failing = new Error("boom");
const throws = (): never => {
  throw failing;
};

const crashes = {
  "an entry action throws": createMachine({ entry: throws }),
  "the context cannot be made": createMachine({ context: throws }),
  "a transition throws": createMachine({
    entry: ({ self }) => self.send({ type: "go" }),
    on: { go: { actions: throws } },
  }),
  "a guard throws": createMachine({
    entry: ({ self }) => self.send({ type: "go" }),
    on: { go: { guard: throws, target: "." } },
  }),
  "an invoked promise rejects": createMachine({ invoke: { src: fromPromise(() => Promise.reject(failing)) } }),
  "an invoked promise throws": createMachine({ invoke: { src: fromPromise(async () => throws()) } }),
  "an invoked callback throws": createMachine({ invoke: { src: fromCallback(throws) } }),
  "it is a promise that rejects": fromPromise(() => Promise.reject(failing)),
  "it is a callback that throws": fromCallback(throws),
  "a grandchild crashes": createMachine({ invoke: { src: createMachine({ entry: throws }) } }),
};

for (const [circumstance, logic] of Object.entries(crashes)) {
  test(`crash: ${circumstance}, and the child alone is restarted`, async (t) => {
    const { clock, notices, supervisor, isRunning, failure } = stage({
      children: [puppetChild("sibling"), specifyChild({ id: "a", logic })],
    });
    await settle();
    t.deepEqual(notices.slice(1).map(describe), ["started a1", "crashed a1", "restarting a2"]);
    const exit = notices[2];
    t.true(
      exit?.type === "child.exited" && exit.reason.kind === "crashed" && String(exit.reason.error).includes("boom"),
    );
    notices.splice(0);
    clock.advance(240);
    await settle();
    t.deepEqual(notices.map(describe), ["started a2", "crashed a2", "restarting a3"]);
    t.is(supervisor.getSnapshot().status, "active");
    t.is(failure(), undefined);
    t.true(isRunning("sibling"));
  });
}

test("crash: making the input throws, and the child is restarted", (t) => {
  const { clock, take } = stage({
    children: [
      specifyChild({ id: "a", logic: puppet, input: (incarnation) => (incarnation < 3 ? throws() : { incarnation }) }),
    ],
  });
  clock.advance(1000);
  t.deepEqual(take(), [
    ...["started a1", "crashed a1", "restarting a2"],
    ...["started a2", "crashed a2", "restarting a3", "started a3"],
  ]);
});

test("crash: without any observer of the supervisor, nothing reaches the process", async (t) => {
  const { clock } = stage({});
  const supervisor = createActor(supervisorLogic, {
    clock,
    input: {
      clock,
      random: seededRandom(1),
      children: [specifyChild({ id: "a", logic: crashes["a transition throws"] })],
    },
  }).start();
  await settle();
  t.is(supervisor.getSnapshot().status, "active");
});

test("crash: what the child had invoked is stopped with it", (t) => {
  const log: string[] = [];
  const pulse = fromCallback(() => {
    log.push("pulse");
    return () => log.push("silence");
  });
  const holder = createMachine({ invoke: { src: pulse } });
  const logic = createMachine({ invoke: [{ src: pulse }, { src: holder }], on: { crash: { actions: throws } } });
  const { send } = stage({ children: [specifyChild({ id: "a", logic })] });
  send("a", { type: "crash" });
  t.deepEqual(log, ["pulse", "pulse", "silence", "silence"]);
});

test("completed: a transient child is done, and its id is free again", (t) => {
  const { supervisor, send, take, clock, notices } = stage({ children: abc() });
  take();
  send("b", { type: "finish", output: 7 });
  const exit = notices[0];
  t.deepEqual(exit?.type === "child.exited" && exit.reason, { kind: "completed", output: 7 });
  clock.advance(60_000);
  t.deepEqual(take(), ["completed b1"]);
  supervisor.send({ type: "child.start", specification: puppetChild("b", { firstIncarnation: 5 }) });
  supervisor.send({ type: "child.start", specification: puppetChild("b") });
  t.deepEqual(take(), ["started b5", "refused b: already present"]);
});

test("completed: a permanent child is started again", (t) => {
  const { clock, send, take } = stage({ children: [puppetChild("a", { restart: "permanent" })] });
  send("a", { type: "finish" });
  clock.advance(240);
  t.deepEqual(take(), ["started a1", "completed a1", "restarting a2", "started a2"]);
});

test("temporary: a crashed child is given up with its error", (t) => {
  const { clock, send, notices, take } = stage({ children: [puppetChild("a", { restart: "temporary" })] });
  send("a", { type: "crash", message: "alas" });
  const last = notices.at(-1);
  t.is(last?.type === "child.gaveUp" && (last.error as Error).message, "alas");
  clock.advance(60_000);
  t.deepEqual(take(), ["started a1", "crashed a1", "gave up a1"]);
});

test("one_for_all: all are stopped in reverse and started in order, a temporary one only stopped", (t) => {
  const children = [...abc(), puppetChild("t", { restart: "temporary" })];
  const { clock, send, take } = stage({ strategy: "one_for_all", children });
  take();
  send("b", { type: "crash" });
  t.deepEqual(take(), [
    ...["crashed b1", "stopped t1", "stopped c1", "stopped a1"],
    ...["restarting a2", "restarting b2", "restarting c2"],
  ]);
  clock.advance(240);
  t.deepEqual(take(), ["started a2", "started b2", "started c2"]);
});

test("one_for_all: a completed transient sibling is started again with the group, as in Erlang", (t) => {
  const { clock, send, take } = stage({ strategy: "one_for_all", children: abc() });
  send("a", { type: "finish" });
  send("b", { type: "crash" });
  take();
  clock.advance(240);
  t.deepEqual(take(), ["started a2", "started b2", "started c2"]);
});

test("rest_for_one: those started later are restarted, and a restart keeps the places", (t) => {
  const { clock, send, take } = stage({ strategy: "rest_for_one", children: abc() });
  take();
  send("b", { type: "crash" });
  clock.advance(240);
  t.deepEqual(take(), [...["crashed b1", "stopped c1", "restarting b2", "restarting c2", "started b2", "started c2"]]);
  send("a", { type: "crash" });
  t.deepEqual(take().slice(0, 3), ["crashed a1", "stopped c2", "stopped b2"]);
  clock.advance(240);
  t.deepEqual(take(), ["started a2", "started b3", "started c3"]);
});

test("shutdown: a child that may take as long as it wants is never forced", (t) => {
  const children = [puppetChild("a", { shutdownMs: Number.POSITIVE_INFINITY })];
  const { clock, send, supervisor, take } = stage({ children });
  take();
  supervisor.send({ type: "child.stop", id: "a" });
  clock.advance(2 ** 32);
  t.deepEqual(take(), []);
  send("a", { type: "finish" });
  t.deepEqual(take(), ["completed a1"]);
});

test("rest_for_one: an earlier child that dies while a group is terminated makes the group grow", (t) => {
  const children = [puppetChild("a"), puppetChild("b"), puppetChild("c", { shutdownMs: 1000 })];
  const { clock, send, supervisor, take } = stage({ strategy: "rest_for_one", children });
  take();
  send("b", { type: "crash" });
  send("a", { type: "crash" });
  supervisor.send({ type: "child.start", specification: puppetChild("d") });
  t.deepEqual(take(), ["crashed b1", "crashed a1"]);
  send("c", { type: "finish" });
  t.deepEqual(take(), ["completed c1", "restarting a2", "restarting b2", "restarting c2"]);
  clock.advance(240);
  t.deepEqual(take(), ["started a2", "started b2", "started c2", "started d1"]);
});

test("rest_for_one: when an earlier child dies in the same step, all between are gone before anything starts", (t) => {
  const bystanders = new Map<string, AnyActorRef>();
  const bystander = (id: string) =>
    specifyChild({
      id,
      logic: createMachine({
        context: ({ self }) => ({ put: bystanders.set(id, self) }),
        on: { crash: { actions: throws } },
      }),
    });
  const culprit = specifyChild({
    id: "c",
    logic: createMachine({
      context: ({ input }: { input: number }) => ({ incarnation: input }),
      entry: ({ context }) => {
        if (context.incarnation > 1) return;
        for (const id of ["b", "a"]) bystanders.get(id)?.send({ type: "crash" });
      },
    }),
    input: (incarnation) => incarnation,
  });
  const children = [bystander("a"), puppetChild("x", { shutdownMs: 1000 }), bystander("b"), culprit];
  const { clock, take } = stage({ strategy: "rest_for_one", children });
  t.deepEqual(take().slice(4), ["crashed b1", "crashed a1", "stopped c1"]);
  clock.advance(1000);
  t.deepEqual(take(), ["stopped x1", "restarting a2", "restarting x2", "restarting b2", "restarting c2"]);
  clock.advance(240);
  t.deepEqual(take(), ["started a2", "started x2", "started b2", "started c2"]);
});

test("one_for_all: a child that dies while its group is being terminated is not counted", (t) => {
  const children = [puppetChild("a"), puppetChild("b"), puppetChild("c", { shutdownMs: 1000 })];
  const { clock, failure, send, take } = stage({
    strategy: "one_for_all",
    children,
    intensity: { restartsMax: 1, per: "supervisor" },
  });
  take();
  send("a", { type: "crash" });
  send("b", { type: "crash" });
  clock.advance(1240);
  t.is(failure(), undefined);
  t.deepEqual(take().slice(-3), ["started a2", "started b2", "started c2"]);
});

test("shutdown: in reverse order, each child within its own deadline, then by force", (t) => {
  const children = [
    puppetChild("a"),
    puppetChild("b", { shutdownMs: 1000 }),
    puppetChild("c", { shutdownMs: 2000 }),
    puppetChild("d", { shutdownMs: 3000 }),
  ];
  const { clock, send, supervisor, notices, take } = stage({ children });
  take();
  supervisor.send({ type: "supervisor.stop" });
  t.deepEqual(take(), []);
  send("d", { type: "finish" });
  clock.advance(1999);
  t.deepEqual(take(), ["completed d1"]);
  clock.advance(1);
  const forced = notices[0];
  t.true(forced?.type === "child.exited" && forced.reason.kind === "stopped" && forced.reason.forced);
  t.deepEqual(take(), ["stopped c1"]);
  send("b", { type: "crash" });
  t.deepEqual(take(), ["crashed b1", "stopped a1"]);
  t.is(supervisor.getSnapshot().status, "done");
  t.is(clock.pending, 0);
});

test("shutdown: refuses new children, and cancels restarts that wait", (t) => {
  const children = [puppetChild("a", { shutdownMs: 1000 }), puppetChild("b")];
  const { clock, send, supervisor, take } = stage({ children });
  send("b", { type: "crash" });
  take();
  supervisor.send({ type: "supervisor.stop" });
  supervisor.send({ type: "child.start", specification: puppetChild("e") });
  clock.advance(1000);
  t.deepEqual(take(), ["refused e: shutting down", "stopped a1"]);
  t.is(supervisor.getSnapshot().status, "done");
  t.is(clock.pending, 0);
});

test("shutdown: with no children the supervisor is done at once", (t) => {
  const { supervisor } = stage({});
  supervisor.send({ type: "supervisor.stop" });
  t.is(supervisor.getSnapshot().status, "done");
});

test("shutdown: while a group is being restarted, nothing is started any more", (t) => {
  const children = [puppetChild("a"), puppetChild("b", { shutdownMs: 1000 })];
  const { clock, send, supervisor, take } = stage({ strategy: "one_for_all", children });
  send("a", { type: "crash" });
  take();
  supervisor.send({ type: "supervisor.stop" });
  clock.advance(60_000);
  t.deepEqual(take(), ["stopped b1"]);
  t.is(supervisor.getSnapshot().status, "done");
});

test("force: a supervisor that is stopped by force takes children and timers along", (t) => {
  const { clock, reference, send, supervisor } = stage({ children: abc() });
  const a = reference("a") as AnyActorRef;
  send("b", { type: "crash" });
  supervisor.stop();
  t.is(a.getSnapshot().status, "stopped");
  t.is(clock.pending, 0);
});

test("deadline: a machine that handles child.shutdown has 5 s, anything else none, unless told otherwise", (t) => {
  t.is(shutdownTimeMs({ id: "a", logic: puppet }), SHUTDOWN_MS);
  t.is(shutdownTimeMs({ id: "a", logic: supervisorLogic }), SHUTDOWN_MS);
  t.is(shutdownTimeMs({ id: "a", logic: createMachine({}) }), 0);
  t.is(shutdownTimeMs({ id: "a", logic: fromPromise(async () => 1) }), 0);
  t.is(shutdownTimeMs({ id: "a", logic: fromPromise(async () => 1), shutdownMs: 7 }), 7);
});

test("child.stop: ends a child in its time without waiting for others, and forgets it", (t) => {
  const children = [puppetChild("a", { shutdownMs: 1000 }), puppetChild("b", { shutdownMs: 500 }), puppetChild("c")];
  const { clock, send, supervisor, take } = stage({ children });
  take();
  for (const id of ["a", "b", "c", "nobody"]) supervisor.send({ type: "child.stop", id });
  clock.advance(500);
  t.deepEqual(take(), ["stopped c1", "stopped b1"]);
  send("a", { type: "crash" });
  clock.advance(60_000);
  t.deepEqual(take(), ["crashed a1"]);
  supervisor.send({ type: "child.start", specification: puppetChild("a") });
  t.deepEqual(take(), ["started a1"]);
});

test("child.stop: a child that waits for its restart is not started any more", (t) => {
  const { clock, send, supervisor, take } = stage({ children: abc() });
  send("a", { type: "crash" });
  take();
  supervisor.send({ type: "child.stop", id: "a" });
  t.is(clock.pending, 0);
  supervisor.send({ type: "child.start", specification: puppetChild("a", { firstIncarnation: 3 }) });
  t.deepEqual(take(), ["started a3"]);
});

test("child.lost: a hung child is stopped by force and restarted; news of an older incarnation changes nothing", (t) => {
  const { clock, reference, supervisor, take } = stage({ children: [puppetChild("a", { shutdownMs: 1000 })] });
  const hung = reference("a") as AnyActorRef;
  supervisor.send({ type: "child.lost", id: "a", incarnation: 1, reason: "hung" });
  t.is(hung.getSnapshot().status, "stopped");
  clock.advance(240);
  supervisor.send({ type: "child.lost", id: "a", incarnation: 1, reason: "hung" });
  t.deepEqual(take(), ["started a1", "lost a1", "restarting a2", "started a2"]);
  t.not(reference("a"), hung);
  supervisor.send({ type: "child.lost", id: "a", reason: "no beat" });
  t.deepEqual(take(), ["lost a2", "restarting a3"]);
});

test("child.lost: a child in the middle of a step cannot come back as a ghost", (t) => {
  const logic = createMachine({
    on: {
      suicide: {
        actions: () => {
          running.supervisor.send({ type: "child.lost", id: "a", reason: "hung" });
          throw failing;
        },
      },
    },
  });
  const running = stage({ children: [specifyChild({ id: "a", logic })] });
  running.reference("a")?.send({ type: "suicide" });
  running.clock.advance(240);
  t.deepEqual(running.take(), ["started a1", "lost a1", "restarting a2", "started a2"]);
});

test("child.send: reaches the running child, and is dropped while there is none", (t) => {
  const { clock, supervisor, take } = stage({ children: [puppetChild("a")] });
  supervisor.send({ type: "child.send", id: "a", event: { type: "crash" } });
  supervisor.send({ type: "child.send", id: "a", event: { type: "crash" } });
  supervisor.send({ type: "child.send", id: "b", event: { type: "crash" } });
  clock.advance(60_000);
  t.deepEqual(take(), ["started a1", "crashed a1", "restarting a2", "started a2"]);
});

test("backoff: doubles until the child reports progress of its own incarnation", (t) => {
  const { clock, notices, send, supervisor } = stage({
    children: [puppetChild("a")],
    backoff: { jitter: 0 },
    intensity: { restartsMax: 100 },
  });
  const delayAfterCrash = (): number => {
    send("a", { type: "crash" });
    const last = notices.at(-1);
    const delayMs = last?.type === "child.restarting" ? last.delayMs : Number.NaN;
    clock.advance(delayMs);
    return delayMs;
  };
  t.deepEqual([1, 2, 3, 4, 5, 6, 7, 8].map(delayAfterCrash), [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  clock.advance(3_600_000);
  t.is(delayAfterCrash(), 10_000, "time alone resets nothing");
  supervisor.send({ type: "child.progressed", id: "a", incarnation: 1 });
  t.is(delayAfterCrash(), 10_000, "an older incarnation's progress is not this one's");
  supervisor.send({ type: "child.progressed", id: "a", incarnation: 11 });
  t.is(delayAfterCrash(), 200);
});

test("backoff: a child may differ from its supervisor", (t) => {
  const { notices, send } = stage({ children: [puppetChild("a", { backoff: { firstMs: 5, jitter: 0 } })] });
  send("a", { type: "crash" });
  const last = notices.at(-1);
  t.is(last?.type === "child.restarting" && last.delayMs, 5);
});

test("intensity: the eleventh death in 60 s ends the supervisor, children first, with the whole story", (t) => {
  const children = [...abc(), puppetChild("slow", { shutdownMs: 1000 })];
  const { clock, failure, notices, send, supervisor, take } = stage({ children, backoff: { maximumMs: 200 } });
  send("c", { type: "crash", message: "aside" });
  for (let death = 1; death <= 10; death += 1) {
    send("b", { type: "crash", message: `death ${death}` });
    clock.advance(240);
  }
  take();
  send("b", { type: "crash", message: "death 11" });
  t.deepEqual(notices.map(describe), ["crashed b11", "failed RESTART_INTENSITY_EXCEEDED"]);
  t.is(failure(), undefined, "one child still has time");
  clock.advance(1000);
  t.deepEqual(take().slice(2), ["stopped slow1", "stopped c2", "stopped a1"]);
  const error = failure() as SupervisionError;
  t.true(error instanceof RuntimeError);
  t.is(supervisor.getSnapshot().status, "error");
  t.is(error.message, 'child "b" ended more than 10 times within 60000 ms; the last time it crashed: death 11');
  t.deepEqual(
    error.story.map(({ child, incarnation }) => `${child}${incarnation}`),
    ["c1", ...Array.from({ length: 11 }, (_, index) => `b${index + 1}`)],
  );
  t.is(clock.pending, 0);
});

test("intensity: deaths that are far enough apart never end the supervisor", (t) => {
  const { clock, failure, send } = stage({ children: [puppetChild("a")], intensity: { restartsMax: 1 } });
  for (let death = 0; death < 20; death += 1) {
    send("a", { type: "crash" });
    clock.advance(60_001);
  }
  t.is(failure(), undefined);
});

test("intensity: it can be counted for all children together, as Erlang does", (t) => {
  const together = stage({ children: abc(), intensity: { restartsMax: 2, per: "supervisor" } });
  for (const id of ["a", "b", "c"]) together.send(id, { type: "crash" });
  t.is((together.failure() as SupervisionError).code, "RESTART_INTENSITY_EXCEEDED");
  const apart = stage({ children: abc(), intensity: { restartsMax: 2 } });
  for (const id of ["a", "b", "c"]) apart.send(id, { type: "crash" });
  t.is(apart.failure(), undefined);
});

test("no progress: a child that crashes slowly for ever ends the supervisor, if a limit is set", (t) => {
  const { clock, failure, send } = stage({ children: [puppetChild("a")], restartsWithoutProgressMax: 2 });
  for (let death = 0; death < 3; death += 1) {
    send("a", { type: "crash" });
    clock.advance(3_600_000);
  }
  t.is((failure() as SupervisionError).code, "NO_PROGRESS");
});

test("poison: the third death with one input gives the child up, and names the input", (t) => {
  const { clock, isRunning, notices, send, supervisor, take } = stage({ children: abc() });
  let incarnation = 0;
  const dieOf = (inputId: string): void => {
    incarnation += 1;
    supervisor.send({ type: "child.working", id: "a", incarnation, inputId });
    send("a", { type: "crash" });
    clock.advance(2400);
  };
  for (const inputId of ["block 7", "block 8", "block 7"]) dieOf(inputId);
  take();
  dieOf("block 7");
  const last = notices.at(-1);
  const error = (last?.type === "child.gaveUp" && last.error) as SupervisionError;
  t.deepEqual(take(), ["crashed a4", "gave up a4"]);
  t.is(error.code, "POISONED_INPUT");
  t.is(error.message, 'child "a" died 3 times with input "block 7"');
  t.is(error.story.length, 4);
  t.true(isRunning("b"));
});

test("poison: an input that was committed is no suspect any more", (t) => {
  const { clock, send, supervisor, take } = stage({ children: abc() });
  for (let incarnation = 1; incarnation <= 5; incarnation += 1) {
    supervisor.send({ type: "child.working", id: "a", incarnation, inputId: "x" });
    if (incarnation === 2) supervisor.send({ type: "child.progressed", id: "a", incarnation, inputId: "x" });
    if (incarnation === 3) supervisor.send({ type: "child.progressed", id: "a", incarnation, inputId: "x" });
    send("a", { type: "crash" });
    clock.advance(10_000);
  }
  t.true(take().includes("restarting a6"));
});

test("poison: in a group the supervisor fails, for the others depend on the child", (t) => {
  const { failure, send, supervisor } = stage({ strategy: "one_for_all", children: abc(), poisonDeathsMax: 1 });
  supervisor.send({ type: "child.working", id: "a", incarnation: 1, inputId: "x" });
  send("a", { type: "crash" });
  t.is((failure() as SupervisionError).code, "POISONED_INPUT");
});

test("sendParent: a child reports to its supervisor", (t) => {
  const logic = createMachine({
    entry: sendParent({ type: "child.working", id: "a", incarnation: 1, inputId: "x" }),
    on: { crash: { actions: throws } },
  });
  const { notices, send } = stage({ children: [specifyChild({ id: "a", logic })], poisonDeathsMax: 1 });
  send("a", { type: "crash" });
  t.is(notices.at(-1)?.type, "child.gaveUp");
});

test("escalation: a supervisor above restarts the failed one and has its story; shutdown goes down the tree", (t) => {
  const clockOf = stage({});
  const { clock } = clockOf;
  const seen: string[] = [];
  const inner = specifyChild({
    id: "inner",
    logic: supervisorLogic,
    input: (incarnation) => ({
      clock,
      random: seededRandom(incarnation),
      children: [puppetChild("a", { shutdownMs: 1000 })],
      intensity: { restartsMax: 0 },
      observer: (notice) => seen.push(`${incarnation}: ${describe(notice)}`),
    }),
  });
  const outer = stage({ clock, children: [inner] });
  const innerRef = () => outer.reference("inner");
  innerRef()?.send({ type: "child.send", id: "a", event: { type: "crash", message: "deep" } });
  const exit = outer.notices[1];
  const error = (exit?.type === "child.exited" &&
    exit.reason.kind === "crashed" &&
    exit.reason.error) as SupervisionError;
  t.true(error instanceof SupervisionError);
  t.is((error.cause as Error).message, "deep");
  t.deepEqual(error.story, [{ child: "a", incarnation: 1, reason: { kind: "crashed", error: error.cause }, atMs: 0 }]);
  clock.advance(240);
  t.deepEqual(seen, ["1: started a1", "1: crashed a1", "1: failed RESTART_INTENSITY_EXCEEDED", "2: started a1"]);
  outer.supervisor.send({ type: "supervisor.stop" });
  t.is(outer.supervisor.getSnapshot().status, "active");
  clock.advance(1000);
  t.is(seen.at(-1), "2: stopped a1");
  t.is(outer.supervisor.getSnapshot().status, "done");
});

test("notices: are emitted as well as told to the observer", (t) => {
  const emitted: string[] = [];
  const { send, supervisor, take } = stage({ children: [puppetChild("a")] });
  supervisor.on("child.exited", ({ id }) => emitted.push(id));
  supervisor.on("*", ({ type }) => emitted.push(type));
  take();
  send("a", { type: "crash" });
  t.deepEqual(emitted, ["a", "child.exited", "child.restarting"]);
});

test("scale: 5,000 children start, crash and stop, without a step for each sibling", (t) => {
  const count = 5_000;
  const children = Array.from({ length: count }, (_, index) => puppetChild(String(index)));
  const { clock, notices, send, supervisor, take } = stage({ children });
  for (let index = 0; index < count; index += 1) send(String(index), { type: "crash" });
  clock.advance(240);
  t.is(notices.length, 4 * count);
  take();
  supervisor.send({ type: "supervisor.stop" });
  t.is(notices.length, count);
  t.is(describe(notices[0]!), `stopped ${count - 1}2`);
  t.is(supervisor.getSnapshot().status, "done");
});

import test from "ava";
import { createActor, createMachine } from "xstate";
import { seededRandom } from "../../../runtime/random.ts";
import { childRef, supervisorLogic } from "../../../runtime/supervision/machine.ts";
import { specifyChild } from "../../../runtime/supervision/specification.ts";
import { systemClock } from "../../../runtime/system-clock.ts";

test("example: two machines under one supervisor, on the real clock", async (t) => {
  const counter = createMachine({
    context: ({ input }: { input: { incarnation: number } }) => input,
    on: { "child.shutdown": ".done" },
    initial: "counting",
    states: { counting: {}, done: { type: "final" } },
  });
  const fragile = createMachine({
    on: {
      poke: {
        actions: () => {
          throw new Error("poked");
        },
      },
    },
  });
  const supervisor = createActor(supervisorLogic, {
    clock: systemClock,
    input: {
      clock: systemClock,
      random: seededRandom(1),
      strategy: "one_for_all",
      backoff: { firstMs: 1 },
      children: [
        specifyChild({ id: "counter", logic: counter, input: (incarnation) => ({ incarnation }) }),
        specifyChild({ id: "fragile", logic: fragile, restart: "permanent" }),
      ],
    },
  });
  const restarted = new Promise<void>((resolve) => {
    supervisor.on("child.started", ({ id, incarnation }) => {
      if (id === "fragile" && incarnation === 2) resolve();
    });
  });
  supervisor.subscribe({ error: (error) => t.fail(String(error)) });
  supervisor.start();
  childRef(supervisor.getSnapshot(), "fragile")?.send({ type: "poke" });
  await restarted;
  t.deepEqual(childRef(supervisor.getSnapshot(), "counter")?.getSnapshot().context, { incarnation: 2 });
  supervisor.send({ type: "supervisor.stop" });
  t.is(supervisor.getSnapshot().status, "done");
});

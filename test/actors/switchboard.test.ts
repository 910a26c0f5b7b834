/**
 * What the switchboard remembers of children that have been retired.
 */
import test from "ava";
import { createMachine } from "xstate";
import { createProcessRoot } from "../../actors/process-root.ts";
import { seededRandom } from "../../runtime/random.ts";
import { specifyChild } from "../../runtime/supervision/specification.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { createLoopbackTransport } from "../../runtime/transport/loopback-transport.ts";

test("switchboard: a child that comes again after it was retired has an incarnation that none had before", async (t) => {
  const root = createProcessRoot({
    ...{ clock: systemClock, random: seededRandom(1), transport: createLoopbackTransport() },
    onBroken: (error) => t.fail(String(error)),
  });
  const began: string[] = [];
  const child = (id: string) =>
    specifyChild({
      id,
      logic: createMachine({
        on: { "child.shutdown": ".ended" },
        states: { running: {}, ended: { type: "final" } },
        initial: "running",
      }),
      input: (incarnation) => {
        began.push(`${id}.${incarnation}`);
        return undefined;
      },
    });
  root.start([root.supervisor("below")], () => undefined);
  const { board } = root;
  const live = async (id: string): Promise<void> => {
    board.start("below", child(id));
    while (!board.childrenOf("below").includes(id)) await new Promise<void>((resolve) => void setImmediate(resolve));
    board.send("below", { type: "child.stop", id });
    while (board.childrenOf("below").includes(id)) await new Promise<void>((resolve) => void setImmediate(resolve));
  };
  for (const id of ["one/0", "one/0", "one/0", "two/0"]) await live(id);
  board.retire("below", "one/");
  await live("two/0");
  await live("one/0");
  await live("three/0");
  t.deepEqual(began, ["one/0.1", "one/0.2", "one/0.3", "two/0.1", "two/0.2", "one/0.4", "three/0.4"]);
  await root.stop();
});

/**
 * The membership's directory: who is told of whom, and when.
 */
import test, { type ExecutionContext } from "ava";
import { createActor } from "xstate";
import { membershipMachine } from "../../../actors/membership/machine.ts";
import { type MembershipFact, workerAddress } from "../../../actors/membership/messages.ts";
import type { HeartbeatMonitor } from "../../../runtime/failure/heartbeat-monitor.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { systemClock } from "../../../runtime/system-clock.ts";

interface Life {
  readonly facts: MembershipFact["type"][];
  /** As `to: named, named`. */
  readonly directories: string[];
  /** As `to: reason`. */
  readonly refusals: string[];
  /** As `to: milliseconds`. */
  readonly paces: string[];
  hello(id: string, version?: string): Promise<void>;
  die(id: string): void;
  /** As an operator asks for it; resolves when it is noted. */
  drain(id: string): Promise<void>;
  leave(id: string): Promise<void>;
  /** Of those that joined, each time: whether they are to leave. */
  readonly draining: boolean[];
  end(): Promise<void>;
}

const SILENT = { watch: () => {}, beat: () => "accepted", disconnected: () => {}, forget: () => {}, stop: () => {} };

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** One life of a coordinator's membership on that disk. */
async function begin(
  t: ExecutionContext,
  disk: MemoryDisk,
  { early }: { readonly early?: string } = {},
): Promise<Life> {
  const journal = createMemoryJournal({ disk });
  await journal.open();
  const facts: MembershipFact["type"][] = [];
  const directories: string[] = [];
  const refusals: string[] = [];
  const paces: string[] = [];
  const draining: boolean[] = [];
  const actor = createActor(membershipMachine, {
    input: {
      ...{ listen: () => {}, journal, nowMs: () => systemClock.nowMs(), signal: () => {}, forget: () => {} },
      monitor: () => SILENT as unknown as HeartbeatMonitor,
      tell: (fact) => {
        facts.push(fact.type);
        if (fact.type === "member.joined") draining.push(fact.member.draining);
      },
      version: "2.0.0",
      heartbeatIntervalMs: 750,
      send: (to, answer) => {
        if (answer.type === "membership.admitted") paces.push(`${to}: ${answer.heartbeatIntervalMs}`);
        if (answer.type === "membership.refused") refusals.push(`${to}: ${answer.reason}`);
        if (answer.type === "membership.directory")
          directories.push(`${to}: ${answer.members.map(({ id }) => id).join()}`);
      },
      tellFailed: (error) => t.fail(String(error)),
    },
  });
  actor.start();
  t.teardown(() => actor.stop());
  const drain = (worker: string): Promise<void> =>
    new Promise((noted) => actor.send({ type: "membership.drain", worker, noted }));
  if (early !== undefined) await drain(early);
  await turns();
  return {
    facts,
    ...{ directories, refusals, paces, draining },
    drain,
    leave: async (id) => {
      actor.send({ type: "member.leaving", from: workerAddress(id) });
      await turns();
    },
    hello: async (id, version = "2.0.0") => {
      const worker = { id, epoch: 1, life: 1, host: "here", slots: 1, exchange: `${id}:1`, version };
      actor.send({ type: "member.hello", worker, from: workerAddress(id) });
      await turns();
    },
    end: async () => {
      actor.stop();
      await journal.close();
    },
    die: (id) => {
      const transition = { id, incarnation: 1, from: "suspect", to: "dead", reason: "silence" } as const;
      actor.send({ type: "member.transition", transition: transition as never });
    },
  };
}

test("membership: whoever joins is made known to all, and whoever dies is named no more", async (t) => {
  const life = await begin(t, new MemoryDisk("disk"));
  await life.hello("a");
  await life.hello("b");
  t.deepEqual(life.directories, ["worker/a: a", "worker/a: a,b", "worker/b: a,b"]);
  life.die("a");
  t.is(life.directories.at(-1), "worker/b: b");
});

test("membership: after a restart nobody is told who is there before all of an earlier life are back, or dead", async (t) => {
  const disk = new MemoryDisk("disk");
  const before = await begin(t, disk);
  for (const id of ["a", "b", "c"]) await before.hello(id);
  await before.end();
  const life = await begin(t, disk);
  await life.hello("a");
  await life.hello("b");
  t.deepEqual(life.directories, [], "or a and b would give up c, which is only late");
  t.deepEqual(life.facts, ["member.joined", "member.joined"]);
  life.die("c");
  t.deepEqual(life.directories, ["worker/a: a,b", "worker/b: a,b"]);
  t.deepEqual(life.facts.slice(2), ["member.lost", "member.gathered"]);
  await life.end();
  const again = await begin(t, disk);
  for (const id of ["b", "a", "c"]) await again.hello(id);
  t.deepEqual(again.directories, ["worker/b: b,a,c", "worker/a: b,a,c", "worker/c: b,a,c"]);
});

test("membership: a worker of another version takes no part, and is told why (M4)", async (t) => {
  const life = await begin(t, new MemoryDisk("disk"));
  await life.hello("a", "2.0.1");
  t.deepEqual(life.paces, []);
  t.deepEqual(life.refusals, ["worker/a: it has version 2.0.1, the coordinator has 2.0.0"]);
  t.deepEqual([life.facts, life.directories], [["member.gathered"], []]);
});

test("membership: whoever joins is told how often to beat, again with each coordinator, also before all are back (M5)", async (t) => {
  const disk = new MemoryDisk("disk");
  const before = await begin(t, disk);
  for (const id of ["a", "b"]) await before.hello(id);
  t.deepEqual(before.paces, ["worker/a: 750", "worker/b: 750"]);
  await before.end();
  const life = await begin(t, disk);
  await life.hello("a");
  t.deepEqual(life.paces, ["worker/a: 750"]);
  await life.hello("a");
  t.deepEqual(life.paces, ["worker/a: 750", "worker/a: 750"], "it may not have heard it");
});

test("membership: a worker that is to leave leaves when it comes back, and one that has left may come again and stay", async (t) => {
  const disk = new MemoryDisk("disk");
  const before = await begin(t, disk);
  await before.hello("a");
  await before.end();
  const life = await begin(t, disk);
  await life.drain("a");
  await life.hello("a");
  t.deepEqual(life.draining, [true]);
  await life.leave("a");
  await life.drain("a");
  await life.hello("a");
  t.deepEqual(life.draining, [true, false]);
});

test("membership: whom an operator wants to leave is drained by every later coordinator, until it has left (M6)", async (t) => {
  const disk = new MemoryDisk("disk");
  const before = await begin(t, disk);
  for (const id of ["a", "b", "c"]) await before.hello(id);
  await before.drain("a");
  await before.drain("b");
  t.deepEqual(before.facts.slice(-2), ["member.changed", "member.changed"]);
  await before.leave("b");
  await before.end();
  const life = await begin(t, disk);
  for (const id of ["a", "b", "c"]) await life.hello(id);
  t.deepEqual(life.draining, [true, false, false]);
  life.die("a");
  await life.hello("a");
  t.deepEqual(life.draining.slice(3), [true], "it has not left");
  await life.leave("a");
  await life.end();
  const later = await begin(t, disk);
  await later.hello("a");
  t.deepEqual(later.draining, [false]);
});

test("membership: a wish that comes while the journal is being read is noted when it is read (M6)", async (t) => {
  const disk = new MemoryDisk("disk");
  const before = await begin(t, disk);
  await before.hello("a");
  await before.end();
  const life = await begin(t, disk, { early: "a" });
  await life.hello("a");
  t.deepEqual(life.draining, [true]);
});

import test from "ava";
import fc from "fast-check";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import type { RestartType, Strategy } from "../../../runtime/supervision/specification.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { puppetChild, stage } from "./stage.ts";

const ids = ["a", "b", "c", "d", "e"];
const shutdownMsOf = (id: string): number => (id === "b" ? 700 : id === "d" ? 1500 : 0);

const id = fc.constantFrom(...ids);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("crash" as const), id }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      durationMs: fc.constantFrom<number>(1, 200, 900, 5000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("finish" as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose" as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("progress" as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("add" as const), id }) },
);
const scenario = fc.record({
  strategy: fc.constantFrom<Strategy>("one_for_one", "one_for_all", "rest_for_one"),
  restart: fc.constantFrom<RestartType>("permanent", "transient", "temporary"),
  per: fc.constantFrom<"child" | "supervisor">("child", "supervisor"),
  restartsMax: fc.integer({ min: 1, max: 6 }),
  steps: fc.array(step, { maxLength: 40 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

interface Line {
  readonly notice: SupervisorNotice;
  readonly atMs: number;
}

/** Plays the steps, then stops the supervisor; every notice with its time, and the supervisor's last status. */
function play({ per, restart, restartsMax, steps, strategy }: Scenario) {
  const lines: Line[] = [];
  const births = new Map<string, number>();
  const specify = (child: string, firstIncarnation = 1) =>
    puppetChild(child, { restart, shutdownMs: shutdownMsOf(child), firstIncarnation });
  const clock = new SimulatedClock();
  const { reference, supervisor } = stage({
    clock,
    strategy,
    children: ids.map((child) => specify(child)),
    intensity: { restartsMax, withinMs: 4000, per },
    observer: (notice) => {
      if (notice.type === "child.started") births.set(notice.id, notice.incarnation);
      lines.push({ notice, atMs: clock.nowMs() });
    },
  });
  const tell = (child: string, type: "crash" | "finish"): void => {
    if (reference(child)?.getSnapshot().status === "active") reference(child)?.send({ type });
  };
  for (const action of steps) {
    if (supervisor.getSnapshot().status !== "active") break;
    if (action.kind === "wait") clock.advance(action.durationMs);
    else if (action.kind === "crash" || action.kind === "finish") tell(action.id, action.kind);
    else if (action.kind === "lose") supervisor.send({ type: "child.lost", id: action.id, reason: "test" });
    else if (action.kind === "remove") supervisor.send({ type: "child.stop", id: action.id });
    else if (action.kind === "progress")
      supervisor.send({ type: "child.progressed", id: action.id, incarnation: births.get(action.id) ?? 0 });
    // Beyond any incarnation that a restart may yet give the child's predecessor.
    else supervisor.send({ type: "child.start", specification: specify(action.id, (births.get(action.id) ?? 0) + 2) });
  }
  const beforeEnd = lines.length;
  if (supervisor.getSnapshot().status === "active") supervisor.send({ type: "supervisor.stop" });
  clock.advance(60_000);
  return { lines, beforeEnd, clock, status: supervisor.getSnapshot().status };
}

const runs = { numRuns: 300 };

test("any story: it ends in an orderly way, with no child running and no timer set", (t) => {
  fc.assert(
    fc.property(scenario, (story) => {
      const { clock, lines, status } = play(story);
      const running = new Set<string>();
      for (const { notice } of lines) {
        if (notice.type === "child.started") {
          if (running.has(notice.id)) return false;
          running.add(notice.id);
        }
        if (notice.type === "child.exited" && !running.delete(notice.id)) return false;
      }
      const failed = lines.some(({ notice }) => notice.type === "supervisor.failed");
      return running.size === 0 && clock.pending === 0 && status === (failed ? "error" : "done");
    }),
    runs,
  );
  t.pass();
});

test("any story: incarnations strictly increase", (t) => {
  fc.assert(
    fc.property(scenario, (story) => {
      const latest = new Map<string, number>();
      return play(story).lines.every(({ notice }) => {
        if (notice.type !== "child.started") return true;
        const before = latest.get(notice.id) ?? 0;
        latest.set(notice.id, notice.incarnation);
        return notice.incarnation > before;
      });
    }),
    runs,
  );
  t.pass();
});

test("any story: no window holds more restarts than the intensity allows", (t) => {
  fc.assert(
    fc.property(scenario, (story) => {
      const { lines } = play({ ...story, strategy: "one_for_one" });
      const restarts = lines.filter(({ notice }) => notice.type === "child.restarting");
      return restarts.every(({ atMs, notice }) => {
        // A child that was removed and added again has a count of its own, so that only the upper half may be looked at.
        const added = story.steps.some(({ kind }) => kind === "add");
        const counted = restarts.filter(
          (other) =>
            other.atMs <= atMs &&
            other.atMs >= atMs - 4000 &&
            (story.per === "supervisor" || ("id" in other.notice && "id" in notice && other.notice.id === notice.id)),
        );
        return (story.per === "child" && added) || counted.length <= story.restartsMax;
      });
    }),
    runs,
  );
  t.pass();
});

test("any story: shutdown goes in reverse start order", (t) => {
  fc.assert(
    fc.property(scenario, (story) => {
      // Without additions the start order is that of the list.
      const steps = story.steps.filter(({ kind }) => kind !== "add" && kind !== "remove");
      const { beforeEnd, lines, status } = play({ ...story, steps });
      if (status !== "done") return true;
      const ended = lines.slice(beforeEnd).flatMap(({ notice }) => (notice.type === "child.exited" ? [notice.id] : []));
      return ended.join("") === [...ended].sort().reverse().join("");
    }),
    runs,
  );
  t.pass();
});

test("any story: rest_for_one restarts the dead child and all after it, in start order", (t) => {
  fc.assert(
    fc.property(scenario, fc.constantFrom(...ids), (story, victim) => {
      const steps = story.steps.filter(({ kind }) => kind === "wait" || kind === "progress" || kind === "crash");
      const { lines } = play({
        ...story,
        strategy: "rest_for_one",
        restart: "permanent",
        restartsMax: 100,
        steps: [
          ...steps,
          { kind: "wait", durationMs: 60_000 },
          { kind: "crash", id: victim },
          { kind: "wait", durationMs: 60_000 },
        ],
      });
      const crash = lines.findLastIndex(
        ({ notice }) => notice.type === "child.exited" && notice.reason.kind === "crashed",
      );
      const started = lines.slice(crash).flatMap(({ notice }) => (notice.type === "child.started" ? [notice.id] : []));
      return started.join("") === ids.slice(ids.indexOf(victim)).join("");
    }),
    runs,
  );
  t.pass();
});

/**
 * What is watched over, on a simulated clock with fakes in the place of processes.
 */
import test from "ava";
import type { RolePart } from "../../../cli/start/roles.ts";
import type { StartSettings } from "../../../cli/start/settings.ts";
import { watchOver } from "../../../cli/start/watch-over.ts";
import { silentLog } from "../../../runtime/log.ts";
import { seededRandom } from "../../../runtime/random.ts";
import { type FakeLife, fakeProcesses } from "../../runtime/process/fake-process.ts";
import { SimulatedClock } from "../../runtime/simulated-clock.ts";

const listen = { hostNames: [], insecure: true };
const coordinator: StartSettings["coordinator"] = {
  ...{ host: "127.0.0.1", port: 0, dataDirectory: "/c", dataRoot: "/c/files", durability: "host", listen, dial: {} },
  limits: { jobsRunningMax: 1, jobsQueuedMax: 1, historyMs: 1, resultsMs: 1 },
  heartbeat: { heartbeatIntervalMs: 500, deadAfterMs: 5_000 },
};
const worker: StartSettings["worker"] = {
  ...{ join: { host: "127.0.0.1", port: 0 }, dataDirectory: "/w", slots: 1, durability: "host", listen, dial: {} },
  exchange: { host: "127.0.0.1", port: 0 },
};
const rest = {
  respawn: true,
  restartsMax: 10,
  drainTimeoutMs: 60_000,
  log: { level: "info", format: "text" },
  warnings: [],
} as const;

function watched(settings: Pick<StartSettings, "coordinator" | "worker"> & Partial<StartSettings>) {
  const clock = new SimulatedClock();
  const processes = fakeProcesses();
  const served: string[] = [];
  const watch = watchOver({
    ...{ settings: { ...rest, ...settings }, start: processes.start, clock, random: seededRandom(1), log: silentLog },
    onServing: (role, { port }, incarnation) => served.push(`${role} ${port} ${incarnation}`),
  });
  let exitCode: number | undefined;
  void watch.ended.then((code) => {
    exitCode = code;
  });
  const serve = (index: number, port: number): void => {
    processes.lives[index]?.listener.onMessage({ type: "process.serving", detail: { host: "h", port, pid: 1 } });
  };
  const exit = (index: number, code: number): void => processes.lives[index]?.listener.onExit({ code, signal: null });
  return { clock, processes, served, watch, serve, exit, code: () => exitCode };
}

function part(life: FakeLife | undefined): RolePart {
  const [first] = life?.sent ?? [];
  if (first?.type !== "process.start") throw new Error("it was not started");
  return first.settings as RolePart;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("watch: a worker begins when its coordinator serves, and joins it where that listens", (t) => {
  const { processes, serve, served } = watched({ coordinator, worker });
  t.is(processes.lives.length, 1);
  t.is(part(processes.lives[0]).role, "coordinator");
  serve(0, 4711);
  const second = part(processes.lives[1]);
  t.is(second.role, "worker");
  t.deepEqual(second.role === "worker" && second.settings.join, { host: "127.0.0.1", port: 4711 });
  serve(1, 5000);
  t.deepEqual(served, ["coordinator 4711 1", "worker 5000 1"]);
});

test("watch: a coordinator that comes back listens where it did, and its worker stays", (t) => {
  const { clock, processes, serve, exit, served } = watched({ coordinator, worker });
  serve(0, 4711);
  serve(1, 5000);
  exit(0, 1);
  clock.advance(1000);
  t.is(processes.lives.length, 3);
  const again = part(processes.lives[2]);
  t.is(again.role === "coordinator" && again.settings.port, 4711);
  serve(2, 4711);
  t.is(processes.lives.length, 3);
  t.deepEqual(served, ["coordinator 4711 1", "worker 5000 1", "coordinator 4711 2"]);
});

test("watch: asked to end, the worker goes first, then the coordinator", async (t) => {
  const { processes, serve, exit, watch, code } = watched({ coordinator, worker });
  serve(0, 4711);
  watch.drain();
  const asked = (): boolean[] => processes.lives.map(({ sent }) => sent.length > 1);
  t.deepEqual(asked(), [false, true]);
  exit(1, 0);
  t.deepEqual(asked(), [true, true]);
  exit(0, 0);
  await turn();
  t.is(code(), 0);
});

test("watch: when one has ended for good, all do, with its exit code", async (t) => {
  for (const final of [0, 2, 3]) {
    const { processes, serve, exit, code } = watched({ coordinator, worker });
    serve(0, 4711);
    exit(1, final);
    t.true((processes.lives[0]?.sent.length ?? 0) > 1);
    exit(0, 0);
    await turn();
    t.is(code(), final);
  }
});

test("watch: too many crashes end in exit code 4, and nothing is left", async (t) => {
  const { clock, processes, serve, exit, code } = watched({ coordinator, worker });
  serve(0, 4711);
  for (let crash = 1; crash <= 11; crash += 1) {
    processes.last().listener.onMessage({ type: "process.progressed" });
    exit(processes.lives.length - 1, 1);
    clock.advance(300);
  }
  t.is(processes.lives.length, 12);
  exit(0, 0);
  await turn();
  t.is(code(), 4);
});

test("watch: how many crashes are too many is a setting", async (t) => {
  for (const restartsMax of [0, 2, 1000]) {
    const { clock, processes, exit, code } = watched({ worker, restartsMax });
    for (let crash = 1; crash <= 40 && code() === undefined; crash += 1) {
      processes.last().listener.onMessage({ type: "process.progressed" });
      exit(processes.lives.length - 1, 1);
      clock.advance(300);
      await turn();
    }
    t.is(processes.lives.length, Math.min(restartsMax, 40) + 1);
  }
});

test("watch: who does not end in time is killed, and the exit code says that it was interrupted", async (t) => {
  const { clock, processes, serve, watch, code } = watched({ worker });
  serve(0, 1);
  watch.drain();
  for (let second = 0; second < 60; second += 1) {
    processes.last().listener.onMessage({ type: "process.beat" });
    clock.advance(1000);
  }
  await turn();
  t.is(processes.last().kills, 1);
  t.is(code(), 130);
});

test("watch: stopped at once, all are killed at once", (t) => {
  const { processes, serve, watch } = watched({ coordinator, worker });
  serve(0, 1);
  watch.stop();
  t.deepEqual(
    processes.lives.map(({ kills }) => kills > 0),
    [true, true],
  );
});

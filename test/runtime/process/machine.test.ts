/**
 * A supervised process on a simulated clock, with fakes in the place of processes.
 */
import test from "ava";
import { decideProcessExit, type ExitFacts, type ExitMeaning } from "../../../runtime/process/decide.ts";
import { processMachine } from "../../../runtime/process/machine.ts";
import type { StartProcess } from "../../../runtime/process/messages.ts";
import type { SupervisorNotice } from "../../../runtime/supervision/messages.ts";
import { specifyChild } from "../../../runtime/supervision/specification.ts";
import { describeExit } from "../../../runtime/supervision/supervision-error.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { stage } from "../supervision/stage.ts";
import { fakeProcesses } from "./fake-process.ts";

/** Exit code, signal, and what they mean: to whoever did not ask the process to end, and to whoever did. */
const table: [ExitFacts["exit"], ExitMeaning, ExitMeaning][] = [
  [
    { code: 0, signal: null },
    { kind: "ended", exitCode: 0 },
    { kind: "ended", exitCode: 0 },
  ],
  [
    { code: 2, signal: null },
    { kind: "ended", exitCode: 2 },
    { kind: "ended", exitCode: 2 },
  ],
  [
    { code: 1, signal: null },
    { kind: "crashed", reason: "exited with code 1" },
    { kind: "ended", exitCode: 1 },
  ],
  [
    { code: null, signal: "SIGSEGV" },
    { kind: "crashed", reason: "was ended by SIGSEGV" },
    { kind: "ended", exitCode: 137 },
  ],
  [
    { code: null, signal: null, error: new Error("EAGAIN") },
    { kind: "crashed", reason: "could not be started: EAGAIN" },
    { kind: "ended", exitCode: 137 },
  ],
];

test("exit of a process: code, signal and whether it was asked decide whether that is an end or a crash", (t) => {
  for (const [exit, alone, asked] of table) {
    t.deepEqual(decideProcessExit({ exit, isAsked: false, silentMs: undefined, finalCodes: [2, 3] }), alone);
    t.deepEqual(decideProcessExit({ exit, isAsked: true, silentMs: undefined, finalCodes: [2, 3] }), asked);
  }
});

test("exit of a process: one that was killed for its silence says so", (t) => {
  const exit = { code: null, signal: "SIGKILL" };
  const meaning = decideProcessExit({ exit, isAsked: false, silentMs: 30_000, finalCodes: [] });
  t.deepEqual(meaning, { kind: "crashed", reason: "was killed after a silence of 30000 ms" });
});

function exits(notices: readonly SupervisorNotice[]): string[] {
  return notices.flatMap((notice) => (notice.type === "child.exited" ? [describeExit(notice.reason)] : []));
}

function supervised(
  settings: () => unknown = () => ({ port: 0 }),
  starting: (start: StartProcess) => StartProcess = (start) => start,
) {
  const clock = new SimulatedClock();
  const processes = fakeProcesses();
  const served: [unknown, number][] = [];
  const child = specifyChild({
    id: "worker",
    logic: processMachine,
    shutdownMs: 60_000,
    input: (incarnation) => ({
      ...{ id: "worker", incarnation, start: starting(processes.start), settings, clock },
      ...{ silenceMaxMs: 30_000, finalCodes: [2, 3] },
      onServing: (detail: unknown, life: number) => served.push([detail, life]),
    }),
  });
  return { ...stage({ clock, children: [child] }), clock, processes, served };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("process: it is given its incarnation and the settings of the moment at each start", (t) => {
  let port = 0;
  const { clock, processes } = supervised(() => ({ port }));
  t.deepEqual(processes.last().sent, [{ type: "process.start", incarnation: 1, settings: { port: 0 } }]);
  port = 4711;
  processes.last().listener.onExit({ code: 1, signal: null });
  clock.advance(1000);
  t.deepEqual(processes.last().sent, [{ type: "process.start", incarnation: 2, settings: { port: 4711 } }]);
});

test("process: a crash is answered by another incarnation after a backoff, and named", (t) => {
  const { clock, processes, notices } = supervised();
  processes.last().listener.onExit({ code: null, signal: "SIGKILL" });
  t.is(processes.lives.length, 1);
  clock.advance(240);
  t.is(processes.lives.length, 2);
  t.regex(exits(notices).join(), /process worker was ended by SIGKILL/);
});

test("process: one that cannot be started at all is started again, and nothing watches over it", (t) => {
  let isShort = true;
  const { clock, processes, notices } = supervised(
    () => ({ port: 0 }),
    (start) => (listener) => {
      if (isShort) throw Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
      return start(listener);
    },
  );
  t.is(processes.lives.length, 0);
  isShort = false;
  clock.advance(240);
  t.is(processes.lives.length, 1);
  t.regex(exits(notices).join(), /ENOMEM/);
  for (let beats = 0; beats < 40; beats += 1) {
    clock.advance(1000);
    processes.last().listener.onMessage({ type: "process.beat" });
  }
  t.is(processes.last().kills, 0);
  t.is(processes.lives.length, 1);
});

test("process: more than ten crashes within a minute are too many", (t) => {
  const { clock, processes, failure } = supervised();
  for (let crash = 1; crash <= 11; crash += 1) {
    t.is(failure(), undefined);
    processes.last().listener.onMessage({ type: "process.progressed" });
    processes.last().listener.onExit({ code: 1, signal: null });
    clock.advance(300);
  }
  t.is((failure() as { code: string }).code, "RESTART_INTENSITY_EXCEEDED");
  t.is(processes.lives.length, 11);
});

test("process: without progress the backoff doubles, progress starts it anew", (t) => {
  const { clock, processes } = supervised();
  const waitedMs = (): number => {
    const lives = processes.lives.length;
    const fromMs = clock.nowMs();
    processes.last().listener.onExit({ code: 1, signal: null });
    while (processes.lives.length === lives) clock.advance(10);
    return clock.nowMs() - fromMs;
  };
  const waits = [waitedMs(), waitedMs(), waitedMs(), waitedMs()];
  waits.forEach((waitMs, index) => {
    const steadyMs = 200 * 2 ** index;
    t.true(waitMs >= 0.8 * steadyMs && waitMs <= 1.2 * steadyMs + 10, `${waitMs} of ${steadyMs} ms`);
  });
  processes.last().listener.onMessage({ type: "process.progressed" });
  t.true(waitedMs() <= 250);
});

test("process: an exit that a restart would only repeat ends it", (t) => {
  for (const code of [0, 2, 3]) {
    const { clock, processes, isRunning } = supervised();
    processes.last().listener.onExit({ code, signal: null });
    clock.advance(60_000);
    t.is(processes.lives.length, 1);
    t.false(isRunning("worker"));
  }
});

test("process: asked to end, it is asked once, may take its time, and is not started again", (t) => {
  const { clock, processes, supervisor } = supervised();
  supervisor.send({ type: "supervisor.stop" });
  t.deepEqual(processes.last().sent.slice(1), [{ type: "process.drain" }]);
  for (let second = 0; second < 50; second += 1) {
    processes.last().listener.onMessage({ type: "process.beat" });
    clock.advance(1000);
  }
  t.is(supervisor.getSnapshot().status, "active");
  t.is(processes.last().kills, 0);
  processes.last().listener.onExit({ code: 0, signal: null });
  t.is(supervisor.getSnapshot().status, "done");
  t.is(processes.lives.length, 1);
});

test("process: asked to end, it is killed when its time is over", (t) => {
  const { clock, processes, supervisor } = supervised();
  supervisor.send({ type: "supervisor.stop" });
  for (let second = 0; second < 60; second += 1) {
    processes.last().listener.onMessage({ type: "process.beat" });
    clock.advance(1000);
  }
  t.is(supervisor.getSnapshot().status, "done");
  t.is(processes.last().kills, 1);
});

test("process: a silent one is killed and replaced; one that beats is not", async (t) => {
  const { clock, processes, notices } = supervised();
  for (let second = 0; second < 120; second += 1) {
    processes.last().listener.onMessage({ type: "process.beat" });
    clock.advance(1000);
  }
  t.is(processes.lives.length, 1);
  for (let second = 0; second < 31; second += 1) clock.advance(1000);
  t.is(processes.lives[0]?.kills, 1);
  await turn();
  clock.advance(1000);
  t.is(processes.lives.length, 2);
  t.regex(exits(notices).join(), /was killed after a silence of 30000 ms/);
});

test("process: the sleep of the observer is not the silence of the process", async (t) => {
  const { clock, processes } = supervised();
  processes.last().listener.onMessage({ type: "process.beat" });
  clock.advance(1000);
  clock.stall(3_600_000);
  clock.advance(1000);
  await turn();
  t.is(processes.last().kills, 0);
});

test("process: what it says when it serves is told with its incarnation", (t) => {
  const { processes, served } = supervised();
  processes.last().listener.onMessage({ type: "process.serving", detail: { port: 1 } });
  for (const foreign of [null, 7, "text", {}, { type: "else" }]) processes.last().listener.onMessage(foreign);
  t.deepEqual(served, [[{ port: 1 }, 1]]);
});

test("process: when its supervisor is stopped by force, it is killed", (t) => {
  const { processes, supervisor } = supervised();
  supervisor.stop();
  t.true(processes.last().kills >= 1);
});

/**
 * `start` as real processes with roles of the tests: deaths, signals, exit codes, and that nothing is left behind.
 *
 * That something is left behind would show: `gone` waits for the streams that every process below has inherited.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { LaunchedProcess } from "../../../cli/processes/launched-process.ts";
import { temporaryDirectory } from "../../actors/temporary-directory.ts";

const FAKE_START = fileURLToPath(new URL("./fake-start.js", import.meta.url));

function launch(t: ExecutionContext, word: string, options: Readonly<Record<string, unknown>>): LaunchedProcess {
  const settings = { dataDir: path.join(temporaryDirectory(t), word), port: "0", ...options };
  const launched = new LaunchedProcess({
    command: process.execPath,
    words: [FAKE_START, JSON.stringify(settings)],
    environment: { ...process.env, ACTOR_DATAFLOW_TOKEN: "correct-horse-battery-staple" },
  });
  t.teardown(async () => {
    launched.signal("SIGKILL");
    await launched.gone;
  });
  return launched;
}

const worker = { role: "worker", join: "127.0.0.1:7411" };

test("start: a worker that is killed comes back by itself, and ends in order when asked", async (t) => {
  const launched = launch(t, "plain", worker);
  const first = await launched.firstServing(({ incarnation }) => incarnation === 1);
  t.not(first?.pid, launched.pid);
  t.is(first?.id, "worker-1");
  process.kill(first!.pid, "SIGKILL");
  const second = await launched.firstServing(({ incarnation }) => incarnation === 2);
  t.is(second?.id, "worker-2");
  t.true(
    launched.lines.some((line) => line.includes("was ended by SIGKILL")),
    launched.lines.join("\n"),
  );
  launched.signal("SIGTERM");
  t.deepEqual(await launched.exited, { code: 0, signal: null });
  await launched.gone;
});

test("start: a coordinator beside a worker comes back at the port that the worker knows", async (t) => {
  const launched = launch(t, "plain", { role: "both" });
  const first = await launched.firstServing(({ role }) => role === "coordinator");
  t.is(first?.port, 40_001);
  t.is((await launched.firstServing(({ role }) => role === "worker"))?.port, 40_001);
  process.kill(first!.pid, "SIGKILL");
  const again = await launched.firstServing(({ role, incarnation }) => role === "coordinator" && incarnation === 2);
  t.is(again?.port, 40_001);
  launched.signal("SIGINT");
  t.is((await launched.exited).code, 0);
  await launched.gone;
});

test("start: when it is SIGKILLed, nothing of it is left", async (t) => {
  const launched = launch(t, "plain", { role: "both" });
  await launched.firstServing(({ role }) => role === "worker");
  launched.signal("SIGKILL");
  await launched.gone;
  t.pass();
});

test("start: a coordinator alone is its own process, and ends in order when asked", async (t) => {
  const launched = launch(t, "plain", { role: "coordinator", port: "4711" });
  const serving = await launched.firstServing(() => true);
  t.deepEqual(serving, { role: "coordinator", host: "127.0.0.1", port: 4711, pid: launched.pid!, incarnation: 1 });
  launched.signal("SIGTERM");
  t.is((await launched.exited).code, 0);
  await launched.gone;
});

test("start: a coordinator with respawn comes back", async (t) => {
  const launched = launch(t, "plain", { role: "coordinator", respawn: "true" });
  const first = await launched.firstServing(() => true);
  process.kill(first!.pid, "SIGKILL");
  t.is((await launched.firstServing(({ incarnation }) => incarnation === 2))?.port, first?.port);
  launched.signal("SIGTERM");
  t.is((await launched.exited).code, 0);
});

for (const role of ["worker", "coordinator"] as const) {
  test(`start: a second signal ends everything at once (${role})`, async (t) => {
    const launched = launch(t, "linger", role === "worker" ? worker : { role });
    await launched.firstServing(() => true);
    launched.signal("SIGTERM");
    t.truthy(await launched.firstLine(role === "worker" ? "handing over" : "stopping"));
    launched.signal("SIGTERM");
    t.is((await launched.exited).code, 130);
    await launched.gone;
  });
}

test("start: what another start would only repeat ends it, with its exit code and its reason", async (t) => {
  const launched = launch(t, "refuse", worker);
  t.is((await launched.exited).code, 2);
  await launched.gone;
  t.is(launched.lines.filter((line) => line.includes("refused to begin")).length, 1, launched.lines.join("\n"));
});

test("start: a directory that is still locked, a lost place and a crash are reasons to start again", async (t) => {
  const lost = launch(t, "lose", worker);
  t.truthy(await lost.firstServing(({ incarnation }) => incarnation === 2));
  const crashing = launch(t, "crash", worker);
  t.truthy(await crashing.firstServing(({ incarnation }) => incarnation === 2));
  t.true(crashing.lines.some((line) => line.includes("crashed in life 1")));
  const locked = launch(t, "locked", worker);
  t.truthy(await locked.firstLine("incarnation=2 delayMs="));
  t.is(locked.serving.size, 0);
});

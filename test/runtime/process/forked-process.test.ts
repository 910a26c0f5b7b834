/**
 * Real processes: what passes between a child and its parent, and that a child does not survive its parent.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import test from "ava";
import { forkedProcess } from "../../../runtime/process/forked-process.ts";
import type { ProcessExit, RunningProcess } from "../../../runtime/process/messages.ts";

interface Life {
  readonly running: RunningProcess;
  readonly serving: Promise<unknown>;
  readonly exit: Promise<ProcessExit>;
}

function startChild(settings: unknown): Life {
  let serve: (message: unknown) => void;
  let leave: (exit: ProcessExit) => void;
  const serving = new Promise((resolve) => {
    serve = resolve;
  });
  const exit = new Promise<ProcessExit>((resolve) => {
    leave = resolve;
  });
  const running = forkedProcess(new URL("./child.js", import.meta.url))({
    onMessage: (message) => {
      if ((message as { type: string }).type === "process.serving") serve(message);
    },
    onExit: (how) => leave(how),
  });
  running.send({ type: "process.start", incarnation: 1, settings });
  return { running, serving, exit };
}

test("forked process: it serves, nothing is in its argv, and it ends with code 0 when asked", async (t) => {
  const { running, serving, exit } = startChild({});
  t.deepEqual(await serving, { type: "process.serving", detail: { pid: running.pid, argv: [] } });
  running.send({ type: "process.drain" });
  t.deepEqual(await exit, { code: 0, signal: null });
  t.notThrows(() => running.send({ type: "process.drain" }), "to a process that is gone");
  t.notThrows(() => running.kill());
});

test("forked process: its exit code, and the signal that killed it, are told", async (t) => {
  t.deepEqual(await startChild({ exitCode: 7 }).exit, { code: 7, signal: null });
  const killed = startChild({});
  await killed.serving;
  killed.running.kill();
  t.deepEqual(await killed.exit, { code: null, signal: "SIGKILL" });
});

test("forked process: when its parent is SIGKILLed, it ends too", async (t) => {
  const parent = spawn(process.execPath, [new URL("./parent.js", import.meta.url).pathname], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface({ input: parent.stdout });
  const closed = once(lines, "close");
  const [line] = (await once(lines, "line")) as [string];
  t.is((JSON.parse(line) as { type: string }).type, "process.serving");
  parent.kill("SIGKILL");
  // The child has the other end of this pipe as well: it closes when the last of the two is gone.
  await closed;
  t.pass();
});

/**
 * `npm run kill-loop`: `run` is killed at random moments, again and again, until it ends; prints what that cost.
 *
 *   npm run kill-loop -- --rows 10000000 --kills 10 --seed 1 --program FILE
 *
 * Owns: the comparison with an undisturbed run: the same bytes, and at most WORK_MAX of the work; exits with 1 otherwise.
 *
 * Work is counted in bytes that the process has read from files (`rchar` of /proc/PID/io, proc(5)): every byte of input
 * and every stored block is read once for each time that it is worked on. A process is stopped before it is looked at and
 * killed, so that the count is exact. What a run of no rows reads is taken off each life: programs, not work. The moment
 * of a kill is a random amount of work too: on a busy machine a random time would mostly meet starts.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { generateInput } from "../../programs/generate/generate-input.ts";
import { SeededRandom } from "../../programs/generate/seeded-random.ts";
import { systemClock } from "../../runtime/system-clock.ts";

const WORK_MAX = 1.15;
/** Of the work, done by the lives that are killed. */
const SHARE = 0.7;
const ATTEMPTS_MAX = 10;
/** Of /proc/PID/stat, proc(5); the usual value of sysconf(_SC_CLK_TCK). */
const TICKS_PER_SECOND = 100;
const COMMAND = path.join(import.meta.dirname, "../../cli/main.js");

const PROGRAM = {
  partitions: 64,
  operations: [
    { operator: "map", function: "MUL", arg: 3 },
    { operator: "changeKey", expression: "(v * 7 + k) % 5000011" },
    { operator: "map", function: "ADD", arg: 1 },
    { operator: "reduce", function: "MEDIAN" },
  ],
};

interface Life {
  readonly killed: boolean;
  readonly bytesRead: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly report: { readonly tasks: number; readonly tasksTakenOver: number } | undefined;
}

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    program: { type: "string" },
  },
});
const directory = mkdtempSync(path.join(tmpdir(), "actor-dataflow-kill-loop-"));
try {
  process.exitCode = (await killLoop()) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function killLoop(): Promise<boolean> {
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  const random = new SeededRandom(seed);
  writeFileSync(file("program.json"), values.program ? readFileSync(values.program) : JSON.stringify(PROGRAM));
  await pipeline(
    generateInput({ rows: Number(values.rows), seed, max: 1_000_000 }),
    createWriteStream(file("rows.csv")),
  );
  writeFileSync(file("none.csv"), "");
  const idle = await live("idle", "none.csv", undefined);
  const whole = await live("undisturbed", "rows.csv", undefined);
  // On average as much work a life as leaves the rest to the last one.
  const shareBytes = Math.floor((SHARE * (whole.bytesRead - idle.bytesRead)) / kills);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const lives: Life[] = [];
    while (lives.length < kills && lives.every(({ killed }) => killed)) {
      lives.push(await live("killed", "rows.csv", idle.bytesRead + random.integer(0, 2 * shareBytes)));
    }
    if (lives.every(({ killed }) => killed)) {
      lives.push(await live("killed", "rows.csv", undefined));
      return tell({ idle, whole, lives });
    }
    console.log(`ended after ${lives.length - 1} kills; begun again`);
  }
  throw new Error(`no loop of ${ATTEMPTS_MAX} was killed ${kills} times`);
}

function tell({ idle, whole, lives }: { idle: Life; whole: Life; lives: readonly Life[] }): boolean {
  console.log("| life | MB read | CPU-seconds | seconds | tasks taken over |\n| --- | --- | --- | --- | --- |");
  const line = (name: string, { bytesRead, cpuSeconds, seconds, report }: Life): void => {
    const cells = [(bytesRead / 1e6).toFixed(1), cpuSeconds.toFixed(2), seconds.toFixed(2)];
    const tasks = report === undefined ? "killed" : `${report.tasksTakenOver} of ${report.tasks}`;
    console.log(`| ${[name, ...cells, tasks].join(" | ")} |`);
  };
  line("no rows", idle);
  line("undisturbed", whole);
  for (const [index, life] of lives.entries()) line(String(index + 1), life);
  const ratio = (of: (life: Life) => number): number =>
    lives.reduce((sum, life) => sum + Math.max(0, of(life) - of(idle)), 0) / (of(whole) - of(idle));
  const work = ratio(({ bytesRead }) => bytesRead);
  console.log(`\nwork, in bytes read: ${work.toFixed(3)} of the undisturbed run (at most ${WORK_MAX})`);
  console.log(`CPU time: ${ratio(({ cpuSeconds }) => cpuSeconds).toFixed(3)}, each start taken off`);
  return work <= WORK_MAX;
}

async function live(name: string, input: string, killAtBytes: number | undefined): Promise<Life> {
  const begun = systemClock.nowMs();
  const files = ["--input", file(input), "--output", file(`${name}.csv`), "--data-dir", file(`data-${name}`)];
  const child = spawn(process.execPath, [COMMAND, "run", file("program.json"), ...files, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let report = "";
  child.stdout.on("data", (text) => {
    report += text;
  });
  // An ended process has no counters any more: they are looked at all the time.
  let last = counters(child);
  let killed = false;
  const watch = setInterval(() => {
    last = counters(child) ?? last;
    if (killAtBytes === undefined || last === undefined || last.bytesRead < killAtBytes) return;
    if (killed || !child.kill("SIGSTOP")) return;
    last = counters(child) ?? last;
    killed = child.kill("SIGKILL");
  }, 1);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (...end) => resolve(end));
  });
  clearInterval(watch);
  killed &&= signal === "SIGKILL";
  assert(killed || code === 0, `run exited with ${code ?? signal}`);
  assert(last !== undefined);
  const seconds = (systemClock.nowMs() - begun) / 1000;
  if (!killed && name === "killed") assert.equal(await hashOf("killed"), await hashOf("undisturbed"));
  return { killed, ...last, seconds, report: killed ? undefined : JSON.parse(report) };
}

function counters({ pid }: ChildProcess): { readonly bytesRead: number; readonly cpuSeconds: number } | undefined {
  try {
    const bytesRead = Number(/^rchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { bytesRead, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

async function hashOf(name: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file(`${name}.csv`))) hash.update(piece as Buffer);
  return hash.digest("hex");
}

function file(name: string): string {
  return path.join(directory, name);
}

/**
 * A run that is ended from outside, by every means, and the same command given again.
 *
 * What a test must not leave to chance it pins with `hold:KIND`: a run whose first task of a later stage is held has
 * journaled every task of the stages before, and goes no further.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { generateInput } from "../../programs/generate/generate-input.ts";
import { seededRandom } from "../../runtime/random.ts";
import { CommandStage, HELD, repeatedPairs, SUMS, THREE_SPLITS_REPEATS } from "./command.ts";

const OPTIONS = ["run", "sums.json", "--output", "result.csv"];
const { text: PAIRS, sums: RESULT } = repeatedPairs(THREE_SPLITS_REPEATS);

function stageOf(t: ExecutionContext): CommandStage {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": PAIRS, "result.csv": "before\n" });
  return stage;
}

/** The run that goes on takes over what was done, gives the right bytes, and leaves nothing. */
function checkResumed(t: ExecutionContext, stage: CommandStage, tasksTakenOver: number): void {
  t.is(stage.read("result.csv"), "before\n", "what was there before stays until the job is done");
  t.is(stage.journals().length, 1);
  const { status, stdout } = stage.run([...OPTIONS, "--json"]);
  t.is(status, 0);
  t.like(JSON.parse(stdout), { status: "done", tasksTakenOver });
  t.is(stage.read("result.csv"), RESULT);
  t.deepEqual(stage.files(), ["pairs.csv", "result.csv", "sums.json"]);
  t.deepEqual(stage.journals(), []);
}

for (const [kind, taken] of [
  ["reduce", 3],
  ["planRanges", 4],
  ["range", 4],
] as const) {
  test.serial(`interruption: SIGKILL before the first task "${kind}" is done, the same command resumes`, async (t) => {
    const stage = stageOf(t);
    const held = stage.start(OPTIONS, { tamper: `hold:${kind}` });
    await held.said(HELD);
    held.process.kill("SIGKILL");
    t.is((await held.end).signal, "SIGKILL");
    checkResumed(t, stage, taken);
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  test.serial(`interruption: ${signal} ends cleanly with 130 and says how to go on`, async (t) => {
    const stage = stageOf(t);
    const held = stage.start(OPTIONS, { tamper: "hold:reduce" });
    await held.said(HELD);
    held.process.kill(signal);
    const { status, stdout, stderr } = await held.end;
    t.is(status, 130);
    t.is(stdout, "");
    const place = `${stage.stateDirectory}/${stage.journals()[0]}`;
    t.is(
      stderr.replaceAll(`${HELD}\n`, ""),
      `interrupted; run the same command again to go on (what is done is kept in ${place})\n`,
    );
    checkResumed(t, stage, 3);
  });
}

test.serial("interruption: what a run had put aside that was killed while it tidied up goes with the next one", (t) => {
  const stage = stageOf(t);
  const kept = stage.run([...OPTIONS, "--keep-journal"]);
  t.is(kept.status, 0);
  const [journal] = stage.journals();
  for (const name of ["journal", "segments", "journal-unreadable"]) {
    const aside = `${stage.stateDirectory}/${journal}/${name}-freed-0123456789ab`;
    mkdirSync(aside);
    writeFileSync(`${aside}/file`, "left");
  }
  t.is(stage.run(OPTIONS).status, 0);
  t.deepEqual(stage.journals(), []);
});

test.serial("interruption: without a journal, SIGINT leaves nothing", async (t) => {
  const stage = stageOf(t);
  const held = stage.start([...OPTIONS, "--no-journal"], { tamper: "hold:reduce" });
  await held.said(HELD);
  held.process.kill("SIGINT");
  const { status, stderr } = await held.end;
  t.is(status, 130);
  t.regex(stderr, /interrupted; nothing is kept, because of --no-journal\n$/);
  t.is(stage.read("result.csv"), "before\n");
  t.deepEqual(stage.files(), ["pairs.csv", "result.csv", "sums.json"]);
  t.deepEqual(stage.journals(), []);
});

test.serial("interruption: SIGINT ends a run whose output nobody reads", async (t) => {
  const stage = new CommandStage(t);
  const keys = [...generateInput({ rows: 100_000, max: 1_000_000, seed: 3 })].join("");
  stage.write({ "sums.json": SUMS, "pairs.csv": keys });
  const run = stage.start(["run", "sums.json"]);
  // More than a pipe holds is on its way when the first bytes are here.
  await new Promise((resolve) => run.process.stdout?.once("data", resolve));
  run.process.stdout?.pause();
  run.process.kill("SIGINT");
  const [status] = await new Promise<unknown[]>((resolve) => run.process.once("exit", (...end) => resolve(end)));
  t.is(status, 130);
});

test.serial("interruption: a second signal ends at once what the first one did not", async (t) => {
  const stage = stageOf(t);
  const held = stage.start(OPTIONS, { tamper: "hold:reduce" });
  await held.said(HELD);
  // Stopped, so that both signals wait for it when it goes on.
  held.process.kill("SIGSTOP");
  held.process.kill("SIGINT");
  held.process.kill("SIGTERM");
  held.process.kill("SIGCONT");
  t.is((await held.end).status, 130);
  checkResumed(t, stage, 3);
});

test.serial(
  "interruption: killed at any moment, again and again, a run ends with the bytes of one that was left alone",
  async (t) => {
    const stage = new CommandStage(t);
    const seed = 20_261_123;
    const random = seededRandom(seed);
    stage.write({
      "medians.json": {
        ...{ partitions: 7, input: "pairs.csv" },
        operations: [
          { operator: "changeKey", expression: "(v + k * 7) % 500009" },
          { operator: "reduce", function: "MEDIAN" },
        ],
      },
      "pairs.csv": [...generateInput({ rows: 1_200_000, max: 1_000_000, seed })].join(""),
    });
    const command = ["run", "medians.json", "--output", "result.csv", "--quiet"];
    t.is(stage.run(["run", "medians.json", "--output", "wanted.csv", "--quiet", "--no-journal"]).status, 0);
    const wanted = stage.read("wanted.csv");
    let kills = 0;
    for (let patienceMs = 200; ; patienceMs += 50) {
      const run = stage.start(command);
      const timer = setTimeout(() => run.process.kill("SIGKILL"), patienceMs * (0.5 + random.next()));
      const { status, signal, stderr } = await run.end;
      clearTimeout(timer);
      t.is(stderr, "", `seed ${seed}, after ${kills} kills`);
      if (signal === null) {
        t.is(status, 0);
        break;
      }
      kills += 1;
      // Killed behind the rename, a run is done but for what it would have tidied up.
      const seen = stage.files().includes("result.csv") ? stage.read("result.csv") : wanted;
      t.true(seen === wanted, "no part of an output is to be seen");
      t.deepEqual(processesOf(stage), [], "nothing lives on");
    }
    t.true(kills > 0);
    t.true(stage.read("result.csv") === wanted, `seed ${seed}, after ${kills} kills`);
    t.deepEqual(stage.files(), ["medians.json", "pairs.csv", "result.csv", "wanted.csv"]);
    t.deepEqual(stage.journals(), []);
  },
);

/** Processes with the stage's directory in their environment, where the system tells (Linux). */
function processesOf({ stateDirectory }: CommandStage): string[] {
  let all: string[] = [];
  try {
    all = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  } catch {
    return [];
  }
  return all.filter((id) => {
    try {
      return readFileSync(`/proc/${id}/environ`, "latin1").includes(stateDirectory);
    } catch {
      return false;
    }
  });
}

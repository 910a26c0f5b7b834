/**
 * `inspect` of data directories: of a run that goes on, of one that was killed, of damaged ones. It never writes.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import type { DirectoryReport } from "../../actors/inspect-directory.ts";
import { LevelStore } from "../../runtime/journal/level-journal.ts";
import { ALL_RECORDS } from "../../runtime/journal/record-key.ts";
import { CommandStage, HELD, repeatedPairs, SUMS, THREE_SPLITS_REPEATS } from "./command.ts";

const { text: PAIRS, sums: RESULT } = repeatedPairs(THREE_SPLITS_REPEATS);
const RUN = ["run", "sums.json", "--output", "result.csv", "--data-dir", "state"];

/** A run that has done its first stage and is held. */
async function heldRun(t: ExecutionContext) {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": PAIRS });
  const held = stage.start(RUN, { tamper: "hold:reduce" });
  await held.said(HELD);
  const kill = async (): Promise<void> => {
    held.process.kill("SIGKILL");
    await held.end;
  };
  return { stage, held, kill, state: path.join(stage.directory, "state") };
}

/** Names, times and contents of all files; `LOCK` is not read, for closing it would tell nothing of who wrote it. */
function fingerprint(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((file) => {
      const { mtimeMs, size } = statSync(file);
      return `${file} ${mtimeMs} ${size} ${createHash("sha256").update(readFileSync(file)).digest("hex")}`;
    })
    .sort();
}

function reportOf(stdout: string): DirectoryReport {
  return (JSON.parse(stdout) as { directories: DirectoryReport[] }).directories[0];
}

test.serial("inspect: while a run goes on, it says so, writes nothing, and the run goes on", async (t) => {
  const { stage, held, kill, state } = await heldRun(t);
  const before = fingerprint(state);
  const { status, stdout, stderr } = stage.run(["inspect", "state"]);
  t.deepEqual([status, stderr], [0, ""]);
  t.regex(stdout, /^"state"\n {2}healthy \(blocks are checked with --verify\)\n/);
  t.true(stdout.includes(`process ${held.process.pid} has been working here since `), stdout);
  t.regex(stdout, /job [0-9a-f]{16} "sums": 2 stages, 2 partitions; in stage 1/);
  t.regex(stdout, /\n {2}stage +tasks +blocks +pairs +bytes +operations\n {6}0 +3\/3 +3 +1,?500 /);
  t.regex(
    stdout,
    /\n {2}partition +stage +operation +tasks +blocks +bytes +records +health\n {10}0 .* good\n {10}1 .* good\n/,
  );
  t.deepEqual(fingerprint(state), before);
  await kill();
  t.is(stage.run(RUN).status, 0);
  t.is(stage.read("result.csv"), RESULT);
});

test.serial("inspect: --json has all of it, and --verify looks at every byte", async (t) => {
  const { stage, kill, state } = await heldRun(t);
  await kill();
  const before = fingerprint(state);
  const { status, stdout } = stage.run(["inspect", "state", "--verify", "--json"]);
  t.is(status, 0);
  const report = reportOf(stdout);
  t.like(report, {
    healthy: true,
    holder: null,
    jobs: [{ program: "sums", stage: 1, stageCount: 2, inputs: ["pairs.csv"] }],
  });
  t.is(report.verifiedBytes, report.segments.usedBytes);
  t.true(report.segments.usedBytes > 0 && report.segments.usedBytes <= report.segments.bytes);
  t.is(
    report.jobs[0].partitions.reduce((sum, { tasks }) => sum + tasks, 0),
    3,
  );
  t.deepEqual(fingerprint(state), before);
});

test.serial("inspect: a changed block is found with --verify, a shorter segment without it", async (t) => {
  const { stage, kill, state } = await heldRun(t);
  await kill();
  const segments = path.join(state, "segments");
  const [name] = readdirSync(segments);
  const file = path.join(segments, name);
  const bytes = readFileSync(file);
  bytes[bytes.length - 20] ^= 1;
  writeFileSync(file, bytes);
  t.is(stage.run(["inspect", "state"]).status, 0);
  const verified = stage.run(["inspect", "state", "--verify"]);
  t.is(verified.status, 1);
  t.regex(verified.stdout, /damaged: 1 damaged result; the next run computes again what is lost/);
  t.regex(verified.stdout, / 1 damaged\n/);
  writeFileSync(file, bytes.subarray(0, 10));
  t.is(stage.run(["inspect", "state"]).status, 1);
  t.is(stage.run(RUN).status, 0);
  t.is(stage.read("result.csv"), RESULT);
});

test.serial("inspect: a broken record is told with its place, and not repaired", async (t) => {
  const { stage, kill, state } = await heldRun(t);
  await kill();
  const store = new LevelStore(path.join(state, "journal"));
  await store.open();
  const entries = await store.entries(ALL_RECORDS);
  const [key, value] = entries.find(([candidate]) => Buffer.from(candidate).includes("partition/"))!;
  const changed = value.map((byte, index) => (index === value.length - 1 ? byte ^ 1 : byte));
  await store.write([{ type: "put", key, value: changed }], true);
  await store.close();
  const before = fingerprint(state);
  for (let time = 0; time < 2; time += 1) {
    const { status, stdout } = stage.run(["inspect", "state"]);
    t.is(status, 1);
    t.regex(stdout, /log "partition\/[0-9a-f]{16}\/0" is broken from record 1 on \(checksum\)/);
  }
  t.deepEqual(fingerprint(state), before);
  const { stdout } = stage.run([...RUN, "--json"]);
  t.true((JSON.parse(stdout) as { repaired: { records: number } }).repaired.records >= 1);
  t.is(stage.read("result.csv"), RESULT);
});

test.serial("inspect: all data directories below a directory, and none", async (t) => {
  const { stage, kill } = await heldRun(t);
  await kill();
  t.like(JSON.parse(stage.run(["inspect", ".", "--json"]).stdout), { directories: [{ directory: "state" }] });
  stage.write({ "empty/file": "" });
  const none = stage.run(["inspect", "empty"]);
  t.deepEqual([none.status, none.stderr], [2, '"empty" holds no journal\n']);
  t.is(stage.run(["inspect", "nowhere"]).status, 2);
});

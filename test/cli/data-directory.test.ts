/**
 * Data directories: who may use one, and what is said to those who may not.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { CommandStage, HELD, repeatedPairs, SUMS, THREE_SPLITS_REPEATS } from "./command.ts";

const { text: PAIRS, sums: RESULT } = repeatedPairs(THREE_SPLITS_REPEATS);
const RUN = ["run", "sums.json", "--quiet"];

function stageOf(t: ExecutionContext): CommandStage {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": PAIRS });
  return stage;
}

test.serial(
  "data directory: the same job twice at once in one directory is refused, and the holder is named",
  async (t) => {
    const stage = stageOf(t);
    const options = [...RUN, "--data-dir", "state"];
    const first = stage.start(options, { tamper: "hold:reduce" });
    await first.said(HELD);
    const { status, stdout, stderr } = stage.run(options);
    t.is(status, 2);
    t.is(stdout, "");
    t.is(stderr, `${path.join(stage.directory, "state/journal")} is held by process ${first.process.pid}\n`);
    first.process.kill("SIGKILL");
    await first.end;
    t.is(stage.run(options).stdout, RESULT, "a holder that is dead holds nothing");
  },
);

test.serial("data directory: the same job twice at once without a wish runs in two", async (t) => {
  const stage = stageOf(t);
  const first = stage.start(RUN, { tamper: "hold:reduce" });
  await first.said(HELD);
  const [kept] = stage.journals();
  t.is(stage.run(RUN).stdout, RESULT);
  t.deepEqual(stage.journals(), [kept]);
  first.process.kill("SIGKILL");
  await first.end;
  t.is(stage.run(RUN).stdout, RESULT);
  t.deepEqual(stage.journals(), []);
});

test.serial("data directory: one that holds another job's journal is refused, and that job can go on", async (t) => {
  const stage = stageOf(t);
  const options = ["--data-dir", "state", "--quiet"];
  const first = stage.start(["run", "sums.json", ...options], { tamper: "hold:reduce" });
  await first.said(HELD);
  first.process.kill("SIGKILL");
  await first.end;
  stage.write({ "other.csv": "1,2\n" });
  const { status, stderr } = stage.run(["run", "sums.json", ...options, "--input", "other.csv"]);
  t.is(status, 2);
  t.regex(
    stderr,
    /^data directory ".*\/state" holds an unfinished job of another program, input or version; [^\n]*\n$/,
  );
  t.is(stage.run(["run", "sums.json", ...options]).stdout, RESULT);
  t.is(stage.run(["run", "sums.json", ...options, "--input", "other.csv"]).stdout, "1,2\n");
});

test.serial("data directory: a changed input is another job, and begins anew", async (t) => {
  const stage = stageOf(t);
  const first = stage.start(RUN, { tamper: "hold:reduce" });
  await first.said(HELD);
  first.process.kill("SIGKILL");
  await first.end;
  stage.write({ "pairs.csv": "5,6\n" });
  const { status, stdout } = stage.run(RUN);
  t.deepEqual([status, stdout], [0, "5,6\n"]);
});

test.serial("data directory: one that cannot be made is an error that names it", (t) => {
  const stage = stageOf(t);
  stage.write({ file: "" });
  const named = stage.run([...RUN, "--data-dir", "file/state"]);
  t.is(named.status, 2);
  t.regex(named.stderr, /^cannot use "[^"]*\/file\/state" as data directory: E[A-Z]+: [^\n]*\n$/);
  const place = path.join(stage.directory, "file/state");
  const asked = stage.run(RUN, { env: { ACTOR_DATAFLOW_DATA_DIR: place } });
  t.is(asked.status, 2);
  t.regex(asked.stderr, /^cannot use "[^"]*\/file\/state" as data directory: E[A-Z]+: [^\n]*\n$/);
});

test.serial("data directory: one that cannot be written to is an error that names it", (t) => {
  const stage = stageOf(t);
  mkdirSync(path.join(stage.directory, "closed"), { mode: 0o500 });
  // To root, every directory is writable: the kernel's own files are not.
  const closed = process.getuid?.() === 0 ? "/proc/self/task" : "closed/state";
  const { status, stdout, stderr } = stage.run([...RUN, "--data-dir", closed]);
  t.is(status, 2);
  t.is(stdout, "");
  t.regex(stderr, /^cannot use "[^"]*" as data directory: E[A-Z]+: [^\n]*\n$/);
});

test.serial("data directory: XDG_STATE_HOME, then HOME, where nothing else is named", (t) => {
  const stage = stageOf(t);
  const home = path.join(stage.directory, "home");
  const none = { ACTOR_DATAFLOW_DATA_DIR: "", HOME: home };
  t.is(stage.run(RUN, { env: none }).status, 0);
  t.deepEqual(stage.files(), ["home", "pairs.csv", "sums.json"]);
  t.is(stage.run(RUN, { env: { ...none, XDG_STATE_HOME: path.join(stage.directory, "xdg") } }).status, 0);
  t.deepEqual(stage.files(), ["home", "pairs.csv", "sums.json", "xdg"]);
});

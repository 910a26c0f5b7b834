/**
 * Data directories: who may use one, and what is said to those who may not.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
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
    const held = `${path.join(stage.directory, "state/journal")} is held by process ${first.process.pid}, since `;
    t.is(stderr.slice(0, held.length), held);
    t.regex(stderr.slice(held.length), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n$/);
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
    /^data directory ".*\/state" holds an unfinished job of other input: ".*\/pairs.csv", without ".*\/other.csv"; [^\n]*\n$/,
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

for (const file of ["journal/notes.txt", "segments/notes.txt", "job.json"]) {
  test.serial(`data directory: one with somebody else's ${file} is refused, and loses nothing`, (t) => {
    const stage = stageOf(t);
    stage.write({ [`mine/${file}`]: "precious" });
    const { status, stderr } = stage.run([...RUN, "--data-dir", "mine"]);
    t.is(status, 2);
    t.true(stderr.includes("is not of actor-dataflow"), stderr);
    t.is(stage.read(`mine/${file}`), "precious");
  });
}

test.serial("data directory: that of a coordinator or of a worker is refused", async (t) => {
  const stage = stageOf(t);
  const started = stage.start(["start", "--role", "both", "--port", "0", "--data-dir", "state"]);
  await started.said("joined");
  started.process.kill("SIGTERM");
  await started.end;
  for (const role of ["coordinator", "worker"]) {
    const directory = path.join(stage.directory, "state", role);
    const before = readdirSync(path.join(directory, "journal"));
    const { status, stderr } = stage.run([...RUN, "--data-dir", directory]);
    t.is(status, 2);
    t.is(stderr, `data directory "${directory}" belongs to a ${role}; name another one\n`);
    t.true(before.includes("CURRENT") && readdirSync(path.join(directory, "journal")).includes("CURRENT"));
  }
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

interface Refusal {
  readonly what: string;
  readonly change: (stage: CommandStage) => void;
  readonly options?: readonly string[];
  readonly told: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    what: "an input that was modified",
    change: (stage) => utimesSync(path.join(stage.directory, "pairs.csv"), 1, 1),
    told: /of other input: ".*pairs\.csv" before it was modified;/,
  },
  {
    what: "an input of the same size and time, but with other content",
    change: (stage) => {
      const file = path.join(stage.directory, "pairs.csv");
      const { atime, mtime } = statSync(file);
      stage.write({ "pairs.csv": PAIRS.replace("1,7\n", "7,1\n") });
      utimesSync(file, atime, mtime);
    },
    told: /of other input: ".*pairs\.csv" with other content;/,
  },
  {
    what: "an input that has grown",
    change: (stage) => stage.write({ "pairs.csv": `${PAIRS}1,1\n` }),
    told: /of other input: ".*pairs\.csv" of \d+ bytes, not \d+;/,
  },
  {
    what: "another program",
    change: (stage) => stage.write({ "sums.json": { ...SUMS, operations: [{ operator: "reduce", function: "MAX" }] } }),
    told: /of another program \("sums", or what it was before\);/,
  },
  {
    what: "another number of partitions",
    change: () => {},
    options: ["--partitions", "3"],
    told: /of 2 partitions, not 3;/,
  },
];

test.serial("data directory: one of another program or input is refused, with what is different", async (t) => {
  for (const { what, change, options = [], told } of REFUSALS) {
    const stage = stageOf(t);
    const first = stage.start([...RUN, "--data-dir", "state"], { tamper: "hold:reduce" });
    await first.said(HELD);
    first.process.kill("SIGKILL");
    await first.end;
    change(stage);
    const { status, stdout, stderr } = stage.run([...RUN, "--data-dir", "state", ...options]);
    t.is(status, 2, what);
    t.is(stdout, "", what);
    t.regex(stderr, told, what);
  }
});

test.serial("data directory: one of another version is refused by name", (t) => {
  const stage = stageOf(t);
  stage.write({ "state/job.json": { format: "actor-dataflow data directory", version: 1e6 } });
  const { status, stderr } = stage.run([...RUN, "--data-dir", "state"]);
  t.is(status, 2);
  t.regex(stderr, /^data directory ".*state" was made by another version of this program \(format 1000000, /);
});

for (const durability of ["process", "host"]) {
  test.serial(
    `data directory: with --keep-journal all is taken over by the next run (durability ${durability})`,
    (t) => {
      const stage = stageOf(t);
      const options = ["run", "sums.json", "--output", "result.csv", "--data-dir", "state", "--durability", durability];
      const first = stage.run([...options, "--keep-journal"]);
      t.is(first.status, 0, first.stderr);
      t.true(first.stderr.includes(`the journal is kept in "${path.join(stage.directory, "state")}"`), first.stderr);
      const second = stage.run([...options, "--json"]);
      t.like(JSON.parse(second.stdout), { status: "done", tasks: 4, tasksTakenOver: 4 });
      t.is(stage.read("result.csv"), RESULT);
      t.deepEqual(readdirSync(path.join(stage.directory, "state")), []);
    },
  );
}

interface Damage {
  readonly what: string;
  readonly change: (directory: string) => void;
  /** Members of the report's `repaired`. */
  readonly found: object;
  readonly told: RegExp;
}

function editFiles(directory: string, name: RegExp, edit: (bytes: Buffer) => Buffer): void {
  for (const file of readdirSync(directory).filter((entry) => name.test(entry))) {
    const place = path.join(directory, file);
    writeFileSync(place, edit(readFileSync(place)));
  }
}

const DAMAGES: readonly Damage[] = [
  {
    what: "a journal that LevelDB cannot read",
    change: (directory) => writeFileSync(path.join(directory, "journal/CURRENT"), "nonsense"),
    found: { records: 0, journals: 1, tasksLost: 0, resultsDamaged: 0 },
    told: /^found a journal that could not be read: computed again$/m,
  },
  {
    what: "segments that are shorter than what the journal refers to",
    change: (directory) => editFiles(path.join(directory, "segments"), /segment$/, (bytes) => bytes.subarray(0, 100)),
    found: { records: 0, journals: 0, tasksLost: 0, resultsDamaged: 3 },
    told: /^found 3 damaged stored results: computed again$/m,
  },
  {
    what: "segments with other bytes",
    change: (directory) => editFiles(path.join(directory, "segments"), /segment$/, (bytes) => bytes.fill(7)),
    found: { records: 0, journals: 0, tasksLost: 0, resultsDamaged: 3 },
    told: /^found 3 damaged stored results: computed again$/m,
  },
  {
    what: "a journal without its last half",
    change: (directory) =>
      editFiles(path.join(directory, "journal"), /log$/, (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2))),
    found: { journals: 0, resultsDamaged: 0 },
    told: /rows in/,
  },
];

for (const { what, change, found, told } of DAMAGES) {
  test.serial(`data directory: ${what}: what is gone is computed again, and told`, async (t) => {
    for (const options of [["--json"], []]) {
      const stage = stageOf(t);
      const command = ["run", "sums.json", "--output", "result.csv", "--data-dir", "state"];
      const first = stage.start(command, { tamper: "hold:reduce" });
      await first.said(HELD);
      first.process.kill("SIGKILL");
      await first.end;
      change(path.join(stage.directory, "state"));
      const { status, stdout, stderr } = stage.run([...command, ...options]);
      t.is(status, 0, stderr);
      t.is(stage.read("result.csv"), RESULT);
      if (options.length > 0) t.like(JSON.parse(stdout).repaired, found);
      else t.regex(stderr, told);
      t.deepEqual(readdirSync(path.join(stage.directory, "state")), []);
    }
  });
}

test.serial("data directory: what a killed run had written and not committed gives its room back", async (t) => {
  const stage = stageOf(t);
  const command = ["run", "sums.json", "--output", "result.csv", "--data-dir", "state"];
  stage.write({ "state/segments/unused-0.segment": "x".repeat(1000) });
  const first = stage.start(command, { tamper: "hold:reduce" });
  await first.said(HELD);
  const left = readdirSync(path.join(stage.directory, "state/segments"));
  t.false(left.includes("unused-0.segment"));
  first.process.kill("SIGKILL");
  await first.end;
});

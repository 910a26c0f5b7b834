/**
 * Splits of input that is not seen here: a copy has all that a reader of the split looks at, few are there at once, and
 * what the coordinator cannot give is told as what it is.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { InputCopies } from "../../../actors/exchange/input-copies.ts";
import type { BlockSource, SubmitCommand } from "../../../actors/exchange/messages.ts";
import { Mirror } from "../../../actors/exchange/mirror.ts";
import { PatientFetch } from "../../../actors/exchange/patient-fetch.ts";
import { InputFiles } from "../../../actors/executor/input-files.ts";
import type { InputCopy, Task, TaskFailure, TaskResult } from "../../../actors/executor/messages.ts";
import { runSplit } from "../../../actors/executor/run-split.ts";
import type { TaskEnd } from "../../../actors/executor-pool/messages.ts";
import { cutSplits } from "../../../actors/job/cut-splits.ts";
import type { InputFile, JobDescription } from "../../../actors/job/messages.ts";
import { INPUT_COPIES_MAX } from "../../../actors/options.ts";
import { prepareJob } from "../../../actors/prepare-job.ts";
import type { StageKernels } from "../../../programs/kernels/kernel-set.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { DiskMeter, openDiskAccount } from "../../../runtime/journal/disk-meter.ts";
import { systemClock } from "../../../runtime/system-clock.ts";
import { map, program } from "../../programs/build-program.ts";
import { CSV } from "../jobs/job-stage.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/** Kernels that keep the text that they are given. */
function keeping(text: string[]): StageKernels {
  let window = new Uint8Array(0);
  const task = {
    window: (byteCount: number) => {
      window = new Uint8Array(byteCount);
      return window;
    },
    push: (byteCount: number) => void text.push(Buffer.from(window.subarray(0, byteCount)).toString("latin1")),
    finish: () => ({ pairsIn: 0, pairsOut: 0, lines: 0 }),
  };
  return { beginSplit: () => task } as unknown as StageKernels;
}

async function linesOf(job: JobDescription, split: number, directory: string, copy?: InputCopy): Promise<string> {
  const files = new InputFiles(job.files, directory);
  const text: string[] = [];
  try {
    const context = { files, kernels: keeping(text), sink: {} as never, progressed: () => {} };
    await runSplit(job.splits[split]!, context, copy);
    return text.join("");
  } finally {
    files.close();
  }
}

interface Place {
  readonly copies: InputCopies;
  readonly directory: string;
  readonly meter: DiskMeter;
}

/** The coordinator answers with these bytes, or an error's code. */
function placeOf(t: ExecutionContext, answer: (offset: number, byteLength: number) => Uint8Array | string): Place {
  const directory = temporaryDirectory(t);
  const meter = new DiskMeter(openDiskAccount(0, undefined));
  const source: BlockSource = {
    noteDirectory: () => {},
    fetch: async function* (_peer, { references, signal }) {
      for (const { offset, byteLength } of references) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
        if (signal.aborted) throw new RuntimeError("FETCH_CANCELLED", "aborted");
        const answered = answer(offset, byteLength);
        if (typeof answered === "string") throw new RuntimeError(answered, "as told");
        yield answered;
      }
    },
  };
  const fetch = new PatientFetch({ clock: systemClock, source });
  const copies = new InputCopies({ self: "aa", fetch, mirror: new Mirror(directory, meter) });
  return { copies, directory, meter };
}

/** A file that exists for `seen`, and is at another place than its description says for whoever shall not see it. */
async function jobOf(
  t: ExecutionContext,
  content: Uint8Array,
  splitBytes: number,
): Promise<{ seen: JobDescription; unseen: JobDescription }> {
  const directory = temporaryDirectory(t);
  writeFileSync(path.join(directory, "a.csv"), content);
  const plain = { input: { ...CSV, paths: ["a.csv"] }, baseDirectory: directory, outputFormat: "csv" } as const;
  const seen = await prepareJob(program([map()], { partitions: 1 }), { ...plain, splitBytes });
  const files: InputFile[] = seen.files.map((file) => ({ ...file, absolutePath: path.join(directory, "none.csv") }));
  return { seen, unseen: { ...seen, files } };
}

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

type Pass = (command: SubmitCommand) => void;

/** Submits a split; resolves with what its owner is told. */
async function ended(
  copies: InputCopies,
  job: JobDescription,
  split: number,
  pass: Pass,
  signal?: AbortSignal,
): Promise<TaskEnd> {
  return await new Promise((resolve) => {
    const task = { kind: "split", split } as const;
    const command: SubmitCommand = {
      type: "pool.submit",
      job: job.id,
      tag: `${split}`,
      task,
      owner: { send: resolve },
    };
    const inputJob = { description: job, signal: signal ?? new AbortController().signal };
    copies.submit({ job: inputJob, command, task, pass });
  });
}

function copyIn(task: Task): InputCopy | undefined {
  return task.kind === "split" ? task.copy : undefined;
}

const DONE = { type: "task.done", tag: "", result: {} as TaskResult } as const;

function failedWith(failure: TaskFailure): TaskEnd {
  return { type: "task.failed", tag: "", failure };
}

test("input copies: whatever the lines, each split reads from its copy what it reads from the file", async (t) => {
  const line = fc.oneof(
    { weight: 5, arbitrary: fc.nat(30).map((length) => `${"x".repeat(length)}\n`) },
    { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 200_000 }).map((length) => `${"y".repeat(length)}\n`) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 40 }),
      fc.constantFrom("", "an end without a line feed"),
      fc.integer({ min: 1, max: 70_000 }),
      async (lines, end, splitBytes) => {
        const content = Buffer.from(lines.join("") + end);
        const large = splitBytes < 500 && content.length > 5_000 ? 5_000 : splitBytes;
        const { seen, unseen } = await jobOf(t, content, large);
        const { copies, directory, meter } = placeOf(t, (offset, byteLength) =>
          content.subarray(offset, offset + byteLength),
        );
        for (const split of seen.splits.keys()) {
          let read: string | undefined;
          const pass: Pass = ({ task, owner }) => {
            void linesOf(unseen, split, directory, copyIn(task)).then((text) => {
              read = text;
              owner.send(DONE);
            });
          };
          await ended(copies, unseen, split, pass);
          t.is(read, await linesOf(seen, split, directory));
        }
        t.deepEqual(readdirSync(directory), []);
        t.is(meter.usedBytes, 0);
      },
    ),
    { numRuns: 60 },
  );
});

test("input copies: a file that is seen is read where it is; another one of its name is not", async (t) => {
  const content = Buffer.from("1,2\n3,4\n");
  const { seen } = await jobOf(t, content, 4);
  const { copies } = placeOf(t, (offset, byteLength) => content.subarray(offset, offset + byteLength));
  const told: (InputCopy | undefined)[] = [];
  const pass: Pass = ({ task, owner }) => {
    told.push(copyIn(task));
    owner.send(DONE);
  };
  await ended(copies, seen, 0, pass);
  for (const other of [{ endsHash: "0" }, { byteLength: 7 }, { modifiedMs: 1 }]) {
    const files = seen.files.map((file) => ({ ...file, ...other }));
    await ended(copies, { ...seen, id: JSON.stringify(Object.keys(other)).replaceAll(/\W/g, ""), files }, 0, pass);
  }
  t.is(told[0], undefined);
  t.true(told.length === 4 && told.slice(1).every((copy) => copy !== undefined));
});

test("input copies: a file that has vanished since is asked of the coordinator, who tells whether it has changed", async (t) => {
  const content = Buffer.from("1,2\n3,4\n");
  const { seen } = await jobOf(t, content, 4);
  const isCopied: boolean[] = [];
  const pass: Pass = ({ task, owner }) => {
    isCopied.push(copyIn(task) !== undefined);
    const code = isCopied.length === 1 ? "INPUT_UNREADABLE" : "INPUT_CHANGED";
    owner.send(copyIn(task) === undefined ? failedWith({ code, message: "gone" }) : DONE);
  };
  const { copies } = placeOf(t, (offset, byteLength) => content.subarray(offset, offset + byteLength));
  t.is((await ended(copies, seen, 0, pass)).type, "task.done");
  t.is((await ended(copies, seen, 1, pass)).type, "task.done");
  t.deepEqual(isCopied, [false, true, true], "once it was missed, nobody looks for it again");

  const changed = placeOf(t, () => "BLOCK_GONE");
  const end = await ended(changed.copies, seen, 0, ({ owner }) =>
    owner.send(failedWith({ code: "INPUT_CHANGED", message: "" })),
  );
  t.like(end, { type: "task.failed", failure: { code: "INPUT_CHANGED" } });
  const unreadable = placeOf(t, () => "BLOCK_UNREADABLE");
  const { unseen } = await jobOf(t, content, 4);
  t.like(await ended(unreadable.copies, unseen, 0, () => t.fail()), { failure: { code: "INPUT_UNREADABLE" } });
});

test("input copies: a copy of which a byte is another one when it is read is made again", async (t) => {
  const content = Buffer.from("1,2\n3,4\n5,6\n");
  const { seen, unseen } = await jobOf(t, content, 4);
  const { copies, directory } = placeOf(t, (offset, byteLength) => content.subarray(offset, offset + byteLength));
  for (const split of seen.splits.keys()) {
    const read: string[] = [];
    const pass: Pass = ({ task, owner }) => {
      const { segment, offset } = copyIn(task) as InputCopy;
      const file = path.join(directory, segment);
      const isFirst = read.length === 0;
      // Of the first copy the last byte that is looked at is another one, of which no line tells.
      if (isFirst) writeFileSync(file, readFileSync(file).fill("7", offset, offset + 1));
      linesOf(unseen, split, directory, copyIn(task)).then(
        (text) => {
          read.push(text);
          owner.send(DONE);
        },
        ({ code, message }: RuntimeError) => {
          read.push(code);
          owner.send(failedWith({ code, message }));
        },
      );
    };
    await ended(copies, unseen, split, pass);
    t.deepEqual(read, ["INPUT_UNREADABLE", await linesOf(seen, split, directory)]);
  }
});

test("input copies: a split that is asked for twice keeps its copy until both tasks have ended", async (t) => {
  const content = Buffer.from("1,2\n3,4\n");
  const { unseen } = await jobOf(t, content, 4);
  const { copies, directory } = placeOf(t, (offset, byteLength) => content.subarray(offset, offset + byteLength));
  const commands: SubmitCommand[] = [];
  const both = [0, 1].map(() => ended(copies, unseen, 0, (command) => commands.push(command)));
  while (commands.length < both.length) await new Promise<void>((resolve) => void setImmediate(resolve));
  commands[0]?.owner.send(DONE);
  await both[0];
  t.is(await linesOf(unseen, 0, directory, copyIn(commands[1]!.task)), "1,2\n");
  commands[1]?.owner.send(DONE);
  await both[1];
  t.deepEqual(readdirSync(directory), []);
});

test("input copies: a task that misses its input again and again fails by name", async (t) => {
  const content = Buffer.from("1,2\n");
  const { unseen } = await jobOf(t, content, 4);
  const { copies } = placeOf(t, (offset, byteLength) => content.subarray(offset, offset + byteLength));
  let count = 0;
  const end = await ended(copies, unseen, 0, ({ owner }) => {
    count += 1;
    owner.send(failedWith({ code: "INPUT_UNREADABLE", message: "no permission" }));
  });
  t.like(end, { failure: { code: "INPUT_UNREADABLE", message: "no permission" } });
  t.is(count, 3);
});

test("input copies: a bad record's line is counted from the file's beginning", async (t) => {
  const content = Buffer.from("1,1\n2,2\n3,3\nx\n5,5\n");
  const { unseen } = await jobOf(t, content, 5);
  const { copies } = placeOf(t, (offset, byteLength) => content.subarray(offset, offset + byteLength));
  const end = await ended(copies, unseen, 2, ({ owner }) => {
    const failure = { code: "RECORD_INVALID", message: "what is wrong", file: "a.csv", line: 1, linesFrom: 12 };
    owner.send(failedWith(failure));
  });
  t.like(end, { failure: { line: 4, message: "a.csv:4: what is wrong", file: "a.csv" } });
  t.false("linesFrom" in (end as { failure: object }).failure);
});

test("input copies: there are never more than so many, and each goes with its task, or with its job", async (t) => {
  const content = Buffer.from("1,2\n".repeat(INPUT_COPIES_MAX * 3));
  const { unseen } = await jobOf(t, content, 4);
  t.is(cutSplits(unseen.files, 4).length, INPUT_COPIES_MAX * 3);
  const { copies, directory, meter } = placeOf(t, (offset, byteLength) =>
    content.subarray(offset, offset + byteLength),
  );
  const open: SubmitCommand[] = [];
  let most = 0;
  const all = Promise.all(
    unseen.splits.map((_, split) => ended(copies, unseen, split, (command) => open.push(command))),
  );
  let isOver = false;
  void all.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    most = Math.max(most, readdirSync(directory).length);
    // The first to be given its copy keeps it longest.
    const last = open.length >= INPUT_COPIES_MAX || most === INPUT_COPIES_MAX ? open.pop() : undefined;
    last?.owner.send(DONE);
  }
  t.is(most, INPUT_COPIES_MAX);
  t.deepEqual(readdirSync(directory), []);
  t.is(meter.usedBytes, 0);

  const closing = new AbortController();
  const passed: string[] = [];
  for (const split of unseen.splits.keys()) {
    void ended(copies, unseen, split, ({ task }) => passed.push(copyIn(task)?.segment ?? ""), closing.signal).then(() =>
      t.fail(),
    );
  }
  while (passed.length < INPUT_COPIES_MAX) await new Promise<void>((resolve) => void setImmediate(resolve));
  closing.abort();
  copies.close(unseen.id);
  t.true(
    passed.every((copy) => existsSync(path.join(directory, copy))),
    "the mirror removes them",
  );
  // Another job is not held up by those that will never be.
  const { unseen: other } = await jobOf(t, Buffer.from("7,7\n"), 4);
  const end = await ended(copies, { ...other, id: "other" }, 0, ({ owner }) => owner.send(DONE));
  t.is(end.type, "task.done");
});

test("input copies: those that went with tasks of a pool that has ended are given back, and once only (K3)", async (t) => {
  const content = Buffer.from("1,2\n".repeat(3 * INPUT_COPIES_MAX));
  const { unseen } = await jobOf(t, content, 4);
  const { copies, directory, meter } = placeOf(t, (offset, byteLength) =>
    content.subarray(offset, offset + byteLength),
  );
  const lost: SubmitCommand[] = [];
  let ends = 0;
  for (let split = 0; split < INPUT_COPIES_MAX; split += 1) {
    void ended(copies, unseen, split, (command) => lost.push(command)).then(() => {
      ends += 1;
    });
  }
  while (lost.length < INPUT_COPIES_MAX) await turn();
  copies.poolEnded();
  t.deepEqual(readdirSync(directory), []);
  const pass: Pass = ({ owner }) => owner.send(DONE);
  // Those that were lost are asked for again, and others.
  for (let split = 0; split < 2 * INPUT_COPIES_MAX; split += 1) await ended(copies, unseen, split, pass);
  for (const { owner } of lost) owner.send(DONE);
  while (ends < INPUT_COPIES_MAX) await turn();
  for (let split = 0; split < 2 * INPUT_COPIES_MAX; split += 1) await ended(copies, unseen, split, pass);
  t.deepEqual(readdirSync(directory), []);
  t.is(meter.usedBytes, 0);
});

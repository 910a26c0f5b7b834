/**
 * The LevelDB journal against the contract, with a real directory; its lock, its failures, and a killed process.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import test, { type ExecutionContext } from "ava";
import { Level } from "level";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { JournalBreak } from "../../../runtime/journal/journal.ts";
import {
  createLevelJournal,
  LEVEL_OPTIONS,
  type LevelJournalOptions,
  LevelStore,
} from "../../../runtime/journal/level-journal.ts";
import { bytes, journalContract, rejectsWith, texts } from "./journal-contract.ts";

function freshDirectory(t: ExecutionContext): string {
  const parent = mkdtempSync(path.join(tmpdir(), "journal-"));
  t.teardown(() => rmSync(parent, { recursive: true, force: true }));
  return path.join(parent, "journal");
}

journalContract(test, (t) => {
  const directory = freshDirectory(t);
  return {
    name: directory,
    bitStride: 13,
    journal: (options) => createLevelJournal({ ...options, directory }),
    raw: async (work) => {
      const store = new LevelStore(directory);
      await store.open();
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    },
  };
});

/** A LevelDB whose batches fail with `fault` while one is set. */
class FaultyLevel extends Level<Uint8Array, Uint8Array> {
  fault: Error | undefined;
  batchCount = 0;

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of the package cannot be overridden otherwise
  override batch(...parameters: any[]): any {
    this.batchCount += 1;
    if (this.fault !== undefined) return Promise.reject(this.fault);
    return (super.batch as (...all: unknown[]) => unknown).apply(this, parameters);
  }
}

function faultyLevels(): { made: FaultyLevel[]; makeLevel: LevelJournalOptions["makeLevel"] } {
  const made: FaultyLevel[] = [];
  const makeLevel = (directory: string) => {
    const level = new FaultyLevel(directory, LEVEL_OPTIONS);
    made.push(level);
    return level;
  };
  return { made, makeLevel };
}

const NO_SPACE = "IO error: /journal/000003.log: No space left on device";

test("fail-stop: after a full disk nothing is acknowledged or even tried until the journal is reopened", async (t) => {
  const directory = freshDirectory(t);
  const { made, makeLevel } = faultyLevels();
  const journal = createLevelJournal({ directory, makeLevel });
  await journal.open();
  await journal.commit([{ actor: "a", payload: bytes("acknowledged") }]);
  const cause = Object.assign(new Error(NO_SPACE), { code: "LEVEL_IO_ERROR" });
  made[0].fault = cause;
  const failing = journal.commit([{ actor: "a", payload: bytes("failed") }]);
  const failed = rejectsWith(t, failing, "JOURNAL_FAILED");
  const queued = rejectsWith(
    t,
    failing.catch(() => journal.commit([{ actor: "b", payload: bytes("x") }])),
    "JOURNAL_FAILED",
  );
  const readBehind = rejectsWith(t, journal.read("a"), "JOURNAL_FAILED");
  const error = await failed;
  t.true(error.cause instanceof RuntimeError && error.cause.code === "DISK_FULL");
  t.is((error.cause as RuntimeError).cause, cause);
  t.regex(error.message, /DISK_FULL/);
  await queued;
  await readBehind;
  made[0].fault = undefined;
  const tried = made[0].batchCount;
  await rejectsWith(t, journal.commit([{ actor: "c", payload: bytes("later") }]), "JOURNAL_FAILED");
  await rejectsWith(t, journal.actors(""), "JOURNAL_FAILED");
  t.is(made[0].batchCount, tried);
  await journal.close();
  await journal.open();
  t.is(made.length, 2);
  t.deepEqual(texts(await journal.read("a")), ["acknowledged"]);
  await journal.commit([{ actor: "a", payload: bytes("again") }]);
  t.deepEqual(texts(await journal.read("a")), ["acknowledged", "again"]);
  await journal.close();
});

test("fail-stop: the error of one batch rejects every commit in it and every one behind it", async (t) => {
  const { made, makeLevel } = faultyLevels();
  const journal = createLevelJournal({ directory: freshDirectory(t), makeLevel });
  await journal.open();
  made[0].fault = new Error("IO error: Input/output error");
  const large = new Uint8Array(3 * 1024 * 1024);
  const commits = Array.from({ length: 6 }, (_, index) => journal.commit([{ actor: `a${index}`, payload: large }]));
  const tried = made[0].batchCount;
  for (const commit of commits) {
    const error = await rejectsWith(t, commit, "JOURNAL_FAILED");
    t.is(error.cause, made[0].fault);
  }
  t.is(made[0].batchCount, tried + 1);
  await journal.close();
});

test("open: a full disk is a failure that may pass, not an unreadable journal", async (t) => {
  const { made, makeLevel } = faultyLevels();
  const directory = freshDirectory(t);
  const journal = createLevelJournal({
    directory,
    makeLevel: (place) => Object.assign(makeLevel!(place), made.length === 1 ? { fault: new Error(NO_SPACE) } : {}),
  });
  const error = await rejectsWith(t, journal.open(), "JOURNAL_FAILED");
  t.is((error.cause as RuntimeError).code, "DISK_FULL");
  await journal.open();
  await journal.close();
});

test("open: a directory that LevelDB cannot read is unreadable", async (t) => {
  const directory = freshDirectory(t);
  const journal = createLevelJournal({ directory });
  await journal.open();
  await journal.close();
  writeFileSync(path.join(directory, "CURRENT"), "nonsense");
  const error = await rejectsWith(t, journal.open(), "JOURNAL_UNREADABLE");
  t.true(error.message.includes(directory));
});

test("close: leaves no file that names a holder", async (t) => {
  const directory = freshDirectory(t);
  const journal = createLevelJournal({ directory });
  await journal.open();
  t.true(existsSync(path.join(directory, "HOLDER")));
  await journal.close();
  t.false(existsSync(path.join(directory, "HOLDER")));
});

interface Committer {
  readonly pid: number;
  readonly acknowledged: Map<string, number>;
  /** Resolves when so many commits were acknowledged. */
  reached(count: number): Promise<void>;
  /** Kills it; resolves when it is dead and all that it said was read. */
  kill(): Promise<void>;
}

function startCommitter(t: ExecutionContext, directory: string): Committer {
  const script = path.join(import.meta.dirname, "committer.js");
  const child = spawn(process.execPath, [script, directory], { stdio: ["pipe", "pipe", "inherit"] });
  t.teardown(() => child.kill("SIGKILL"));
  const acknowledged = new Map<string, number>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let lines = 0;
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => {
    const [actor, sequence] = line.split(" ");
    acknowledged.set(actor, Number(sequence));
    lines += 1;
    for (const { count, resolve } of waiting) if (lines >= count) resolve();
  });
  const ended = Promise.all([
    new Promise((resolve) => child.once("exit", resolve)),
    new Promise((resolve) => reader.once("close", resolve)),
  ]);
  return {
    pid: child.pid!,
    acknowledged,
    reached: (count) => new Promise((resolve) => waiting.push({ count, resolve })),
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

test("recovery: after SIGKILL in the middle of commits every acknowledged record is there (3 kills)", async (t) => {
  const directory = freshDirectory(t);
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < 3; round += 1) {
    const committer = startCommitter(t, directory);
    await committer.reached(200);
    await committer.kill();
    for (const [actor, sequence] of committer.acknowledged) acknowledged.set(actor, sequence);
    t.true(acknowledged.size === 4);
    const breaks: JournalBreak[] = [];
    const journal = createLevelJournal({ directory, onBreak: (found) => breaks.push(found) });
    await journal.open();
    for (const [actor, sequence] of acknowledged) {
      const records = await journal.read(actor);
      t.true(records.length >= sequence, `${actor}: ${records.length} of ${sequence}`);
      t.deepEqual(
        texts(records),
        records.map((record) => `${actor} ${record.sequence}`),
      );
    }
    t.deepEqual(breaks, []);
    await journal.close();
  }
});

test("open: a journal held by another process is refused with the holder's process id", async (t) => {
  const directory = freshDirectory(t);
  const committer = startCommitter(t, directory);
  await committer.reached(1);
  const error = await rejectsWith(t, createLevelJournal({ directory }).open(), "JOURNAL_LOCKED");
  t.true(error.message.includes(directory) && error.message.includes(`process ${committer.pid}`), error.message);
  await committer.kill();
});

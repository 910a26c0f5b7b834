/**
 * A partition's book: what is submitted, what is told again, what is withdrawn.
 */
import test from "ava";
import type { TaskResult } from "../../../actors/executor/messages.ts";
import { PARTITION_TASKS_IN_FLIGHT_MAX } from "../../../actors/options.ts";
import type { PartitionTask, TaskCommit } from "../../../actors/partition/messages.ts";
import { TaskBook } from "../../../actors/partition/task-book.ts";

const RESULT: TaskResult = {
  ...{ pairsIn: 1, pairsOut: 1, lines: 1, bytesIn: 4, bytesOut: 9 },
  ...{ bundles: [], runs: [], rejectCount: 0, rejects: [], ranges: [], text: [] },
};

function tasks(count: number, from = 0): PartitionTask[] {
  return Array.from({ length: count }, (_, index) => {
    const sequence = from + index;
    return { stage: 0, sequence, task: { kind: "split", split: sequence } };
  });
}

function tags(book: TaskBook): string[] {
  return book.submittable().map(({ tag }) => tag);
}

function commit(book: TaskBook, tag: string, segment = "one"): TaskCommit {
  const bundles = [{ at: { segment, offset: 0, byteLength: 9, crc: 1 }, pairCount: 1 }];
  const made = book.commitOf(tag, { ...RESULT, bundles });
  if (made === undefined) throw new Error(`${tag} was not submitted`);
  book.committed(made);
  return made;
}

test("book: so many tasks are under way, the next one when one is committed (B3)", (t) => {
  const book = new TaskBook(3);
  book.accept(tasks(PARTITION_TASKS_IN_FLIGHT_MAX + 2));
  t.deepEqual(tags(book), ["0/0", "0/1", "0/2", "0/3"]);
  t.deepEqual(tags(book), []);
  t.is(commit(book, "0/2").partition, 3);
  t.deepEqual(tags(book), ["0/4"]);
  t.true(book.isBusy);
  t.is(book.committedCount, 1);
});

test("book: what is asked for again is submitted once, and told again once it is committed (B1, B2)", (t) => {
  const book = new TaskBook(0);
  book.accept(tasks(6));
  tags(book);
  t.deepEqual(book.accept(tasks(6)), []);
  const made = commit(book, "0/0");
  t.deepEqual(book.accept(tasks(6)), [made]);
  t.deepEqual(tags(book), ["0/4"]);
  for (const tag of ["0/1", "0/2", "0/3", "0/4"]) commit(book, tag);
  t.deepEqual(tags(book), ["0/5"]);
  commit(book, "0/5");
  t.false(book.isBusy);
  t.is(book.accept(tasks(6)).length, 6);
  t.deepEqual(tags(book), []);
});

test("book: the end of a task that was not submitted, or that a commit has answered, is nothing", (t) => {
  const book = new TaskBook(0);
  t.is(book.commitOf("0/0", RESULT), undefined);
  book.accept(tasks(1));
  tags(book);
  commit(book, "0/0");
  t.is(book.commitOf("0/0", RESULT), undefined);
  t.is(book.abandon("0/0"), undefined);
});

test("book: a task that ended without a result is submitted again when it is asked for again", (t) => {
  const book = new TaskBook(0);
  book.accept(tasks(1));
  t.deepEqual(tags(book), ["0/0"]);
  book.accept(tasks(1));
  t.deepEqual(tags(book), []);
  t.is(book.abandon("0/0")?.stage, 0);
  book.accept(tasks(1));
  t.deepEqual(tags(book), ["0/0"]);
});

test("book: what a journal held is told and not run; texts and ranges are no part of a commit", (t) => {
  const earlier = new TaskBook(0);
  earlier.accept(tasks(2));
  tags(earlier);
  const commits = ["0/0", "0/1"].map((tag) => commit(earlier, tag));
  t.false("text" in commits[0].result || "ranges" in commits[0].result);
  const book = new TaskBook(0);
  book.restore(commits);
  t.deepEqual(book.commits(), commits);
  t.deepEqual(book.accept(tasks(3)), commits);
  t.deepEqual(tags(book), ["0/2"]);
});

test("book: a withdrawn commit is made again; one that was made again since stays", (t) => {
  const book = new TaskBook(0);
  book.accept(tasks(1));
  tags(book);
  commit(book, "0/0", "damaged");
  const withdrawal = { stage: 0, partition: 0, sequence: 0, at: { segment: "damaged", offset: 0, byteLength: 9 } };
  book.withdraw(withdrawal);
  t.deepEqual(book.accept(tasks(1)), []);
  t.deepEqual(tags(book), ["0/0"]);
  const made = commit(book, "0/0", "whole");
  book.withdraw(withdrawal);
  t.deepEqual(book.accept(tasks(1)), [made]);
});

test("book: an abandoned task is submitted when it is asked for again", (t) => {
  const book = new TaskBook(0);
  book.accept(tasks(1));
  tags(book);
  book.abandon("0/0");
  t.is(book.commitOf("0/0", RESULT), undefined);
  book.accept(tasks(1));
  t.deepEqual(tags(book), ["0/0"]);
});

test("book: what is stopped is neither waiting nor under way, until it is asked for again (B4)", (t) => {
  const book = new TaskBook(0);
  const [first, ...others] = tasks(PARTITION_TASKS_IN_FLIGHT_MAX + 1);
  book.accept([first, ...others]);
  tags(book);
  book.stop({ stage: 0, sequence: 0 });
  book.stop({ stage: 0, sequence: PARTITION_TASKS_IN_FLIGHT_MAX });
  t.false(book.awaits("0/0", first));
  t.true(book.awaits("0/1", others[0]));
  t.is(book.commitOf("0/0", RESULT), undefined);
  t.deepEqual(tags(book), [], "another one was waiting, and is stopped as well");
  const [again] = tasks(1);
  book.accept([again]);
  t.deepEqual(tags(book), ["0/0"]);
  t.false(book.awaits("0/0", first), "what ends of the earlier one is nothing");
  t.true(book.awaits("0/0", again));
});

test("book: a task that is stopped while its commit is written is committed all the same", (t) => {
  const book = new TaskBook(0);
  book.accept(tasks(1));
  tags(book);
  const made = book.commitOf("0/0", RESULT);
  book.stop({ stage: 0, sequence: 0 });
  if (made !== undefined) book.committed(made);
  t.deepEqual(book.accept(tasks(1)), [made]);
});

/**
 * What a thread notes is read by others as it was noted.
 */
import test from "ava";
import fc from "fast-check";
import { NoteTaker, readNotes, TaskStopped, THREAD_NOTES_BYTES } from "../../../actors/executor/thread-notes.ts";
import { CALL_SUBJECT } from "../../../programs/registered/call-recorder.ts";

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

function pairOfNotes() {
  const memory = new SharedArrayBuffer(THREAD_NOTES_BYTES);
  return { taker: new NoteTaker(memory), notes: readNotes(memory) };
}

test("notes: nothing is known of a thread that has noted nothing", (t) => {
  const { notes } = pairOfNotes();
  t.deepEqual([notes.progress(), notes.call(), notes.lines()], [0, undefined, undefined]);
});

test("notes: a call is known while it lasts, with its pair to the last bit", (t) => {
  fc.assert(
    fc.property(fc.nat(1_000_000), INT64, INT64, (operation, key, value) => {
      const { taker, notes } = pairOfNotes();
      const halves = new Uint32Array(BigInt64Array.of(key, value).buffer);
      const [keyLow = 0, keyHigh = 0, valueLow = 0, valueHigh = 0] = halves;
      taker.enter(operation, CALL_SUBJECT.pair, keyLow, keyHigh, valueLow, valueHigh);
      t.deepEqual(notes.call(), { operation, key, value });
      taker.enter(operation, CALL_SUBJECT.key, keyLow, keyHigh, 0, 0);
      t.deepEqual(notes.call(), { operation, key, value: undefined });
      taker.enter(operation, CALL_SUBJECT.long, 0, 0, 0, 0);
      t.deepEqual(notes.call(), { operation, key: undefined, value: undefined });
      taker.leave();
      t.is(notes.call(), undefined);
    }),
  );
});

test("notes: every call is progress, so that slow functions are not taken for one that hangs", (t) => {
  const { taker, notes } = pairOfNotes();
  taker.progressed();
  taker.enter(0, CALL_SUBJECT.pair, 0, 0, 0, 0);
  t.is(notes.progress(), 2);
});

test("notes: lines of a split, with or without the last", (t) => {
  const { taker, notes } = pairOfNotes();
  taker.noteLines(5, 80);
  t.deepEqual(notes.lines(), { first: 5, last: 80 });
  taker.noteLines(2, 0);
  t.deepEqual(notes.lines(), { first: 2, last: undefined });
});

test("notes: a task that is to stop ends where it gets on or calls a function, and no other one does", (t) => {
  const { taker, notes } = pairOfNotes();
  const call = (): void => taker.enter(0, CALL_SUBJECT.pair, 0, 0, 0, 0);
  notes.stop([2 ** 40]);
  t.notThrows(() => taker.progressed(), "no task runs");
  taker.begin(2 ** 40 + 1);
  t.notThrows(() => taker.progressed());
  taker.end();
  taker.begin(2 ** 40);
  t.throws(() => taker.progressed(), { instanceOf: TaskStopped });
  t.throws(call, { instanceOf: TaskStopped });
  notes.stop([2 ** 40 + 7, 2 ** 40]);
  t.throws(call, { instanceOf: TaskStopped });
  notes.stop([]);
  t.notThrows(call);
});

/**
 * What every journal must do, whichever store is beneath it.
 *
 * Owns: the contract suite; `level-journal.test.ts` and `memory-journal.test.ts` run it.
 * Never: reaches past the ports, except to damage what is stored.
 */
import type { ExecutionContext, TestFn } from "ava";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { Journal, JournalBreak, JournalOptions } from "../../../runtime/journal/journal.ts";
import type { OrderedStore } from "../../../runtime/journal/ordered-store.ts";
import { encodeMarker } from "../../../runtime/journal/record.ts";
import { ALL_RECORDS, MARKER_KEY, recordKey } from "../../../runtime/journal/record-key.ts";

/** One place where journals can be opened one after the other. */
export interface JournalPlace {
  /** How errors name it. */
  readonly name: string;
  /** Every so many bits of a record are tried; 1 where opening is cheap. */
  readonly bitStride: number;
  journal(options?: JournalOptions): Journal;
  /** Works on the raw store while no journal is open. */
  raw<T>(work: (store: OrderedStore) => Promise<T>): Promise<T>;
}

const encoder = new TextEncoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function texts(records: readonly { readonly payload: Uint8Array }[]): string[] {
  return records.map(({ payload }) => new TextDecoder().decode(payload));
}

export async function rejectsWith(t: ExecutionContext, work: Promise<unknown>, code: string): Promise<RuntimeError> {
  const error = (await t.throwsAsync(work, { instanceOf: RuntimeError }))!;
  t.is(error.code, code);
  return error;
}

export function journalContract(test: TestFn, makePlace: (t: ExecutionContext) => JournalPlace): void {
  contractOfCommits(test, makePlace);
  contractOfBreaks(test, makePlace);
  contractOfOpening(test, makePlace);
}

async function opened(place: JournalPlace, options?: JournalOptions): Promise<Journal> {
  const journal = place.journal(options);
  await journal.open();
  return journal;
}

function contractOfCommits(test: TestFn, makePlace: (t: ExecutionContext) => JournalPlace): void {
  test("commit: what was committed is read in order, by this journal and by the next", async (t) => {
    const place = makePlace(t);
    const first = await opened(place);
    await first.commit([
      { actor: "a", payload: bytes("one") },
      { actor: "b", payload: bytes("other") },
    ]);
    await first.commit([
      { actor: "a", payload: bytes("two") },
      { actor: "a", payload: bytes("") },
    ]);
    const expected = [
      { sequence: 1, payload: bytes("one") },
      { sequence: 2, payload: bytes("two") },
      { sequence: 3, payload: bytes("") },
    ];
    t.deepEqual(await first.read("a"), expected);
    await first.close();
    const second = await opened(place, { onBreak: (found) => t.fail(JSON.stringify(found)) });
    t.deepEqual(await second.read("a"), expected);
    await second.commit([{ actor: "a", payload: bytes("four") }]);
    t.deepEqual(texts(await second.read("a")), ["one", "two", "", "four"]);
    t.deepEqual(await second.read("nobody"), []);
    await second.close();
  });

  test("commit: commits called at once keep the order of the calls, each actor's and across a drop", async (t) => {
    const journal = await opened(makePlace(t));
    const done: number[] = [];
    const commits = Array.from({ length: 200 }, (_, index) =>
      journal
        .commit([{ actor: `actor ${index % 3}`, payload: bytes(String(index)) }], index === 90 ? ["actor 0"] : [])
        .then(() => done.push(index)),
    );
    await Promise.all(commits);
    t.deepEqual(
      done,
      commits.map((_, index) => index),
    );
    const zeros = await journal.read("actor 0");
    t.deepEqual(
      zeros.map(({ sequence, payload }) => [sequence, Number(texts([{ payload }])[0])]),
      Array.from({ length: 37 }, (_, index) => [index + 1, 90 + index * 3]),
    );
    t.is((await journal.read("actor 1")).length, 67);
    await journal.close();
  });

  test("commit: a read sees the commits called before it and none called after", async (t) => {
    const journal = await opened(makePlace(t));
    const before = journal.commit([{ actor: "a", payload: bytes("before") }]);
    const reading = journal.read("a");
    const after = journal.commit([{ actor: "a", payload: bytes("after") }]);
    t.deepEqual(texts(await reading), ["before"]);
    await Promise.all([before, after]);
    await journal.close();
  });

  test("commit: the payload and the lists may be reused as soon as the call returns", async (t) => {
    const journal = await opened(makePlace(t));
    await journal.commit([{ actor: "b", payload: bytes("dropped") }]);
    const payload = bytes("kept");
    const [appends, drops] = [[{ actor: "a", payload }], ["b"]];
    const commit = journal.commit(appends, drops);
    payload.fill(0);
    appends.length = 0;
    drops.length = 0;
    await commit;
    t.deepEqual(await journal.actors(""), ["a"]);
    t.deepEqual(texts(await journal.read("a")), ["kept"]);
    await journal.close();
  });

  test("replace: drops the earlier records of its actor alone, and sequences go on", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    const breaks: JournalBreak[] = [];
    for (const text of ["1", "2", "3"]) await journal.commit([{ actor: "a", payload: bytes(text) }]);
    await journal.commit([
      { actor: "a.b", payload: bytes("neighbour") },
      { actor: "a", payload: bytes("snapshot"), replace: true },
      { actor: "a", payload: bytes("next") },
    ]);
    await journal.close();
    t.is(await place.raw(async (store) => (await store.entries(ALL_RECORDS)).length), 3);
    const again = await opened(place, { onBreak: (found) => breaks.push(found) });
    t.deepEqual(await again.read("a"), [
      { sequence: 4, payload: bytes("snapshot") },
      { sequence: 5, payload: bytes("next") },
    ]);
    t.deepEqual(texts(await again.read("a.b")), ["neighbour"]);
    await again.commit([{ actor: "a", payload: bytes("second"), replace: true }]);
    t.deepEqual(await again.read("a"), [{ sequence: 6, payload: bytes("second") }]);
    t.deepEqual(breaks, []);
    await again.close();
    t.is(await place.raw(async (store) => (await store.entries(ALL_RECORDS)).length), 2);
  });

  test("drops: a dropped log leaves nothing, and the actor begins again with 1", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    await journal.commit([
      { actor: "a", payload: bytes("1") },
      { actor: "a", payload: bytes("2") },
    ]);
    await journal.commit([{ actor: "b", payload: bytes("b") }], ["a", "nobody"]);
    t.deepEqual(await journal.read("a"), []);
    t.deepEqual(await journal.actors(""), ["b"]);
    await journal.commit([{ actor: "b", payload: bytes("fresh") }], ["b"]);
    t.deepEqual(await journal.read("b"), [{ sequence: 1, payload: bytes("fresh") }]);
    await journal.close();
    t.is(await place.raw(async (store) => (await store.entries(ALL_RECORDS)).length), 1);
  });

  test("actors: lists by prefix, in the order of UTF-8 bytes, whatever characters a name has", async (t) => {
    const journal = await opened(makePlace(t));
    const names = ["job/1", "job/1\u0001", "job/1/stage", "job/10", "job/2", "jöb", "ÿ", "\u{10ffff}", "\u0001"];
    await journal.commit(names.map((actor) => ({ actor, payload: bytes(actor) })));
    const sorted = names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    t.deepEqual(await journal.actors(""), sorted);
    t.deepEqual(await journal.actors("job/1"), ["job/1", "job/1\u0001", "job/1/stage", "job/10"]);
    t.deepEqual(await journal.actors("\u{10ffff}"), ["\u{10ffff}"]);
    t.deepEqual(await journal.actors("missing"), []);
    for (const actor of names) t.deepEqual(texts(await journal.read(actor)), [actor]);
    await journal.close();
  });

  test("commit: an unfit name is refused at the call and harms no other commit", async (t) => {
    const journal = await opened(makePlace(t));
    const good = journal.commit([{ actor: "a", payload: bytes("1") }]);
    for (const actor of ["", "a\0b", "\ud800", "x".repeat(513)]) {
      await t.throwsAsync(journal.commit([{ actor, payload: bytes("x") }]), { code: "ERR_ASSERTION" }, actor);
    }
    await good;
    t.deepEqual(await journal.actors(""), ["a"]);
    await journal.close();
  });

  test("commit: more waiting commits than allowed are refused, and the others are written", async (t) => {
    const journal = await opened(makePlace(t), { pendingCommitsMax: 2 });
    const commits = [1, 2, 3].map((index) => journal.commit([{ actor: "a", payload: bytes(String(index)) }]));
    await rejectsWith(t, commits[2], "JOURNAL_OVERLOADED");
    await Promise.all(commits.slice(0, 2));
    t.deepEqual(texts(await journal.read("a")), ["1", "2"]);
    await journal.close();
  });
}

/** Writes records 1 to 5 for two actors, damages the store, and tells what the next journal makes of actor "a". */
async function afterDamage(
  t: ExecutionContext,
  place: JournalPlace,
  damage: (store: OrderedStore) => Promise<void>,
): Promise<{ readonly left: string[]; readonly found: JournalBreak[] }> {
  const journal = await opened(place);
  for (const text of ["1", "2", "3", "4", "5"]) {
    await journal.commit(["a", "b"].map((actor) => ({ actor, payload: bytes(`${actor}${text}`) })));
  }
  await journal.close();
  await place.raw(damage);
  const found: JournalBreak[] = [];
  const second = await opened(place, { onBreak: (one) => found.push(one) });
  const left = texts(await second.read("a"));
  await second.commit([{ actor: "a", payload: bytes("on") }]);
  t.deepEqual(texts(await second.read("a")), [...left, "on"]);
  await second.close();
  const third = await opened(place, { onBreak: () => t.fail("a break is reported once") });
  t.deepEqual(texts(await third.read("a")), [...left, "on"]);
  await third.close();
  return { left, found };
}

function contractOfBreaks(test: TestFn, makePlace: (t: ExecutionContext) => JournalPlace): void {
  test("break: a flipped bit anywhere in a stored value is noticed, and what came before it stays", async (t) => {
    const place = makePlace(t);
    const { length } = await storedValue(place);
    for (let bit = 0; bit < length * 8; bit += place.bitStride) {
      const { left, found } = await afterDamage(t, makePlace(t), async (store) => {
        const key = recordKey("a", 3);
        const value = Uint8Array.from((await store.get(key))!);
        value[bit >> 3] ^= 1 << (bit & 7);
        await store.write([{ type: "put", key, value }], false);
      });
      t.deepEqual(left, ["a1", "a2"], `bit ${bit}`);
      t.is(found.length, 1);
      t.like(found[0], { actor: "a", sequence: 3, discardedCount: 3 });
    }
  });

  test("break: a missing record in the middle is noticed", async (t) => {
    const { left, found } = await afterDamage(t, makePlace(t), (store) =>
      store.write([{ type: "del", key: recordKey("a", 3) }], false),
    );
    t.deepEqual(left, ["a1", "a2"]);
    t.deepEqual(found, [{ actor: "a", sequence: 3, reason: "sequence", discardedCount: 2 }]);
  });

  test("break: a missing first record leaves nothing to believe", async (t) => {
    const { left, found } = await afterDamage(t, makePlace(t), (store) =>
      store.write([{ type: "del", key: recordKey("a", 1) }], false),
    );
    t.deepEqual(left, []);
    t.deepEqual(found, [{ actor: "a", sequence: 1, reason: "sequence", discardedCount: 4 }]);
  });

  test("break: a record under another actor's or another sequence's key is noticed", async (t) => {
    for (const from of [recordKey("b", 3), recordKey("a", 2)]) {
      const { left, found } = await afterDamage(t, makePlace(t), async (store) => {
        const value = (await store.get(from))!;
        await store.write([{ type: "put", key: recordKey("a", 3), value }], false);
      });
      t.deepEqual(left, ["a1", "a2"]);
      t.deepEqual(found, [{ actor: "a", sequence: 3, reason: "checksum", discardedCount: 3 }]);
    }
  });

  test("break: an intact record of an earlier history of the same log is noticed", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    for (const text of ["old 1", "old 2"]) await journal.commit([{ actor: "a", payload: bytes(text) }]);
    await journal.close();
    const key = recordKey("a", 2);
    const value = (await place.raw((store) => store.get(key)))!;
    const second = await opened(place);
    await second.commit([], ["a"]);
    await second.commit([{ actor: "a", payload: bytes("new 1") }]);
    await second.close();
    await place.raw((store) => store.write([{ type: "put", key, value }], false));
    const found: JournalBreak[] = [];
    const third = await opened(place, { onBreak: (one) => found.push(one) });
    t.deepEqual(texts(await third.read("a")), ["new 1"]);
    t.deepEqual(found, [{ actor: "a", sequence: 2, reason: "chain", discardedCount: 1 }]);
    await third.close();
  });

  test("break: a lost snapshot takes what follows it along; leftovers before a snapshot do not count", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    const keys = [1, 2, 3].map((sequence) => recordKey("a", sequence));
    for (const text of ["1", "2"]) await journal.commit([{ actor: "a", payload: bytes(text) }]);
    await journal.close();
    const [, leftover] = await place.raw((store) => Promise.all(keys.map((key) => store.get(key))));
    const second = await opened(place);
    await second.commit([{ actor: "a", payload: bytes("snapshot"), replace: true }]);
    await second.commit([{ actor: "a", payload: bytes("next") }]);
    await second.close();
    await place.raw((store) => store.write([{ type: "put", key: keys[1], value: leftover! }], false));
    const third = await opened(place, { onBreak: (one) => t.fail(JSON.stringify(one)) });
    t.deepEqual(texts(await third.read("a")), ["snapshot", "next"]);
    await third.close();
    t.is(await place.raw(async (store) => (await store.entries(ALL_RECORDS)).length), 2);
    await place.raw((store) => store.write([{ type: "del", key: keys[2] }], false));
    const found: JournalBreak[] = [];
    const fourth = await opened(place, { onBreak: (one) => found.push(one) });
    t.deepEqual(await fourth.read("a"), []);
    t.deepEqual(found, [{ actor: "a", sequence: 1, reason: "sequence", discardedCount: 1 }]);
    await fourth.close();
  });

  test("break: a commit to an actor that was never read verifies its log first", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    for (const text of ["1", "2", "3"]) await journal.commit([{ actor: "a", payload: bytes(text) }]);
    await journal.close();
    await place.raw((store) => store.write([{ type: "del", key: recordKey("a", 2) }], false));
    const found: JournalBreak[] = [];
    const second = await opened(place, { onBreak: (one) => found.push(one) });
    await second.commit([{ actor: "a", payload: bytes("new 2") }]);
    t.deepEqual(texts(await second.read("a")), ["1", "new 2"]);
    t.is(found.length, 1);
    await second.close();
  });
}

async function storedValue(place: JournalPlace): Promise<Uint8Array> {
  const journal = await opened(place);
  await journal.commit([{ actor: "a", payload: bytes("a3") }]);
  await journal.close();
  return (await place.raw((store) => store.get(recordKey("a", 1))))!;
}

function contractOfOpening(test: TestFn, makePlace: (t: ExecutionContext) => JournalPlace): void {
  test("open: a second opener is refused while the first holds the lock, and let in after", async (t) => {
    const place = makePlace(t);
    const first = await opened(place);
    const second = place.journal();
    const error = await rejectsWith(t, second.open(), "JOURNAL_LOCKED");
    t.true(error.message.includes(place.name), error.message);
    await first.close();
    await second.open();
    await second.close();
  });

  test("open: a journal of an unknown version is refused, and the lock is free again", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    await journal.close();
    const before = await place.raw((store) => store.get(MARKER_KEY));
    await place.raw((store) => store.write([{ type: "put", key: MARKER_KEY, value: encodeMarker(77) }], false));
    const error = await rejectsWith(t, place.journal().open(), "JOURNAL_FORMAT_UNKNOWN");
    t.regex(error.message, /version 77/);
    await place.raw((store) => store.write([{ type: "put", key: MARKER_KEY, value: before! }], false));
    await (await opened(place)).close();
  });

  test("open: a damaged or lost format marker makes the journal unreadable", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    await journal.commit([{ actor: "a", payload: bytes("1") }]);
    await journal.close();
    const marker = (await place.raw((store) => store.get(MARKER_KEY)))!;
    for (let byte = 0; byte < marker.length; byte += 1) {
      const value = marker.map((stored, index) => (index === byte ? stored ^ 0x10 : stored));
      await place.raw((store) => store.write([{ type: "put", key: MARKER_KEY, value }], false));
      await rejectsWith(t, place.journal().open(), "JOURNAL_UNREADABLE");
    }
    await place.raw((store) => store.write([{ type: "del", key: MARKER_KEY }], false));
    await rejectsWith(t, place.journal().open(), "JOURNAL_UNREADABLE");
  });

  test("close: finishes what was called before; later calls are refused", async (t) => {
    const place = makePlace(t);
    const journal = await opened(place);
    const commit = journal.commit(["a", "b", "c"].map((actor) => ({ actor, payload: bytes("1") })));
    const actors = journal.actors("");
    const closing = journal.close();
    await commit;
    t.deepEqual(await actors, ["a", "b", "c"]);
    await closing;
    await journal.close();
    await rejectsWith(t, journal.commit([]), "JOURNAL_CLOSED");
    await rejectsWith(t, journal.read("a"), "JOURNAL_CLOSED");
    await rejectsWith(t, journal.actors(""), "JOURNAL_CLOSED");
    await journal.open();
    t.deepEqual(texts(await journal.read("a")), ["1"]);
    await journal.close();
  });
}

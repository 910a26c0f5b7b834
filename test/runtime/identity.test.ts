/**
 * Who is fenced, over every order of term and incarnation.
 */
import test from "ava";
import {
  fencedBy,
  isOlder,
  newerFence,
  nextLife,
  toIncarnation,
  toTerm,
  toWorkerEpoch,
} from "../../runtime/identity.ts";

const lives = [1, 2, 3];

test("fencing: exactly an older term or an older incarnation is answered FENCED, with what is current", (t) => {
  for (const term of lives.map(toTerm)) {
    for (const incarnation of lives.map(toIncarnation)) {
      const known = { term: toTerm(2), incarnation: toIncarnation(2) };
      const answer = fencedBy(known, { term, incarnation });
      if (term < 2 || incarnation < 2) t.deepEqual(answer, { type: "FENCED", ...known });
      else t.is(answer, undefined);
    }
  }
});

test("fencing: the newer fence has the newer of each part", (t) => {
  const left = { term: toTerm(3), incarnation: toIncarnation(1) };
  const right = { term: toTerm(2), incarnation: toIncarnation(5) };
  t.deepEqual(newerFence(left, right), { term: toTerm(3), incarnation: toIncarnation(5) });
  t.deepEqual(newerFence(right, left), newerFence(left, right));
});

test("identity: lives follow one another and count from 1", (t) => {
  const epoch = toWorkerEpoch(1);
  t.is(nextLife(epoch), toWorkerEpoch(2));
  t.true(isOlder(epoch, { than: nextLife(epoch) }));
  t.false(isOlder(epoch, { than: epoch }));
  for (const value of [0, -1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1]) t.throws(() => toTerm(value));
});

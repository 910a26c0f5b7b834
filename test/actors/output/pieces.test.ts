/**
 * Pieces of the output: started ahead within a bound, written in order, each part once.
 */
import test from "ava";
import fc from "fast-check";
import type { OutputPiece } from "../../../actors/output/messages.ts";
import { Pieces } from "../../../actors/output/pieces.ts";

const REST = { name: "what is left" } as unknown as NonNullable<OutputPiece["range"]>;

function pieces(count: number, inFlightMax: number, done = 0): Pieces<string> {
  const all = Array.from({ length: count }, () => ({ range: undefined, runs: [] }));
  return new Pieces<string>(all, { done: 0, inFlightMax }).resumedAt(done);
}

test("pieces: computed in any order, they are written in order, each part once, and few wait for their turn (W1, W2)", (t) => {
  const shape = fc.record({
    parts: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 10 }),
    inFlightMax: fc.integer({ min: 1, max: 5 }),
    skipped: fc.nat(10),
  });
  fc.assert(
    fc.property(shape, fc.infiniteStream(fc.nat()), ({ parts, inFlightMax, skipped }, choices) => {
      const first = Math.min(skipped, parts.length);
      const work = pieces(parts.length, inFlightMax, first);
      const computing: string[] = [];
      const written: string[] = [];
      let [index, part, waiting] = [first, 0, 0];
      while (!work.isComplete) {
        computing.push(...work.startable().map(({ tag }) => tag));
        t.true(computing.length + waiting <= inFlightMax);
        const choice = choices.next().value as number;
        if (computing.length > 0) {
          const [tag] = computing.splice(choice % computing.length, 1);
          t.true(work.finish(tag, tag));
          if (tag === `${work.done + 1}.0`) t.is(work.following(), tag);
          t.false(work.finish(tag, "told twice"));
          waiting += 1;
        }
        const text = work.next();
        if (text === undefined || choice % 3 === 0) continue;
        if (choice % 5 === 0) {
          work.lose();
          t.is(work.next(), undefined);
          waiting -= 1;
          continue;
        }
        written.push(text);
        waiting -= 1;
        part += 1;
        const isWhole = part === parts[index];
        work.written(isWhole ? undefined : REST);
        if (isWhole) [index, part] = [index + 1, 0];
      }
      const expected = parts.flatMap((count, piece) => Array.from({ length: count }, (_, each) => `${piece}.${each}`));
      t.deepEqual(
        written,
        expected.filter((tag) => Number.parseInt(tag, 10) >= first),
      );
      t.is(work.done, parts.length);
      t.deepEqual(work.startable(), []);
    }),
    { numRuns: 200 },
  );
});

test("pieces: what is left of a piece is asked for as the next part of it", (t) => {
  const work = pieces(1, 1);
  const [{ tag }] = work.startable();
  work.finish(tag, "a");
  work.written(REST);
  const [rest] = work.startable();
  t.is(rest.piece.range, REST);
  t.not(rest.tag, tag);
});

test("pieces: what an earlier incarnation had asked for and is written already is not kept", (t) => {
  const work = pieces(3, 2, 1);
  work.finish("0.0", "a");
  t.is(work.next(), undefined);
  work.finish("1.0", "b");
  t.is(work.next(), "b");
});

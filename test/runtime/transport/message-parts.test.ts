/**
 * Long messages in parts: each fits, they come together again, and half of one is never taken for the whole.
 */
import test from "ava";
import fc from "fast-check";
import {
  cutIntoParts,
  isMessagePart,
  type MessagePart,
  PART_CHARACTERS_MAX,
  PARTS_MAX,
  PartCollector,
} from "../../../runtime/transport/message-parts.ts";

const MESSAGE_BYTES_MAX = 1 << 20;

function bytesOf(part: MessagePart): number {
  return Buffer.byteLength(JSON.stringify({ type: "x".repeat(200), ...part }));
}

for (const [what, unit] of Object.entries({ quotes: '"', backslashes: "\\", Chinese: "水", pairs: "😀" })) {
  test(`message parts: each fits a message, though the text is all ${what}; together they are the text`, (t) => {
    // One more in front, so that cuts come into the middle of pairs.
    const text = `a${unit.repeat(Math.ceil((PART_CHARACTERS_MAX * 2.5) / unit.length))}`;
    const parts = cutIntoParts(text);
    t.true(parts.length >= 3);
    const collector = new PartCollector();
    const taken = parts.map((part) => {
      t.true(bytesOf(part) <= MESSAGE_BYTES_MAX, `${bytesOf(part)} bytes`);
      t.true(isMessagePart(part));
      return collector.take("worker/a", JSON.parse(JSON.stringify(part)) as MessagePart);
    });
    t.true(taken.slice(0, -1).every((whole) => whole === undefined));
    t.is(taken.at(-1), text);
  });
}

test("message parts: a short text is one part, and says nothing of parts", (t) => {
  t.deepEqual(cutIntoParts("abc"), [{ body: "abc" }]);
  t.is(new PartCollector().take("worker/a", { body: "abc" }), "abc");
});

test("message parts: whatever part a receiver begins with, and whoever speaks meanwhile, only whole texts are taken", (t) => {
  const text = (letter: string): string => letter.repeat(PART_CHARACTERS_MAX * 2 + 1);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("a", "b"), { maxLength: 20 }),
      fc.nat(4),
      fc.nat(4),
      (senders, missedOfA, missedOfB) => {
        const collector = new PartCollector();
        const missed = { a: missedOfA, b: missedOfB };
        const queues = Object.fromEntries(
          (["a", "b"] as const).map((sender) => {
            const parts = [...cutIntoParts(text(sender)), ...cutIntoParts("short"), ...cutIntoParts(text(sender))];
            return [sender, parts.slice(missed[sender])];
          }),
        );
        for (const sender of senders) {
          const part = queues[sender]?.shift();
          if (part === undefined) continue;
          const whole = collector.take(sender, part);
          t.true(whole === undefined || whole === "short" || whole === text(sender));
          const isLast = part.part === undefined || (part.part[0] === 2 && (queues[sender] ?? []).length === 0);
          if (isLast) t.not(whole, undefined, "whatever was missed before, this one is whole");
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("message parts: what is forgotten is not gone on with", (t) => {
  const [first, second] = cutIntoParts("x".repeat(PART_CHARACTERS_MAX + 1));
  const collector = new PartCollector();
  collector.take("worker/a", first!);
  collector.forget("worker/a");
  t.is(collector.take("worker/a", second!), undefined);
});

test("message parts: what is too long to be cut is an error by name, and what is none of ours is no part", (t) => {
  const error = t.throws(() => cutIntoParts("x".repeat(PART_CHARACTERS_MAX * PARTS_MAX + 1)));
  t.is((error as { code?: string }).code, "MESSAGE_TOO_LARGE");
  const wrong = [
    {},
    { body: 5 },
    { body: "x".repeat(PART_CHARACTERS_MAX + 1) },
    { body: "x", part: 1 },
    { body: "x", part: [0] },
    { body: "x", part: [2, 2] },
    { body: "x", part: [-1, 2] },
    { body: "x", part: [0.5, 2] },
    { body: "x", part: [0, PARTS_MAX + 1] },
  ];
  for (const said of wrong) t.false(isMessagePart(said), JSON.stringify(said).slice(0, 60));
});

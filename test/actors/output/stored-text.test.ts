/**
 * Text of the output that its worker stored: brought once, ahead of its turn, checked, and lost by name.
 */
import { crc32 } from "node:zlib";
import test from "ava";
import type { TaskResult } from "../../../actors/executor/messages.ts";
import { TextReader, textSegments } from "../../../actors/output/stored-text.ts";
import { SegmentDamageError } from "../../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";

const TEXT = Buffer.from("1,2\n3,4\n");

function resultOf(segment: string, crc = crc32(TEXT)): TaskResult {
  const at = { segment, offset: 5, byteLength: TEXT.length, crc };
  return { text: [], storedText: [{ at, times: 3 }] } as unknown as TaskResult;
}

test("stored text: what is brought ahead is not brought again, and comes as often as it says", async (t) => {
  const asked: string[] = [];
  const reader = new TextReader(async (references: readonly SegmentReference[]) => {
    asked.push(...references.map(({ segment }) => segment));
    return references.map(() => new Uint8Array(TEXT));
  });
  const [first, second] = [resultOf("a"), resultOf("b")];
  reader.prepare(second);
  for (const result of [first, second, second]) {
    t.deepEqual(await reader.textOf(result), [{ bytes: new Uint8Array(TEXT), times: 3 }]);
  }
  t.deepEqual(asked, ["b", "a"]);
  t.deepEqual(textSegments(first), ["a"]);
});

test("stored text: what cannot be brought, or is not what was stored, is damage for whoever asks for it", async (t) => {
  const lost = new TextReader(async (references) => {
    throw new SegmentDamageError(references);
  });
  const result = resultOf("a");
  lost.prepare(result);
  await t.throwsAsync(lost.textOf(result), { instanceOf: SegmentDamageError });
  const changed = new TextReader(async (references) => references.map(() => new Uint8Array(TEXT)));
  await t.throwsAsync(changed.textOf(resultOf("a", crc32(TEXT) ^ 1)), { instanceOf: SegmentDamageError });
});

test("stored text: text that came with its piece is not asked for", async (t) => {
  const text = [{ bytes: new Uint8Array(TEXT), times: 1 }];
  const result = { text } as unknown as TaskResult;
  t.is(await new TextReader(undefined).textOf(result), text);
  t.deepEqual(textSegments(result), []);
});

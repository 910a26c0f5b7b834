import test from "ava";
import fc from "fast-check";
import { crc32c } from "../../../../programs/blocks/crc32c.ts";
import { openBlock, writeBlock } from "../../../../programs/kernels/bigint/block.ts";
import { type Integer, integerOf } from "../../../../programs/kernels/bigint/integer.ts";
import { IntegerReader } from "../../../../programs/kernels/bigint/integer-reader.ts";
import { IntegerWriter } from "../../../../programs/kernels/bigint/integer-writer.ts";
import { targetOf } from "../../../../programs/kernels/bigint/key-hash.ts";
import { hardInteger } from "./hard-integer.ts";

function bytesOf(...integers: readonly Integer[]): Uint8Array {
  const writer = new IntegerWriter();
  for (const integer of integers) writer.write(integer);
  return writer.bytes;
}

test("integers: what was written is read, in its one form", (t) => {
  const integer = fc.oneof(hardInteger, fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }));
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 20 }), (values) => {
      const integers = values.map(integerOf);
      const bytes = bytesOf(...integers);
      const reader = new IntegerReader(bytes);
      for (const expected of integers) t.true(Object.is(reader.read(), expected));
      t.is(reader.at, bytes.length);
    }),
    { numRuns: 2000 },
  );
});

test("integers: their bytes are those that are documented", (t) => {
  const cases: readonly (readonly [Integer, readonly number[]])[] = [
    [0, [0]],
    [-1, [1]],
    [63, [0x7e]],
    [-64, [0x7f]],
    [64, [0x80, 0x80]],
    [-8192, [0xbf, 0xff]],
    [8192, [0xc0, 0x40, 0x00]],
    [1_048_576, [0xe0, 0x20, 0x00, 0x00]],
    [-134_217_728, [0xef, 0xff, 0xff, 0xff]],
    [134_217_728, [0xf4, 0x08, 0, 0, 0]],
    [-(2 ** 31), [0xf4, 0x80, 0, 0, 0]],
    [2 ** 31, [0xf5, 0, 0x80, 0, 0, 0]],
    [-(2 ** 40), [0xf6, 0xff, 0, 0, 0, 0, 0]],
    [2 ** 53 - 1, [0xf7, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    [2n ** 53n, [0xf8, 0, 0x20, 0, 0, 0, 0, 0, 0]],
    [-(2n ** 63n), [0xf8, 0x80, 0, 0, 0, 0, 0, 0, 0]],
    [2n ** 63n, [0xf9, 0, 0, 0, 9, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]],
    [-(2n ** 71n), [0xf9, 0, 0, 0, 9, 0x80, 0, 0, 0, 0, 0, 0, 0, 0]],
  ];
  for (const [integer, bytes] of cases) t.deepEqual([...bytesOf(integer)], bytes, `${integer}`);
});

test("block: a block with one changed bit is refused", (t) => {
  const bytes = new Uint8Array(12 + 4);
  t.is(writeBlock(bytes, 0, { kind: 2, rowCount: 2, rows: bytesOf(1, 2, 3, 4) }), bytes.length);
  t.is(openBlock(bytes).rowCount, 2);
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const broken = bytes.slice();
    broken[bit >> 3] ^= 1 << (bit & 7);
    t.throws(() => openBlock(broken), { message: /broken/ });
  }
  t.throws(() => openBlock(bytes.subarray(0, 11)), { message: /broken/ });
});

test("checksum: it is that of RFC 3720, appendix B.4, from any byte on", (t) => {
  const cases: readonly (readonly [Uint8Array, number])[] = [
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    [Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
  ];
  for (const [bytes, expected] of cases) {
    const shifted = new Uint8Array(40);
    shifted.set(bytes, 3);
    t.is(crc32c(shifted, 3, 35), expected);
  }
});

const KEY_COUNT = 20_000;
const PATTERNS: Readonly<Record<string, (index: bigint) => bigint>> = {
  "sequential keys": (index) => index,
  "negative keys": (index) => -index - 1n,
  "multiples of 4096": (index) => index * 4096n,
  "multiples of 2^32": (index) => index * 2n ** 32n,
  "keys around 2^53": (index) => index + 2n ** 53n - BigInt(KEY_COUNT / 2),
  "multiples of 2^64": (index) => index * 2n ** 64n,
  "negative multiples of 10^30": (index) => -index * 10n ** 30n,
};

for (const [name, keyAt] of Object.entries(PATTERNS)) {
  test(`key hash: ${name} spread evenly over any number of targets`, (t) => {
    for (const targetCount of [2, 3, 10, 64, 1000]) {
      const sizes = new Array<number>(targetCount).fill(0);
      for (let index = 0n; index < KEY_COUNT; index += 1n) sizes[targetOf(integerOf(keyAt(index)), targetCount)] += 1;
      const expected = KEY_COUNT / targetCount;
      const chiSquare = sizes.reduce((sum, size) => sum + (size - expected) ** 2 / expected, 0);
      const degrees = targetCount - 1;
      const deviations = (chiSquare - degrees) / Math.sqrt(2 * degrees);
      t.true(deviations < 5, `${deviations.toFixed(1)} standard deviations above chance over ${targetCount} targets`);
    }
  });
}

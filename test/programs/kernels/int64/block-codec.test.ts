import test from "ava";
import fc from "fast-check";
import { decodeRows, encodeBlock, encodedBytesMax, openBlock } from "../../../../programs/kernels/int64/block-codec.ts";
import type { Pointer } from "../../../../programs/kernels/int64/instance.ts";
import { hardInteger, INT64_MAX, INT64_MIN } from "./hard-integers.ts";
import { columnOf, putColumn, releaseAll, testKernels } from "./memory-columns.ts";

const kernels = testKernels();
const { crc32c } = kernels.exports as unknown as {
  crc32c(pointer: Pointer, byteCount: number, previous: number): number;
};

/** Bit by bit, from the polynomial's definition. */
function plainCrc32c(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  }
  return ~remainder >>> 0;
}

function checksum(bytes: Uint8Array): number {
  const pointer = kernels.allocate(bytes.length);
  kernels.bytes(pointer, bytes.length).set(bytes);
  const result = crc32c(pointer, bytes.length, 0) >>> 0;
  kernels.release(pointer);
  return result;
}

test("CRC-32C: the vectors of RFC 3720 B.4", (t) => {
  t.is(checksum(new TextEncoder().encode("123456789")), 0xe3069283);
  t.is(checksum(new Uint8Array(32)), 0x8a9136aa);
  t.is(checksum(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  t.is(checksum(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e);
  t.is(checksum(new Uint8Array(0)), 0);
});

test("CRC-32C: any bytes of any length and alignment, in one piece or two", (t) => {
  fc.assert(
    fc.property(
      fc.oneof(fc.nat({ max: 20_000 }), fc.integer({ min: 21_000, max: 60_000 })),
      fc.nat({ max: 40 }),
      fc.nat(),
      fc.nat(),
      (length, shift, cutAt, seed) => {
        const bytes = Uint8Array.from({ length }, (_, index) => Math.imul(index + seed, 2654435761) >>> 24);
        const expected = plainCrc32c(bytes);
        const pointer = kernels.allocate(length + shift);
        kernels.bytes(pointer + shift, length).set(bytes);
        const cut = cutAt % (length + 1);
        t.is(crc32c(pointer + shift, length, 0) >>> 0, expected);
        const first = crc32c(pointer + shift, cut, 0);
        t.is(crc32c(pointer + shift + cut, length - cut, first) >>> 0, expected);
        t.deepEqual(kernels.bytes(pointer + shift, length), bytes);
        kernels.release(pointer);
      },
    ),
    { numRuns: 40 },
  );
});

interface Encoded {
  readonly pointer: Pointer;
  readonly byteLength: number;
}

function encode(kind: 0 | 1, columns: readonly (readonly bigint[])[], from: number, count: number): Encoded {
  const pointers = columns.map((column) => putColumn(kernels, column));
  const room = encodedBytesMax(columns.length, count);
  const pointer = kernels.allocate(room + 16);
  // What lies behind the room must stay as it is.
  kernels.bytes(pointer + room, 16).fill(0xa5);
  const byteLength = encodeBlock(kernels, kind, pointers, from, count, pointer);
  if (byteLength + 8 > room) throw new Error("a block is larger than its maximum");
  if (kernels.bytes(pointer + room, 16).some((byte) => byte !== 0xa5)) throw new Error("bytes behind were overwritten");
  releaseAll(kernels, pointers);
  return { pointer, byteLength };
}

function decode(block: Pointer, columnCount: number, from: number, count: number): bigint[][] {
  const pointers = Array.from({ length: columnCount }, () => kernels.allocate(8 * count));
  decodeRows(kernels, block, from, count, pointers);
  const columns = pointers.map((pointer) => columnOf(kernels, pointer, count));
  releaseAll(kernels, pointers);
  return columns;
}

test("block: any slice of any columns comes back from any slice of the block", (t) => {
  const table = fc.tuple(fc.nat({ max: 80 }), fc.integer({ min: 1, max: 6 })).chain(([count, columnCount]) =>
    fc.array(fc.array(hardInteger, { minLength: count, maxLength: count }), {
      minLength: columnCount,
      maxLength: columnCount,
    }),
  );
  fc.assert(
    fc.property(table, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (columns, a, b, c, d) => {
      const total = columns[0].length;
      const from = a % (total + 1);
      const count = b % (total - from + 1);
      const { pointer, byteLength } = encode(1, columns, from, count);
      t.deepEqual(openBlock(kernels, pointer, byteLength), { kind: 1, columnCount: columns.length, count, byteLength });
      const sliceFrom = c % (count + 1);
      const sliceCount = d % (count - sliceFrom + 1);
      const start = from + sliceFrom;
      t.deepEqual(
        decode(pointer, columns.length, sliceFrom, sliceCount),
        columns.map((column) => column.slice(start, start + sliceCount)),
      );
      kernels.release(pointer);
    }),
    { numRuns: 300 },
  );
});

test("block: a column takes exactly the bytes that its range needs, for every width", (t) => {
  for (let width = 0; width <= 8; width += 1) {
    const largest = width === 0 ? 0n : 2n ** BigInt(8 * width) - 1n;
    for (const base of [INT64_MIN, -1n, 0n, 12345n]) {
      if (base + largest > INT64_MAX) continue;
      const column = [base, base + largest, base + largest / 3n];
      const { pointer, byteLength } = encode(0, [column, [7n, 7n, 7n]], 0, 3);
      t.is(byteLength, 8 + 2 * 9 + 3 * width + 4, `width ${width}`);
      t.deepEqual(decode(pointer, 2, 0, 3), [column, [7n, 7n, 7n]]);
      kernels.release(pointer);
      if (width === 8) continue;
      const wider = encode(
        0,
        [
          [base, base + largest + 1n],
          [0n, 0n],
        ],
        0,
        2,
      );
      t.is(wider.byteLength, 8 + 2 * 9 + 2 * (width + 1) + 4, `width ${width} and one more`);
      kernels.release(wider.pointer);
    }
  }
});

test("block: an empty block has a header and a checksum", (t) => {
  const { pointer, byteLength } = encode(0, [[], []], 0, 0);
  t.is(byteLength, 30);
  t.deepEqual(openBlock(kernels, pointer, byteLength), { kind: 0, columnCount: 2, count: 0, byteLength });
  t.deepEqual(decode(pointer, 2, 0, 0), [[], []]);
  kernels.release(pointer);
});

test("block: the bytes are those of docs/block.md", (t) => {
  const { pointer, byteLength } = encode(
    0,
    [
      [-2n, 3n],
      [1000n, 300_000n],
    ],
    0,
    2,
  );
  const bytes = kernels.bytes(pointer, byteLength).slice();
  const view = new DataView(bytes.buffer);
  t.deepEqual([...bytes.subarray(0, 8)], [0, 2, 0, 0, 2, 0, 0, 0]);
  t.is(view.getBigInt64(8, true), -2n);
  t.is(view.getBigInt64(16, true), 1000n);
  t.deepEqual([...bytes.subarray(24, 26)], [1, 3]);
  t.deepEqual([...bytes.subarray(26, 28)], [0, 5]);
  t.deepEqual([...bytes.subarray(28, 34)], [0, 0, 0, 0xf8, 0x8f, 0x04]);
  t.is(view.getUint32(34, true), plainCrc32c(bytes.subarray(0, 34)));
  t.is(byteLength, 38);
  kernels.release(pointer);
});

test("block: every flipped bit and every other length is found", (t) => {
  const { pointer, byteLength } = encode(
    0,
    [
      [1n, -70_000n, 5n],
      [4n, 4n, 9n],
    ],
    0,
    3,
  );
  for (let bit = 0; bit < byteLength * 8; bit += 1) {
    const bytes = kernels.bytes(pointer, byteLength);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    t.throws(() => openBlock(kernels, pointer, byteLength), { name: "BrokenBlockError" });
    kernels.bytes(pointer, byteLength)[bit >> 3] ^= 1 << (bit & 7);
  }
  for (let length = 0; length <= byteLength + 8; length += 1) {
    if (length === byteLength) t.notThrows(() => openBlock(kernels, pointer, length));
    else t.throws(() => openBlock(kernels, pointer, length), { name: "BrokenBlockError" });
  }
  kernels.release(pointer);
});

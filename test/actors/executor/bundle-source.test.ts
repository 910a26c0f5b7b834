/**
 * Reading the blocks of some partitions out of a bundle: what is changed is noticed, whatever partitions are asked for.
 */
import test from "ava";
import { heldBundles, SpanReader } from "../../../actors/executor/bundle-source.ts";
import { bundleHeaderBytes, writeBundleHeader } from "../../../programs/blocks/bundle.ts";
import { crc32c } from "../../../programs/blocks/crc32c.ts";
import { BrokenBlockError } from "../../../programs/errors.ts";
import type { Task } from "../../../programs/kernels/kernel-set.ts";

const BODIES = ["first", "", "the third", "4", ""];
const SPANS = [
  ...BODIES.map((_, first) => ({ first, count: 1 })),
  ...[2, 5].map((count) => ({ first: 0, count })),
  { first: 1, count: 3 },
];

function bundleOf(bodies: readonly string[]): Uint8Array {
  const blocks = bodies.map((body) => {
    const block = new Uint8Array(body === "" ? 0 : body.length + 4);
    block.set(Buffer.from(body));
    if (body !== "") new DataView(block.buffer).setUint32(body.length, crc32c(block, 0, body.length), true);
    return block;
  });
  const offsets = new Uint32Array(blocks.length + 1);
  for (const [index, block] of blocks.entries()) offsets[index + 1] = offsets[index] + block.length;
  const bytes = new Uint8Array(bundleHeaderBytes(blocks.length) + offsets[blocks.length]);
  for (const [index, block] of blocks.entries()) bytes.set(block, bundleHeaderBytes(blocks.length) + offsets[index]);
  writeBundleHeader(bytes, offsets);
  return bytes;
}

/** Takes blocks as a kernel does, checksum and all. */
function collector(taken: string[]): Task {
  let window = new Uint8Array(0);
  return {
    window: (byteCount) => {
      window = new Uint8Array(byteCount);
      return window;
    },
    push: (byteCount) => {
      const end = byteCount - 4;
      const checksum = new DataView(window.buffer).getUint32(end, true);
      if (checksum !== crc32c(window, 0, end)) throw new BrokenBlockError("changed");
      taken.push(Buffer.from(window.subarray(0, end)).toString());
    },
    finish: () => ({ pairsIn: 0, pairsOut: 0, lines: 0 }),
  };
}

test("span: the blocks of its partitions are pushed in order", (t) => {
  const [bundle] = heldBundles([bundleOf(BODIES)]);
  for (const { first, count } of SPANS) {
    const taken: string[] = [];
    const reader = new SpanReader({ first, count }, BODIES.length);
    t.is(
      reader.push(bundle, collector(taken)),
      BODIES.slice(first, first + count).reduce((sum, body) => sum + (body === "" ? 0 : body.length + 4), 0),
    );
    t.deepEqual(
      taken,
      BODIES.slice(first, first + count).filter((body) => body !== ""),
    );
    t.notThrows(() => reader.check(bundle));
  }
});

test("span: with any bit of the bundle changed it is noticed, or the blocks are the right ones", (t) => {
  const intact = bundleOf(BODIES);
  const [{ check }] = heldBundles([intact]);
  for (const { first, count } of SPANS) {
    const right = BODIES.slice(first, first + count).filter((body) => body !== "");
    let noticed = 0;
    for (let bit = 0; bit < intact.length * 8; bit += 1) {
      const bytes = intact.slice();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      const bundle = { ...heldBundles([bytes])[0], check };
      const taken: string[] = [];
      const reader = new SpanReader({ first, count }, BODIES.length);
      const isBroken = throwsBroken(() => reader.push(bundle, collector(taken)));
      t.is(
        throwsBroken(() => reader.check(bundle)),
        isBroken,
      );
      noticed += isBroken ? 1 : 0;
      if (!isBroken) t.deepEqual(taken, right, `partitions ${first} to ${first + count - 1}, bit ${bit}`);
    }
    // At least all bits of its own entries.
    t.true(noticed >= count * 96, `${noticed}`);
  }
});

function throwsBroken(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (!(error instanceof BrokenBlockError)) throw error;
    return true;
  }
}

/**
 * The index of a bundle: what one entry and its block show to whoever knows the bundle's check.
 */
import test from "ava";
import {
  bundleCheck,
  bundleHeaderBytes,
  bundleIndexStretch,
  isEntryOf,
  readBundleIndex,
  writeBundleHeader,
} from "../../../programs/blocks/bundle.ts";
import { crc32c } from "../../../programs/blocks/crc32c.ts";

/** A bundle whose blocks have these many bytes before their checksum; 0: no block. */
function makeBundle(bodies: readonly number[], seed = 1): Uint8Array {
  const headerBytes = bundleHeaderBytes(bodies.length);
  const offsets = new Uint32Array(bodies.length + 1);
  for (const [target, body] of bodies.entries()) offsets[target + 1] = offsets[target] + (body === 0 ? 0 : body + 4);
  const bytes = new Uint8Array(headerBytes + offsets[bodies.length]);
  for (let at = headerBytes; at < bytes.length; at += 1) bytes[at] = (at * 7 + seed) & 255;
  const view = new DataView(bytes.buffer);
  for (const [target, body] of bodies.entries()) {
    const [start, end] = [headerBytes + offsets[target], headerBytes + offsets[target] + body];
    if (body > 0) view.setUint32(end, crc32c(bytes, start, end), true);
  }
  writeBundleHeader(bytes, offsets);
  return bytes;
}

/** The index entry of a target, and where it says that the block lies. */
function lookUp(bytes: Uint8Array, targetCount: number, target: number) {
  const { offset, byteLength } = bundleIndexStretch(target, 1);
  const stretch = bytes.subarray(offset, offset + byteLength);
  return { at: offset, stretch, entry: readBundleIndex(stretch, targetCount)[0] };
}

function isRight(bytes: Uint8Array, check: number, targetCount: number, target: number): boolean {
  const { stretch, entry } = lookUp(bytes, targetCount, target);
  const block = bytes.subarray(entry.offset, entry.offset + entry.byteLength);
  return isEntryOf(stretch, { check, target, index: 0 }, block);
}

test("bundle: every entry of an intact bundle is right, with and without a block", (t) => {
  const bodies = [5, 0, 9, 1, 0];
  const bytes = makeBundle(bodies);
  for (const target of bodies.keys()) t.true(isRight(bytes, bundleCheck(bytes), bodies.length, target));
});

test("bundle: an entry with any changed bit, or with a block that ends in another checksum, is not right", (t) => {
  const bodies = [5, 0, 9];
  const intact = makeBundle(bodies);
  const check = bundleCheck(intact);
  for (const target of bodies.keys()) {
    const { at: entryStart, stretch, entry } = lookUp(intact, 3, target);
    const end = entry.offset + entry.byteLength;
    const checksumBytes = entry.byteLength === 0 ? [] : [1, 2, 3, 4].map((back) => end - back);
    const entryBytes = Array.from(stretch, (_, index) => entryStart + index);
    for (const at of [...entryBytes, ...checksumBytes]) {
      for (let bit = 0; bit < 8; bit += 1) {
        const bytes = intact.slice();
        bytes[at] ^= 1 << bit;
        t.false(isRight(bytes, check, 3, target), `target ${target}, byte ${at}, bit ${bit}`);
      }
    }
  }
});

test("bundle: an intact entry of another bundle, of another target, or of nothing but zeros is not right", (t) => {
  const bodies = [5, 0, 5];
  const [one, two] = [makeBundle(bodies, 1), makeBundle(bodies, 2)];
  for (const target of bodies.keys()) t.false(isRight(two, bundleCheck(one), bodies.length, target));
  const moved = one.slice();
  const [to, from] = [lookUp(one, 3, 0), lookUp(one, 3, 2)];
  moved.copyWithin(to.at, from.at, from.at + from.stretch.length);
  t.false(isRight(moved, bundleCheck(one), bodies.length, 0));
  for (const target of bodies.keys())
    t.false(isRight(new Uint8Array(one.length), bundleCheck(one), bodies.length, target));
});

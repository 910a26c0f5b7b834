/**
 * Which partition a key belongs to.
 *
 * Owns: the hash. It is part of the journal's format: another function is another format.
 * Never: shares anything with the hash of a Map.
 *
 * The hash is MurmurHash3's 32-bit one (Austin Appleby, public domain) over 32-bit words: for a safe integer its lowest and
 * its next 32 bits in two's complement; for a longer one the codes of its hexadecimal digits, sign first.
 */
import type { Integer } from "./integer.ts";

const TWO_TO_32 = 0x1_0000_0000;

/** 0 to targetCount - 1: the hash, scaled by one multiplication. */
export function targetOf(key: Integer, targetCount: number): number {
  const hash = typeof key === "number" ? hashNumber(key) : hashText(key.toString(16));
  return Math.floor((finish(hash) * targetCount) / TWO_TO_32);
}

function hashNumber(key: number): number {
  return mix(mix(0, key | 0), Math.floor(key / TWO_TO_32) | 0);
}

function hashText(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = mix(hash, text.charCodeAt(index));
  return hash;
}

function mix(hash: number, word: number): number {
  let bits = Math.imul(word, 0xcc9e2d51);
  bits = Math.imul((bits << 15) | (bits >>> 17), 0x1b873593);
  const mixed = hash ^ bits;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** Unsigned. */
function finish(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

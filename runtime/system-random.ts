/**
 * The real random source; the only file that touches it.
 *
 * Owns: uniform numbers and names from the operating system.
 * Never: is used where a result must repeat.
 */
import { randomBytes } from "node:crypto";
import type { Random } from "./random.ts";

export const systemRandom: Random = {
  next: () => randomBytes(4).readUInt32LE() / 0x1_0000_0000,
};

/** Hexadecimal, of so many bytes: never the same twice, for all who have eight of them. */
export function systemId(byteCount: number): string {
  return randomBytes(byteCount).toString("hex");
}

/**
 * Flips a bit of what a worker has stored in segments, while it may have them open.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import type { Random } from "../../../runtime/random.ts";

/** Below a worker's data directory. False if there is nothing. */
export function flipSegmentBit(dataDirectory: string, random: Random): boolean {
  const directory = path.join(dataDirectory, "segments");
  const names = existsSync(directory) ? readdirSync(directory).map((name) => path.join(directory, name)) : [];
  const files = names.filter((name) => (statSync(name, { throwIfNoEntry: false })?.size ?? 0) > 0);
  const file = files[Math.floor(random.next() * files.length)];
  if (file === undefined) return false;
  // In place: whoever has it open sees it.
  const descriptor = openSync(file, "r+");
  try {
    const at = Math.floor(random.next() * fstatSync(descriptor).size);
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, at);
    byte[0] = byte[0]! ^ (1 << Math.floor(random.next() * 8));
    writeSync(descriptor, byte, 0, 1, at);
  } finally {
    closeSync(descriptor);
  }
  return true;
}

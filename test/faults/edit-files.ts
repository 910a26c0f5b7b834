/**
 * Edits files at random, as disks, cables and people do.
 *
 * Owns: the kinds of edits. The same seed makes the same edits.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Random } from "../../runtime/random.ts";

export const EDIT_KINDS = ["flip", "zeros", "noise", "cut", "grow", "copy", "swap", "remove", "empty"] as const;
export type EditKind = (typeof EDIT_KINDS)[number];

/** What is edited: the files of LevelDB, or segments. */
export type EditTarget = "journal" | "segments";

export interface Edit {
  readonly target: EditTarget;
  readonly kind: EditKind;
  readonly file: string;
}

/** Bytes that one edit changes, at most. */
const STRETCH_MAX = 4096;
/** Not LevelDB's lock, and not its log of messages, which nobody reads. */
const EDITED = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb)|.+\.segment)$/;

/** Edits one file below a data directory; undefined if there is none that could be edited. */
export function editOnce(dataDirectory: string, random: Random): Edit | undefined {
  const below = (count: number): number => Math.min(count - 1, Math.floor(random.next() * count));
  const target: EditTarget = below(2) === 0 ? "journal" : "segments";
  const directory = path.join(dataDirectory, target);
  const files = readdirSync(directory)
    .filter((name) => EDITED.test(name))
    .sort();
  if (files.length === 0) return undefined;
  const file = files[below(files.length)];
  const kind = EDIT_KINDS[below(EDIT_KINDS.length)];
  const place = path.join(directory, file);
  if (kind === "remove") rmSync(place);
  else writeFileSync(place, changed(readFileSync(place), kind, below));
  return { target, kind, file };
}

function changed(bytes: Buffer, kind: EditKind, below: (count: number) => number): Uint8Array {
  if (kind === "empty") return new Uint8Array(0);
  if (kind === "grow") return Buffer.concat([bytes, noise(1 + below(STRETCH_MAX), below)]);
  if (bytes.length === 0) return noise(16, below);
  const at = below(bytes.length);
  const length = Math.min(1 + below(STRETCH_MAX), bytes.length - at);
  const from = below(bytes.length - length + 1);
  switch (kind) {
    case "flip":
      bytes[at] ^= 1 << below(8);
      return bytes;
    case "zeros":
      return bytes.fill(0, at, at + length);
    case "noise":
      bytes.set(noise(length, below), at);
      return bytes;
    case "cut":
      return bytes.subarray(0, at);
    case "copy":
      bytes.copyWithin(at, from, from + length);
      return bytes;
    default: {
      const [one, two] = [
        Buffer.from(bytes.subarray(at, at + length)),
        Buffer.from(bytes.subarray(from, from + length)),
      ];
      bytes.set(two, at);
      bytes.set(one, from);
      return bytes;
    }
  }
}

function noise(length: number, below: (count: number) => number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(256)));
}

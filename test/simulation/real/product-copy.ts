/**
 * A copy of the compiled product with the sizes of the simulation: inputs of a few lines are cut into many splits, stages
 * into as many tasks as partitions, outputs into many pieces. All else is the product as it is.
 *
 * Owns: what differs from the product: three numbers.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Planting, plant } from "../gate/planting-hooks.ts";
import { PROMISED_COUNT } from "../workload.ts";
import { RANGE_PAIRS } from "../world/simulated-thread.ts";

/** Of a coordinator: bytes of a split of each job, as a JSON array by the job's place, with which its inputs' names begin. */
export const SPLIT_BYTES_VARIABLE = "SIM_REAL_SPLIT_BYTES";

const ROOMS = ["actors", "cli", "programs", "runtime"];
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const CHANGES: readonly Planting[] = [
  {
    module: "actors/job/cut-splits.js",
    from: "return Math.min(SPLIT_BYTES_MAX, Math.max(SPLIT_BYTES_MIN, Math.ceil(byteLength / SPLITS_WANTED)));",
    to: `return JSON.parse(process.env.${SPLIT_BYTES_VARIABLE})[Number.parseInt(files[0].name, 10)];`,
  },
  {
    module: "actors/options.js",
    from: "export const OUTPUT_RANGE_PAIRS = 262_144;",
    to: `export const OUTPUT_RANGE_PAIRS = ${RANGE_PAIRS};`,
  },
  // What a simulated program promises as copies stands in its text as a range.
  {
    module: "programs/limits.js",
    from: "export const EXPANSION_GUESS = 64;",
    to: `export const EXPANSION_GUESS = ${PROMISED_COUNT};`,
  },
];

/** Directories of the rooms. */
export interface ProductCopies {
  readonly own: string;
  /** Of another version. */
  readonly stranger: string;
}

const ANOTHER_VERSION = "999.0.0";

/** `directory` is its owner's to remove; `planted` are mistakes to be made in the copies. */
export function copyProduct(directory: string, planted: readonly Planting[] = []): ProductCopies {
  const own = copyTo(path.join(directory, "own"), planted);
  const stranger = copyTo(path.join(directory, "stranger"), planted);
  const manifest = path.join(directory, "stranger/package.json");
  const { version: _own, ...rest } = JSON.parse(readFileSync(manifest, "utf8")) as Record<string, unknown>;
  writeFileSync(manifest, JSON.stringify({ ...rest, version: ANOTHER_VERSION }));
  return { own, stranger };
}

function copyTo(directory: string, planted: readonly Planting[]): string {
  const rooms = path.join(directory, "dist");
  mkdirSync(rooms, { recursive: true });
  for (const room of ROOMS) cpSync(path.join(ROOT, "dist", room), path.join(rooms, room), { recursive: true });
  cpSync(path.join(ROOT, "package.json"), path.join(directory, "package.json"));
  symlinkSync(path.join(ROOT, "node_modules"), path.join(directory, "node_modules"));
  for (const change of [...CHANGES, ...planted]) {
    const file = path.join(rooms, change.module);
    writeFileSync(file, plant(readFileSync(file, "utf8"), change));
  }
  return rooms;
}

/**
 * `npm run soak`: 200 runs in one process; prints what each leaves behind, and exits with 1 if that grows.
 *
 *   npm run soak -- --runs 1000 --rows 100000
 *
 * Owns: the judgement. Descriptors and threads must be exactly as many after every run as after the first round.
 * Memory must be flat: the median of the last quarter of the runs at most so many times that of the second quarter. What the
 * allocator keeps goes up and down by a tenth over hundreds of runs; the heap of JavaScript does not.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { SOAK_ROUND, type SoakSample, soakRuns } from "./soak-runs.ts";

const GROWTH_MAX = { residentBytes: 1.1, heapBytes: 1.05 } as const;
const LINES_MAX = 20;

const { values } = parseArgs({
  options: { runs: { type: "string", default: "200" }, rows: { type: "string", default: "20000" } },
});
const runs = Number(values.runs);
const directory = mkdtempSync(path.join(tmpdir(), "actor-dataflow-soak-"));
const samples: SoakSample[] = [];
try {
  console.log("| run | descriptors | threads | resident MB | heap MB |\n| --- | --- | --- | --- | --- |");
  for await (const sample of soakRuns({ directory, runs, rows: Number(values.rows) })) {
    samples.push(sample);
    if (sample.run % Math.ceil(runs / LINES_MAX) === 0) console.log(lineOf(sample));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
const grown = growths(samples);
for (const line of grown) console.error(line);
process.exitCode = grown.length > 0 ? 1 : 0;

function lineOf({ run, descriptors, threads, residentBytes, heapBytes }: SoakSample): string {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  return `| ${[run, descriptors, threads, megabytes(residentBytes), megabytes(heapBytes)].join(" | ")} |`;
}

function growths(all: readonly SoakSample[]): string[] {
  const found: string[] = [];
  const [first, ...later] = all.slice(SOAK_ROUND - 1);
  for (const what of ["descriptors", "threads"] as const) {
    const other = later.find((sample) => sample[what] !== first[what]);
    if (other !== undefined)
      found.push(`${what}: ${first[what]} after run ${first.run}, ${other[what]} after ${other.run}`);
  }
  const quarter = Math.floor(all.length / 4);
  for (const what of ["residentBytes", "heapBytes"] as const) {
    const early = median(all.slice(quarter, 2 * quarter).map((sample) => sample[what]));
    const late = median(all.slice(-quarter).map((sample) => sample[what]));
    if (late > early * GROWTH_MAX[what])
      found.push(`${what}: ${early} in the second quarter of the runs, ${late} in the last`);
  }
  return found;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, two) => one - two)[numbers.length >> 1];
}

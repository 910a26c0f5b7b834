/**
 * The contract's vectors through the command: program files, input files, an output, rejects, exit codes and messages.
 *
 * The kernels run all of them in their own tests. Here it is every fifteenth, in 1 and in 7 partitions: each run starts threads.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { temporaryDirectory, writeFiles } from "../actors/temporary-directory.ts";
import type { Vector } from "../programs/vectors/vector.ts";
import { VECTORS as ALL_VECTORS } from "../programs/vectors.ts";
import { END_OF_COMMAND } from "./run-many.ts";

const RUN_MANY = fileURLToPath(new URL("./run-many.js", import.meta.url));
const EVERY = 15;

const VECTORS: readonly Vector[] = ALL_VECTORS.filter((_, index) => index % EVERY === 0);

interface End {
  readonly exitCode: number;
  readonly told: string;
}

/** A directory for each vector, `0` and so on; the ends in the same order. */
function runAll(directory: string, partitions: string): End[] {
  const commands = VECTORS.map(({ program, files }, index) => {
    const place = path.join(directory, String(index));
    const output = path.join(place, "output.csv");
    const written = JSON.stringify({ ...program, output: outputOf(program, output) });
    writeFiles(place, { ...files, "program.json": written });
    const options = ["--quiet", "--no-journal", "--workers", "2"];
    return ["run", path.join(place, "program.json"), ...options, ...(isRefused(index) ? [] : ["-p", partitions])];
  });
  writeFiles(directory, { "commands.json": JSON.stringify(commands) });
  const { stdout, stderr } = spawnSync(process.execPath, [RUN_MANY, path.join(directory, "commands.json")], {
    ...{ encoding: "utf8", cwd: directory, maxBuffer: 1 << 26, timeout: 110_000, killSignal: "SIGKILL" },
    env: { PATH: process.env.PATH, ACTOR_DATAFLOW_DATA_DIR: path.join(directory, "state") },
  });
  const told = stderr.split(`${END_OF_COMMAND}\n`);
  return (JSON.parse(stdout) as number[]).map((exitCode, index) => ({ exitCode, told: told[index] ?? "" }));
}

function isRefused(index: number): boolean {
  return VECTORS[index]?.expected.kind === "refused";
}

function outputOf({ output }: Vector["program"], file: string): unknown {
  return typeof output === "object" && output !== null ? { ...output, path: file } : file;
}

function check(
  t: ExecutionContext,
  place: string,
  { title, program, expected }: Vector,
  { exitCode, told }: End,
): void {
  const output = path.join(place, "output.csv");
  if (expected.kind === "refused") {
    t.is(exitCode, 2, title);
    const lines = told.trimEnd().split("\n");
    for (const where of expected.places.filter((named) => !named.startsWith("output"))) {
      t.true(
        lines.some((line) =>
          line.startsWith(`${path.join(place, "program.json")}: ${where === "" ? "" : `${where}: `}`),
        ),
        `${title}: ${where}\n${told}`,
      );
    }
    return;
  }
  if (expected.kind === "failure") {
    t.is(exitCode, 1, `${title}\n${told}`);
    t.is(told.split("\n").length, 2, title);
    t.false(existsSync(output), title);
    return;
  }
  t.deepEqual([exitCode, told], [0, ""], title);
  const found = readFileSync(output, "utf8");
  const isOpen = (program.output as { order?: string } | undefined)?.order === "none";
  t.is(isOpen ? sortedLines(found) : found, isOpen ? sortedLines(expected.output) : expected.output, title);
  const rejects = `${output}.rejects.ndjson`;
  const rejected = existsSync(rejects) ? readFileSync(rejects, "utf8").split("\n").length - 1 : 0;
  t.is(rejected, expected.rejects.length, title);
}

function sortedLines(text: string): string {
  return text.split("\n").sort().join("\n");
}

for (const partitions of ["1", "7"]) {
  test.serial(`vectors: the command gives what the contract says (${partitions} partitions)`, (t) => {
    const directory = temporaryDirectory(t);
    const ends = runAll(directory, partitions);
    t.is(ends.length, VECTORS.length);
    t.true(VECTORS.length > 15);
    for (const [index, vector] of VECTORS.entries()) {
      check(t, path.join(directory, String(index)), vector, ends[index] as End);
    }
  });
}

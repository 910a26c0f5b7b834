/**
 * What a simulated cluster is given to do: small random programs and inputs, with the edges that protocols trip over.
 *
 * Owns: the jobs of a seed, and what each of them means by the reference interpreter.
 * Never: reads a real file.
 *
 * L1. A shuffled stage is cut into tasks by how much comes out of its flatMaps, as far as the plan can tell: a flatMap
 *     that might make thousands of pairs of one, and never does, gives many tasks with a few pairs each.
 */
import { writeFileSync } from "node:fs";
import type { JobDescription } from "../../actors/job/messages.ts";
import { prepareJob } from "../../actors/prepare-job.ts";
import { generateInput } from "../../programs/generate/generate-input.ts";
import { generateProgram } from "../../programs/generate/generate-program.ts";
import type { OracleResult } from "../../programs/oracle/interpret-program.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import type { Operation, Program } from "../../programs/program.ts";
import { type Random, seededRandom } from "../../runtime/random.ts";
import { CSV } from "../actors/jobs/job-stage.ts";
import { referenceOf } from "../actors/jobs/reference.ts";
import {
  aggregate,
  binary,
  changeKey,
  type Draft,
  flatMap,
  literal,
  map,
  program as programOf,
  reduce,
  v,
} from "../programs/build-program.ts";
import { SIMULATED_ROOT } from "./world/node-files.ts";

export interface Work {
  readonly job: JobDescription;
  /** A program file as it is submitted: what it says of operations stands in the job. */
  readonly text: string;
  readonly program: Program;
  readonly expected: OracleResult;
}

/** The node whose files everybody sees. */
export const SHARED_NODE = "shared";
const INPUT_DIRECTORY = `${SIMULATED_ROOT}/${SHARED_NODE}/inputs`;
const JOBS_MAX = 3;
/** Of so many seeds one has jobs of many stages: what their later ones are made of has been freed when they are lost. */
const DEEP_EACH = 10;
const DEEP_REST = 2;
const DEEP_ROUNDS = { least: 5, choices: 4 };
const ROUNDS = { least: 2, choices: 2 };
const PARTITIONS = [1, 2, 3, 8, 8, 8, 8, 11, 24] as const;
const BAD_LINES = ["x,1", "1", "1.5,2", "9,9,9", "-,1"];
/** L1. */
const NEVER = literal(987_654_321_987_654_321n);
export const PROMISED_COUNT = 8192;

export async function makeWorkload(seed: number): Promise<Work[]> {
  const random = seededRandom(seed ^ 0x5eed);
  const jobCount = random.next() < 0.75 ? 1 : 2 + Math.floor(random.next() * (JOBS_MAX - 1));
  const works: Work[] = [];
  for (let index = 0; index < jobCount; index += 1) works.push(await makeWork(random, seed * JOBS_MAX + index, index));
  return works;
}

/** Ids that a job is given, one after the other: it is submitted again when a coordinator has forgotten it. */
export function jobIds({ job }: Pick<Work, "job">): readonly string[] {
  return ["", ..."abcdef0123456789"].map((suffix) => `${job.id}${suffix}`);
}

export function isIdOf(id: string, work: Pick<Work, "job">): boolean {
  return jobIds(work).includes(id);
}

async function makeWork(random: Random, seed: number, index: number): Promise<Work> {
  const program = makeProgram(random, seed);
  const paths = makeInputs(random, seed, index, program.onError === "reject" ? 0.04 : random.next() < 0.1 ? 0.01 : 0);
  const splitBytes = [60, 120, 250, 1000][Math.floor(random.next() * 4)];
  const input = { ...CSV, paths };
  const job = await prepareJob(program, { input, baseDirectory: INPUT_DIRECTORY, outputFormat: "csv", splitBytes });
  // Two jobs of one seed may be the same program on the same input.
  const named = { ...job, id: `${index}${job.id.slice(1)}` };
  const operations = [{ operator: "map", function: "IDENTITY" }];
  const text = JSON.stringify({ partitions: 1, onError: program.onError, operations });
  return { job: named, text, program, expected: referenceOf(program, named, input) };
}

function makeProgram(random: Random, seed: number): Program {
  const partitions = pick(random, PARTITIONS);
  const onError = random.next() < 0.5 ? "reject" : "fail";
  const output = { path: undefined, format: undefined, order: random.next() < 0.8 ? "key" : "none" } as const;
  const settings = { partitions, onError, output, integers: random.next() < 0.15 ? "bigint" : "int64" } as const;
  const isDeep = Math.floor(seed / JOBS_MAX) % DEEP_EACH === DEEP_REST;
  if (isDeep) return programOf(chain(random, DEEP_ROUNDS, onError === "reject"), settings);
  if (random.next() < 0.5) return programOf(chain(random, ROUNDS, onError === "reject"), settings);
  const operations = 2 + Math.floor(random.next() * 6);
  const generated = generateProgram({ operations, seed, max: 60, partitions });
  const parsed = parseProgram(JSON.stringify(generated), "generated");
  return programOf(parsed.operations.flatMap(withPromise), settings);
}

/** As many stages as rounds and one more, each with as many tasks as partitions. */
function chain(random: Random, { least, choices }: typeof ROUNDS, fails: boolean): Draft[] {
  const keys = pick(random, [1, 5, 40]);
  const rounds = least + Math.floor(random.next() * choices);
  const drafts: Draft[] = [map(binary(binary(v, "*", literal(7)), "+", literal(3)))];
  for (let round = 0; round < rounds; round += 1) {
    drafts.push(changeKey(binary(v, "%", literal(Math.max(1, Math.floor(keys / (round + 1)))))));
    const name = pick(random, ["sum", "count", "max", "median", "distinct", "mean"] as const);
    drafts.push(reduce(aggregate(name)), promise());
    if (fails && round === 0) drafts.push(map(binary(literal(5040), "/", binary(v, "%", literal(5)))));
    drafts.push(flatMap({ kind: "list", items: [v, binary(v, "+", literal(round + 1))] }));
  }
  return drafts;
}

function promise(): Draft {
  return flatMap({
    kind: "conditional",
    test: binary(v, "==", NEVER),
    consequent: { kind: "copies", item: v, count: literal(PROMISED_COUNT) },
    alternate: { kind: "list", items: [v] },
  });
}

function withPromise(operation: Operation): Draft[] {
  if (operation.operator === "repeat") {
    return [{ operator: "repeat", times: operation.times, operations: operation.operations.flatMap(withPromise) }];
  }
  return operation.operator === "reduce" ? [operation, promise()] : [operation];
}

function makeInputs(random: Random, seed: number, index: number, badShare: number): string[] {
  const fileCount = random.next() < 0.7 ? 1 : 3;
  return Array.from({ length: fileCount }, (_, file) => {
    const name = `${index}-${file}.csv`;
    const rows = random.next() < 0.06 ? 0 : pick(random, [1, 20, 60, 60, 120]);
    const keys = random.next() < 0.15 ? 1 : 60;
    const lines = [...generateInput({ rows, seed: seed + file, max: 60, keys })].join("").split("\n");
    const text = lines.map((line) => (line !== "" && random.next() < badShare ? pick(random, BAD_LINES) : line));
    writeFileSync(`${INPUT_DIRECTORY}/${name}`, text.join("\n"));
    return name;
  });
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random.next() * items.length)];
}

export { INPUT_DIRECTORY };

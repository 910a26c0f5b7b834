/**
 * `npm run sim-gate`: plants each fault of the list in turn, and counts the seeds until a check finds it; writes the table
 * into docs/simulation.md. `--only TEXT`: those with that text in their name.
 *
 * Owns: the processes of the simulation, one a mutant and as many at once as there are cores, and the form of the table.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants.ts";

const SEEDS_MAX = 1000;
const DOCUMENT = new URL("../../../../docs/simulation.md", import.meta.url);
const [BEGIN, END] = ["<!-- gate: begin -->", "<!-- gate: end -->"];

const { values } = parseArgs({ options: { only: { type: "string" } } });
const mutants = MUTANTS.filter(({ name }) => values.only === undefined || name.includes(values.only));
const rows: string[] = mutants.map(() => "");
let missed = 0;
await Promise.all(Array.from({ length: availableParallelism() }, () => work()));
writeTable();
process.exitCode = missed === 0 ? 0 : 1;

interface Found {
  /** Counted from 1. */
  readonly seeds: number;
  /** The one that found it. */
  readonly check: string;
}

/** Takes one mutant after the other, beside others that do. */
async function work(): Promise<void> {
  for (let mutant = mutants.shift(); mutant !== undefined; mutant = mutants.shift()) {
    const { name, module } = mutant;
    const index = rows.length - mutants.length - 1;
    const found = await seedsUntilFound(name);
    if (found === undefined) missed += 1;
    const row = `| ${name} | \`${module.replace(/js$/, "ts")}\` | ${found?.seeds ?? `none of ${SEEDS_MAX}`} | ${found?.check ?? ""} |`;
    console.log(row);
    rows[index] = row;
  }
}

async function seedsUntilFound(name: string): Promise<Found | undefined> {
  const planting = new URL("./planting.js", import.meta.url).href;
  const simulation = new URL("../main.js", import.meta.url).pathname;
  const { told, code } = await run(
    ["--import", planting, simulation, "--runs", String(SEEDS_MAX), "--first", "--no-shrink"],
    { ...process.env, SIMULATED_MUTANT: name },
  );
  if (code === 0) return undefined;
  const [, seed] = /^seed (\d+) failed/m.exec(told) ?? [];
  const [, check] = /^ {2}([a-z ]+): /m.exec(told) ?? [];
  if (seed === undefined || check === undefined) throw new Error(`${name}: ${told}`);
  return { seeds: Number(seed), check };
}

/** What a process of Node tells on standard error, and how it ends. */
async function run(
  parameters: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly told: string; readonly code: number | null }> {
  const child = spawn(process.execPath, parameters, { env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close") as Promise<[number | null]>;
  const told = (await child.stderr.toArray()).join("");
  const [code] = await ended;
  return { told, code };
}

function writeTable(): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const [before, rest] = text.split(BEGIN);
  const [known, after] = rest.split(END);
  const nameIn = (row: string): string => row.split(" | ")[0];
  const planted = new Map(rows.map((row) => [nameIn(row), row]));
  // Those that were not planted this time stay as they were.
  const all = MUTANTS.flatMap(({ name }) => {
    const row = planted.get(`| ${name}`) ?? known.split("\n").find((line) => nameIn(line) === `| ${name}`);
    return row === undefined ? [] : [row];
  });
  const head = ["| planted fault | in | seeds needed | found by |", "| --- | --- | --- | --- |"];
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n${[...head, ...all].join("\n")}\n${END}${after}`);
}

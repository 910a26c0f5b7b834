/**
 * `npm run sim-gate`: plants each fault of the list in turn, and counts the seeds until a check finds it; writes the table
 * into docs/simulation.md.
 *
 * Owns: the processes of the simulation, one a mutant, and the form of the table.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants.ts";

const SEEDS_MAX = 1000;
const DOCUMENT = new URL("../../../../docs/simulation.md", import.meta.url);
const [BEGIN, END] = ["<!-- gate: begin -->", "<!-- gate: end -->"];

const { values } = parseArgs({ options: { only: { type: "string" } } });
const rows: string[] = [];
let missed = 0;
for (const { name, module } of MUTANTS) {
  if (values.only !== undefined && !name.includes(values.only)) continue;
  const found = seedsUntilFound(name);
  if (found === undefined) missed += 1;
  const row = `| ${name} | \`${module.replace(/js$/, "ts")}\` | ${found?.seeds ?? `none of ${SEEDS_MAX}`} | ${found?.check ?? ""} |`;
  console.log(row);
  rows.push(row);
}
if (values.only === undefined) writeTable();
process.exitCode = missed === 0 ? 0 : 1;

/** Seeds count from 1; `check` is the one that found it. */
function seedsUntilFound(name: string): { readonly seeds: number; readonly check: string } | undefined {
  const planting = new URL("./planting.js", import.meta.url).href;
  const simulation = new URL("../main.js", import.meta.url).pathname;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--import", planting, simulation, "--runs", String(SEEDS_MAX), "--first", "--no-shrink"],
    { encoding: "utf8", env: { ...process.env, SIMULATED_MUTANT: name } },
  );
  if (status === 0) return undefined;
  const [, seed] = /^seed (\d+) failed/m.exec(stderr) ?? [];
  const [, check] = /^ {2}([a-z ]+): /m.exec(stderr) ?? [];
  if (seed === undefined || check === undefined) throw new Error(`${name}: ${stdout}${stderr}`);
  return { seeds: Number(seed), check };
}

function writeTable(): void {
  const text = readFileSync(DOCUMENT, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest.split(END)[1];
  const head = ["| planted fault | in | seeds needed | found by |", "| --- | --- | --- | --- |"];
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n${[...head, ...rows].join("\n")}\n${END}${after}`);
}

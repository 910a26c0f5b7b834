/**
 * Every planted fault has its one place in the compiled product; some of them are planted, and found.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { MUTANTS } from "./mutants.ts";
import { plant } from "./planting-hooks.ts";

const LEAST_COUNT = 20;

test("gate: there are enough planted faults, each with a name of its own", (t) => {
  t.true(MUTANTS.length >= LEAST_COUNT);
  t.is(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});

for (const mutant of MUTANTS) {
  test(`gate: "${mutant.name}" has its place`, (t) => {
    const source = readFileSync(new URL(`../../../${mutant.module}`, import.meta.url), "utf8");
    t.not(plant(source, mutant), source);
  });
}

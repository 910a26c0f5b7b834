import test from "ava";
import fc from "fast-check";
import { generateInput } from "../../../programs/generate/generate-input.ts";
import {
  GENERATED_OPERATIONS_MAX,
  generateProgram,
  type ProgramOptions,
} from "../../../programs/generate/generate-program.ts";
import { SeededRandom } from "../../../programs/generate/seeded-random.ts";
import { interpretProgram } from "../../../programs/oracle/interpret-program.ts";
import { parseProgram } from "../../../programs/parse-program.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";

const seeds = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

function inputText(options: Parameters<typeof generateInput>[0]): string {
  return [...generateInput(options)].join("");
}

function parsed(options: ProgramOptions) {
  return parseProgram(JSON.stringify(generateProgram(options)), "generated");
}

test("generate: the sequence of a seed never changes", (t) => {
  const random = new SeededRandom(42);
  t.deepEqual(
    Array.from({ length: 4 }, () => random.uint32()),
    [1_251_167_922, 656_401_615, 478_193_053, 3_278_332_503],
  );
  t.is(inputText({ rows: 3, seed: 42, max: 1000 }), "292,112\n317,626\n531,5\n");
});

test("generate: integers stay in their range and reach both of its ends", (t) => {
  const random = new SeededRandom(7);
  const seen = new Set(Array.from({ length: 1000 }, () => random.integer(-2, 3)));
  t.deepEqual(
    [...seen].toSorted((left, right) => left - right),
    [-2, -1, 0, 1, 2, 3],
  );
  const span = Number.MAX_SAFE_INTEGER;
  fc.assert(
    fc.property(seeds, (seed) => {
      const large = new SeededRandom(seed).integer(0, span);
      t.true(Number.isSafeInteger(large) && large >= 0);
    }),
  );
});

test("generate: every seed has a sequence of its own", (t) => {
  const around = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
  const texts = around.map((seed) => inputText({ rows: 4, seed, max: 1_000_000 }));
  t.is(new Set(texts).size, around.length);
});

test("generate: an input has as many lines as asked for, in chunks of whole lines, the same each time", (t) => {
  for (const rows of [0, 1, 4095, 4096, 4097, 20_000]) {
    const chunks = [...generateInput({ rows, seed: 5, max: 99, keys: 3 })];
    t.true(chunks.every((chunk) => chunk.endsWith("\n") && chunk.length < 1 << 17));
    const lines = chunks.join("").split("\n").slice(0, -1);
    t.is(lines.length, rows);
    t.true(lines.every((line) => /^[1-3],[1-9][0-9]?$/.test(line)));
    t.is(chunks.join(""), inputText({ rows, seed: 5, max: 99, keys: 3 }));
  }
});

test("generate: a shorter input is the beginning of a longer one", (t) => {
  t.true(inputText({ rows: 5000, seed: 1, max: 10 }).startsWith(inputText({ rows: 100, seed: 1, max: 10 })));
});

test("generate: a program has as many operations as asked for, is valid, and the same each time", (t) => {
  const options = fc.record({
    operations: fc.integer({ min: 1, max: 60 }),
    seed: seeds,
    max: fc.constantFrom(1, 2, 10, 1_000_000, 2 ** 31),
    partitions: fc.constantFrom(undefined, 1, 8, 4096),
  });
  fc.assert(
    fc.property(options, (chosen) => {
      const program = parsed(chosen);
      t.is(program.operations.length, chosen.operations);
      t.is(program.partitions, chosen.partitions ?? program.partitions);
      t.deepEqual(generateProgram(chosen), generateProgram(chosen));
    }),
  );
  t.is(parsed({ operations: GENERATED_OPERATIONS_MAX, seed: 1 }).operations.length, GENERATED_OPERATIONS_MAX);
  t.throws(() => generateProgram({ operations: GENERATED_OPERATIONS_MAX + 1, seed: 1 }));
});

test("generate: programs do not fail on generated inputs", (t) => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const max = [1, 10, 1000, 1_000_000, 2 ** 31][seed % 5];
    const program = parsed({ operations: 1 + (seed % 40), seed, max });
    const text = inputText({ rows: 40, seed, max, keys: Math.min(max, 20) });
    const result = interpretProgram(program, [{ name: "generated.csv", text, format: "csv" }]);
    t.is(result.kind, "done", `seed ${seed}: ${JSON.stringify(result.kind === "failed" ? result.failures : [])}`);
  }
});

test("generate: a program of 1,000 operations keeps the number of pairs and their values in bounds", (t) => {
  const program = parsed({ operations: 1000, seed: 3, max: 1_000_000 });
  const text = inputText({ rows: 30, seed: 3, max: 1_000_000 });
  const result = interpretProgram(program, [{ name: "generated.csv", text, format: "csv" }]);
  t.is(result.kind, "done");
  t.true(makePlan(program).stages.length > 10, "many shuffles");
});

test("generate: programs have every operator and every kind of function", (t) => {
  const text = JSON.stringify(Array.from({ length: 50 }, (_, seed) => generateProgram({ operations: 40, seed })));
  for (const operator of ["map", "changeKey", "filter", "flatMap", "reduce", "repeat"]) {
    t.true(text.includes(`"operator":"${operator}"`), operator);
  }
  const names = ["ADD", "SUB", "MUL", "DIV", "MOD", "POW", "MIN", "MAX", "AND", "OR", "XOR", "ABS", "NEG", "IDENTITY"];
  for (const name of [...names, "REPEAT", "EVEN", "ODD", "NE", "SUM", "COUNT", "MEAN", "MEDIAN", "DISTINCT"]) {
    t.true(text.includes(`"function":"${name}"`), name);
  }
  t.true(/"operator":"reduce","function":"\w+","arg":\d+/.test(text), "a reduce with an arg");
});

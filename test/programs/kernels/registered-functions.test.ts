/**
 * Functions of the operator's own in both kernel sets: what they compute, what their failures become, and what is noted of
 * their calls. Held against the reference interpreter.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { DataError, ValuesMemoryError } from "../../../programs/errors.ts";
import type { RegisteredCall, RegisteredOperator } from "../../../programs/expression/tree.ts";
import { createBigintKernelSet } from "../../../programs/kernels/bigint/bigint-kernel-set.ts";
import { createInt64KernelSet } from "../../../programs/kernels/int64/int64-kernel-set.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { Plan } from "../../../programs/plan/plan.ts";
import type { IntegerMode } from "../../../programs/program.ts";
import { CALL_SUBJECT, type CallRecorder, NO_RECORDER } from "../../../programs/registered/call-recorder.ts";
import { readFunctions } from "../../../programs/registered/read-functions.ts";
import {
  binary,
  changeKey,
  type Draft,
  filter,
  flatMap,
  literal,
  map,
  program,
  reduce,
  repeat,
  v,
} from "../build-program.ts";
import { compareWithOracle, driveLines } from "./compare-with-oracle.ts";
import { int64, randomOperations } from "./random-program.ts";

const int64Module = new WebAssembly.Module(
  readFileSync(new URL("../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);

/** The same array again and again: a result is taken over before the next call. */
const shared: bigint[] = [];

const { functions, problems } = readFunctions({
  map: {
    DOUBLE: (value: bigint) => value * 2n,
    SCALE: (value: bigint, arg: bigint) => value * arg,
    MOOD: (value: bigint) => {
      if (value % 3n === 0n) throw new Error(`${value} is divisible`);
      return value % 5n === 0n ? Number(value) : value;
    },
  },
  filter: {
    ODD_ONES: (value: bigint) => value % 2n !== 0n,
    BITS: (value: bigint, arg: bigint) => (value === 7n ? "seven" : value & arg),
  },
  flatMap: {
    DOWN: (value: bigint) => {
      shared.length = 0;
      for (let item = value; item > 0n && shared.length < 3; item -= 1n) shared.push(item);
      return shared;
    },
    FUSSY: (value: bigint) => (value < 0n ? null : [value, value > 9n ? 9 : 1n]),
    LITTLE: (value: bigint) => Array.from({ length: Number(value) }, (_, index) => BigInt(index % 4)),
    MANY: (value: bigint) => Array.from({ length: Number(value) }, (_, index) => BigInt(index) - value),
  },
  reduce: {
    SPAN: (values: bigint[]) => (values.pop() ?? 0n) - (values.shift() ?? 0n),
    NTH: (values: bigint[], arg: bigint) => values[Number(arg)],
    ORDERED: (values: bigint[]) => values.reduce((sum, value, index) => sum + value * BigInt(index + 1), 0n),
  },
});

function call(operator: RegisteredOperator, name: string, arg?: bigint): RegisteredCall {
  return { kind: "registered", operator, name, arg };
}

function kernelsWith(recorder: CallRecorder = NO_RECORDER, memoryBytes?: number) {
  return (plan: Plan) =>
    plan.integers === "bigint"
      ? createBigintKernelSet(plan, memoryBytes, { functions, recorder })
      : createInt64KernelSet(int64Module, plan, memoryBytes, { functions, recorder });
}

const DRAFTS: readonly Draft[] = [
  ...[map(call("map", "DOUBLE")), map(call("map", "SCALE", -3n)), map(call("map", "MOOD"))],
  ...[changeKey(call("map", "DOUBLE")), changeKey(call("map", "MOOD"))],
  ...[filter(call("filter", "ODD_ONES")), filter(call("filter", "BITS", 5n))],
  ...[flatMap(call("flatMap", "DOWN")), flatMap(call("flatMap", "FUSSY"))],
  ...[reduce(call("reduce", "SPAN")), reduce(call("reduce", "NTH", 1n)), reduce(call("reduce", "ORDERED"))],
];
/** Some of the operator's own between some of the language's; few enough flatMaps for the reference interpreter. */
const drafts = fc
  .array(
    fc.oneof(
      fc.constantFrom(...DRAFTS).map((draft): readonly Draft[] => [draft]),
      randomOperations(2).map((row): readonly Draft[] => row),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((parts) => parts.flat())
  .filter((row) => row.filter(({ operator }) => operator === "flatMap" || operator === "repeat").length <= 3);
const lines = fc.array(
  fc.tuple(fc.bigInt({ min: -4n, max: 4n }), int64).map(([key, value]) => `${key},${value}\n`),
  { maxLength: 40 },
);
const cut = fc.record({
  linesPerSplit: fc.integer({ min: 1, max: 40 }),
  windowBytes: fc.integer({ min: 1, max: 300 }),
  pairsPerRange: fc.integer({ min: 1, max: 40 }),
});

test("the functions of these tests are right", (t) => {
  t.deepEqual(problems, []);
});

for (const integers of ["int64", "bigint"] as const) {
  for (const onError of ["reject", "fail"] as const) {
    test(`a random program gives what the reference interpreter gives (${integers}, ${onError})`, (t) => {
      fc.assert(
        fc.property(drafts, lines, cut, fc.integer({ min: 1, max: 7 }), (row, text, settings, partitions) => {
          const source = program(row, { integers, onError, partitions });
          compareWithOracle(t, source, text, { ...settings, functions, createKernels: kernelsWith() });
        }),
        { numRuns: 150 },
      );
    });
  }
}

/** Operations, lines of input, lines of output. */
const VECTORS: readonly (readonly [string, readonly Draft[], string, string])[] = [
  ["a map and its arg", [map(call("map", "SCALE", 7n))], "1,2 1,-3", "1,-21 1,14"],
  ["a changeKey is given the value", [changeKey(call("map", "DOUBLE"))], "1,2 1,-3", "-6,-3 4,2"],
  ["a filter by a boolean", [filter(call("filter", "ODD_ONES"))], "1,1 1,2 2,-3", "1,1 2,-3"],
  ["a filter by an integer", [filter(call("filter", "BITS", 5n))], "1,1 1,2 2,4", "1,1 2,4"],
  ["a list, an empty list", [flatMap(call("flatMap", "DOWN"))], "1,5 2,0 3,1", "1,3 1,4 1,5 3,1"],
  ["the values of a key are ascending", [reduce(call("reduce", "ORDERED"))], "1,30 1,-5 1,4 2,9", "1,93 2,9"],
  ["an arg of a reduce", [reduce(call("reduce", "NTH", 1n))], "1,30 1,-5 1,4", "1,4"],
  [
    "between steps of the language, in every round of a repeat",
    [repeat(3, map(binary(v, "+", literal(1))), map(call("map", "DOUBLE")), filter(binary(v, "<", literal(40))))],
    "1,0 1,1 1,5",
    "1,14 1,22",
  ],
  [
    "two lists, the second one of many of the first's items",
    [flatMap(call("flatMap", "DOWN")), flatMap(call("flatMap", "DOWN"))],
    "1,2",
    "1,1 1,1 1,2",
  ],
];

for (const integers of ["int64", "bigint"] as const) {
  for (const [what, row, input, output] of VECTORS) {
    test(`${what} (${integers})`, (t) => {
      const inputLines = input.split(" ").map((line) => `${line}\n`);
      const source = program(row, { integers });
      const settings = { linesPerSplit: 2, functions, createKernels: kernelsWith() };
      t.is(driveLines(makePlan(source), inputLines, settings).text, output.replaceAll(" ", "\n").concat("\n"));
      compareWithOracle(t, source, inputLines, settings);
    });
  }

  test(`lists longer than a batch of output are given whole, in pieces (${integers})`, (t) => {
    const source = program([flatMap(call("flatMap", "MANY")), flatMap(call("flatMap", "DOWN"))], { integers });
    const settings = { linesPerSplit: 1, functions, createKernels: kernelsWith() };
    compareWithOracle(t, source, ["1,40000\n", "2,3\n", "3,40000\n"], settings);
    const ones = program([flatMap(call("flatMap", "MANY"))], { integers });
    compareWithOracle(t, ones, ["1,16384\n1,16384\n2,5\n"], settings);
  });

  test(`a list that is gone on with is not taken for one that the same step makes of its items (${integers})`, (t) => {
    const source = program([repeat(3, flatMap(call("flatMap", "LITTLE")))], { integers });
    const settings = { linesPerSplit: 1, functions, createKernels: kernelsWith() };
    compareWithOracle(t, source, ["1,40000\n", "2,3\n"], settings);
  });

  test(`a failure names operation, pair and what the function threw or gave (${integers})`, (t) => {
    const failure = (row: readonly Draft[], line: string): DataError => {
      const plan = makePlan(program(row, { integers }));
      return t.throws(() => driveLines(plan, [line], { linesPerSplit: 1, functions, createKernels: kernelsWith() }), {
        instanceOf: DataError,
      });
    };
    const arithmetic = { kind: "arithmetic", operation: 1 };
    const one = map(binary(v, "+", literal(1)));
    t.deepEqual(failure([one, map(call("map", "MOOD"))], "4,8\n").detail as object, {
      ...{ ...arithmetic, key: "4", value: "9", reason: "MOOD threw Error: 9 is divisible" },
    });
    t.like(failure([one, map(call("map", "MOOD"))], "4,9\n").detail, {
      reason: "MOOD gave the number 10, which is no BigInt",
    });
    t.like(failure([one, reduce(call("reduce", "NTH", 9n))], "4,9\n").detail, {
      ...{ ...arithmetic, key: "4", value: null, reason: "NTH gave nothing, which is no BigInt" },
    });
    t.like(failure([one, flatMap(call("flatMap", "FUSSY"))], "4,9\n").detail, {
      ...{ ...arithmetic, value: "10", reason: "FUSSY gave an array with the number 9, which is no BigInt" },
    });
  });

  test(`memory for few values asks for passes, and gives the same (${integers})`, (t) => {
    const source = program([reduce(call("reduce", "ORDERED"))], { integers, partitions: 1 });
    const text = Array.from({ length: 30_000 }, (_, row) => `${row % 1000},${row}\n`);
    const drive = (memoryBytes?: number) => {
      let calls = 0;
      const enter = (): void => {
        calls += 1;
      };
      const recorder = { enter, leave: () => undefined };
      const settings = { linesPerSplit: 30_000, functions, createKernels: kernelsWith(recorder, memoryBytes) };
      return { text: driveLines(makePlan(source), text, settings).text, calls };
    };
    const [plenty, scarce] = [drive(), drive(600_000)];
    t.is(scarce.text, plenty.text);
    // Once for each key, however many passes that takes.
    t.deepEqual([plenty.calls, scarce.calls], [1000, 1000]);
  });

  test(`a key with more values than memory has room for is an error that names function and key (${integers})`, (t) => {
    const plan = makePlan(program([reduce(call("reduce", "ORDERED"))], { integers, partitions: 1 }));
    const text = Array.from({ length: 30_000 }, (_, row) => `${row < 50 ? row : 7},${row}\n`);
    const settings = { linesPerSplit: 30_000, functions, createKernels: kernelsWith(NO_RECORDER, 600_000) };
    const error = t.throws(() => driveLines(plan, text, settings), { instanceOf: ValuesMemoryError });
    t.is(error.code, "KEY_VALUES_TOO_MANY");
    t.is(
      error.message,
      "ORDERED needs all values of key 7 at once, and there is no memory for them: give more --memory",
    );
  });

  test(`each call is noted while it lasts, with its pair or key (${integers})`, (t) => {
    const notes: string[] = [];
    const recorder: CallRecorder = {
      enter: (operation, subject, ...[keyLow, keyHigh, valueLow, valueHigh]) => {
        const [key, value] = [joined(keyLow, keyHigh), joined(valueLow, valueHigh)];
        if (subject === CALL_SUBJECT.pair) notes.push(`${operation}: <${key}, ${value}>`);
        if (subject === CALL_SUBJECT.key) notes.push(`${operation}: ${key}`);
        if (subject === CALL_SUBJECT.long) notes.push(`${operation}: long`);
      },
      leave: () => void notes.push("left"),
    };
    const row = [map(call("map", "SCALE", 4n)), filter(call("filter", "BITS", -1n)), reduce(call("reduce", "SPAN"))];
    const edge = -(2n ** 61n) + 1n;
    const settings = { linesPerSplit: 1, functions, createKernels: kernelsWith(recorder) };
    const plan = makePlan(program([...row, flatMap(call("flatMap", "DOWN"))], { integers, partitions: 1 }));
    driveLines(plan, [`-5,${edge}\n`], settings);
    t.deepEqual(notes, [
      ...[`0: <-5, ${edge}>`, "left", `1: <-5, ${edge * 4n}>`, "left"],
      // SPAN takes both ends off its array, which is its own: of one value there is but one.
      ...["2: -5", "left", `3: <-5, ${edge * 4n}>`, "left"],
    ]);
  });
}

test("a pair beyond 64 bits is noted as such", (t) => {
  const subjects: number[] = [];
  const recorder = { enter: (_operation: number, subject: number) => void subjects.push(subject), leave: () => {} };
  const plan = makePlan(program([map(call("map", "DOUBLE"))], { integers: "bigint", partitions: 1 }));
  const settings = { linesPerSplit: 1, functions, createKernels: kernelsWith(recorder) };
  t.is(driveLines(plan, [`1,${2n ** 70n}\n`], settings).text, `1,${2n ** 71n}\n`);
  t.deepEqual(subjects, [CALL_SUBJECT.long]);
});

test("results of one reduce do not take over the kept memory of another one's function", (t) => {
  const row = [reduce(call("reduce", "SPAN")), map(call("map", "DOUBLE")), reduce(call("reduce", "ORDERED"))];
  for (const integers of ["int64", "bigint"] as IntegerMode[]) {
    const source = program([...row, changeKey(literal(1)), ...row], { integers });
    const text = Array.from({ length: 50 }, (_, index) => `${index % 7},${index * index}\n`);
    compareWithOracle(t, source, text, { linesPerSplit: 9, functions, createKernels: kernelsWith() });
  }
});

function joined(low: number, high: number): bigint {
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(low)));
}

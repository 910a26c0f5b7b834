/**
 * Operators together: order, repeats, partitions, errors in both modes; and programs that are refused.
 */
import { csv, failure, MAX, type OperationFile, output, type Vector, vector } from "./vector.ts";

const map = (expression: string): OperationFile => ({ operator: "map", expression });
const filter = (expression: string): OperationFile => ({ operator: "filter", expression });
const flatMap = (expression: string): OperationFile => ({ operator: "flatMap", expression });
const changeKey = (expression: string): OperationFile => ({ operator: "changeKey", expression });
const reduce = (expression: string): OperationFile => ({ operator: "reduce", expression });
const repeat = (times: number, ...operations: OperationFile[]): OperationFile => ({
  ...{ operator: "repeat", times, operations },
});

/** `[1, 1] … [n, n]` */
const line = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${write(index + 1)}\n`).join("");

const TOGETHER: readonly (readonly [
  title: string,
  operations: readonly OperationFile[],
  input: string,
  expected: string,
])[] = [
  ["operators: run in the order of the program", [map("v + 1"), map("v * 2")], "1,1\n", "1,4\n"],
  ["operators: run in the order of the program, the other way round", [map("v * 2"), map("v + 1")], "1,1\n", "1,3\n"],
  ["changeKey: the value stays, later steps see the new key", [changeKey("v * 10"), map("k + v")], "1,2\n", "20,22\n"],
  ["filter: later steps see what is left", [filter("v % 2"), map("12 / v")], "1,0\n2,3\n3,4\n4,1\n", "2,4\n4,12\n"],
  [
    "flatMap: later steps see each item",
    [flatMap("[v, v + 1]"), filter("v != 2"), flatMap("range(v)")],
    "1,1\n5,2\n",
    "1,0\n5,0\n5,1\n5,2\n",
  ],
  ["reduce: keys meet from all over the input", [reduce("sum(V)")], "1,1\n2,10\n1,2\n2,20\n1,3\n", "1,6\n2,30\n"],
  ["reduce: gives nothing for no pairs", [reduce("count(V)")], "", ""],
  [
    "reduce: negative and large keys are keys as all others",
    [reduce("count(V)")],
    `-1,1\n${MAX},1\n-1,1\n0,1\n-${MAX},1\n`,
    `-${MAX},1\n-1,2\n0,1\n${MAX},1\n`,
  ],
  [
    "reduce: after a reduce by the same key",
    [reduce("sum(V)"), reduce("count(V) * 100 + sum(V)")],
    "1,1\n1,2\n",
    "1,103\n",
  ],
  [
    "reduce: after flatMap of a reduce",
    [reduce("sum(V)"), flatMap("range(v)"), reduce("sum(V)")],
    "1,1\n1,3\n2,2\n",
    "1,6\n2,1\n",
  ],
  [
    "reduce: after changeKey of a reduce",
    [reduce("sum(V)"), changeKey("v % 2"), reduce("sum(V)")],
    "1,1\n2,2\n3,3\n1,4\n",
    "0,2\n1,8\n",
  ],
  [
    "reduce: a key whose pairs are all filtered gives nothing",
    [filter("v > 1"), reduce("count(V)")],
    "1,1\n2,2\n",
    "2,1\n",
  ],
  ["reduce: values of flatMap count each", [flatMap("[v, v]"), reduce("sum(V) * 10 + count(V)")], "1,2\n", "1,42\n"],
  [
    "reduce: several in a row with changeKey between",
    [changeKey("v % 4"), reduce("sum(V)"), changeKey("k % 2"), reduce("max(V)"), changeKey("0"), reduce("sum(V)")],
    line(8, (index) => `${index},${index}`),
    "0,22\n",
  ],
  ["repeat: runs its operations several times over", [repeat(3, map("v * 2"), map("v + 1"))], "1,1\n", "1,15\n"],
  ["repeat: 0 times is nothing", [repeat(0, map("1 / 0"))], "1,1\n", "1,1\n"],
  ["repeat: 1 time is once", [repeat(1, map("v + 1"))], "1,1\n", "1,2\n"],
  ["repeat: inside a repeat", [repeat(2, map("v + 1"), repeat(3, map("v * 2")))], "1,1\n", "1,136\n"],
  [
    "repeat: with a shuffle in each round",
    [repeat(3, changeKey("v / 2"), reduce("sum(V)"))],
    line(4, (index) => `9,${index}`),
    "0,1\n4,9\n",
  ],
  [
    "repeat: with a reduce that needs no shuffle",
    [repeat(3, reduce("sum(V)"), flatMap("[v, v]"))],
    "1,1\n2,2\n",
    "1,4\n1,4\n2,8\n2,8\n",
  ],
  ["repeat: 1,000 times", [repeat(1000, map("v + k"))], "3,0\n", "3,3000\n"],
];

/** One program, whatever the number of partitions. */
const MIXED = [
  map("v * 3"),
  map("v + 7"),
  changeKey("v % 10"),
  filter("k != 3"),
  flatMap("v % 2 ? [v] : [v, -v / 2]"),
  reduce("sum(V) + count(V)"),
  changeKey("v % 3"),
  reduce("median(V) - distinct(V)"),
];

const PARTITIONED: readonly Vector[] = [1, 2, 7, 64, 4096].map((partitions) =>
  vector(
    `partitions: ${partitions} give the same as one`,
    { partitions, operations: MIXED },
    line(500, (index) => `${index % 13},${(index * index * 7919) % 10007}`),
    output(MIXED_RESULT()),
  ),
);

/** MIXED by hand. */
function MIXED_RESULT(): string {
  const sums = new Map<number, number>();
  for (let index = 1; index <= 500; index += 1) {
    const value = 3 * ((index * index * 7919) % 10007) + 7;
    const key = value % 10;
    if (key === 3) continue;
    for (const item of value % 2 === 1 ? [value] : [value, -value / 2]) sums.set(key, (sums.get(key) ?? 0) + item + 1);
  }
  const groups = new Map<number, number[]>();
  for (const sum of sums.values()) groups.set(sum % 3, [...(groups.get(sum % 3) ?? []), sum]);
  return csv(
    [...groups].map(([key, values]) => {
      const sorted = values.toSorted((left, right) => left - right);
      return [key, sorted[Math.floor((values.length - 1) / 2)] - new Set(values).size] as const;
    }),
  );
}

const ERRORS: readonly Vector[] = [
  vector(
    "errors: one failing pair fails the job, and is named",
    { operations: [map("v - 1"), map("12 / v")] },
    "1,5\n7,1\n2,2\n",
    failure({ place: "operations[1]", key: "7", value: "0", reason: "divisionByZero" }),
  ),
  vector(
    "errors: a failing key of a reduce fails the job, and is named",
    { operations: [reduce("12 / sum(V)")] },
    "1,1\n1,-1\n2,5\n",
    failure({ place: "operations[0]", key: "1", value: null, reason: "divisionByZero" }),
  ),
  vector(
    "errors: a filter, a changeKey or a list can fail the job",
    {
      operations: [repeat(2, filter("v != 3 || 1 / 0"), changeKey("v != 4 || 1 / 0"), flatMap("[v, v != 5 || 1 / 0]"))],
    },
    "1,3\n2,4\n3,5\n4,6\n",
    failure(
      { place: "operations[0].operations[0]", key: "1", value: "3", reason: "divisionByZero" },
      { place: "operations[0].operations[1]", key: "2", value: "4", reason: "divisionByZero" },
      { place: "operations[0].operations[2]", key: "1", value: "5", reason: "divisionByZero" },
    ),
  ),
  vector(
    "errors: a result that nobody needs fails the job all the same",
    { operations: [map(`v + ${MAX}`), filter("0")] },
    "1,1\n",
    failure({ place: "operations[0]", key: "1", value: "1", reason: "overflow" }),
  ),
  vector(
    "errors: a pair that was filtered before fails nothing",
    { operations: [filter("v"), map("1 / v")] },
    "1,0\n",
    output(""),
  ),
  vector(
    "errors: when there are several, one of them is named",
    { operations: [map("1 / v"), map("1 / v")] },
    "x\n1,0\n2,5\n",
    failure(
      { file: "input.csv", line: 1, text: "x" },
      { place: "operations[0]", key: "1", value: "0", reason: "divisionByZero" },
      { place: "operations[1]", key: "2", value: "0", reason: "divisionByZero" },
    ),
  ),
  vector(
    "rejects: pairs and keys are left out, the rest goes on",
    {
      onError: "reject",
      operations: [map("12 / v"), flatMap("[v, 24 / (v - 6)]"), reduce("sum(V) / (k - 2)"), map("100 / (v - 9)")],
    },
    "1,0\n1,2\n1,4\n2,3\n3,12\n4,3\n4,4\nbad\n",
    output(
      "1,-25\n3,-8\n4,-6\n",
      { file: "input.csv", line: 8, text: "bad" },
      { place: "operations[0]", key: "1", value: "0", reason: "divisionByZero" },
      { place: "operations[1]", key: "1", value: "6", reason: "divisionByZero" },
      { place: "operations[2]", key: "2", value: null, reason: "divisionByZero" },
    ),
  ),
  vector(
    "rejects: a pair that is rejected as often as it occurs",
    { onError: "reject", operations: [map("1 / v")] },
    "1,0\n1,0\n1,1\n",
    output(
      "1,1\n",
      { place: "operations[0]", key: "1", value: "0", reason: "divisionByZero" },
      { place: "operations[0]", key: "1", value: "0", reason: "divisionByZero" },
    ),
  ),
  vector(
    "rejects: in a repeat the operation as written is named",
    { onError: "reject", operations: [map("v"), repeat(3, map("12 / v"), map("v - 3"))] },
    "1,3\n2,4\n3,6\n4,100\n",
    output("1,-2\n3,-3\n4,-4\n", {
      place: "operations[1].operations[0]",
      key: "2",
      value: "0",
      reason: "divisionByZero",
    }),
  ),
];

/** Places are those of the member that is wrong. */
const REFUSED: readonly (readonly [what: string, program: Readonly<Record<string, unknown>>, ...places: string[]])[] = [
  ["no partitions", { partitions: undefined, operations: [map("v")] }, "partitions"],
  ["0 partitions", { partitions: 0, operations: [map("v")] }, "partitions"],
  ["4097 partitions", { partitions: 4097, operations: [map("v")] }, "partitions"],
  ["half a partition", { partitions: 1.5, operations: [map("v")] }, "partitions"],
  ["no operations", { operations: undefined }, "operations"],
  ["an empty list of operations", { operations: [] }, "operations"],
  ["an unknown operator", { operations: [{ operator: "mop", expression: "v" }] }, "operations[0].operator"],
  ["an unknown key", { operations: [map("v"), { operator: "map", functon: "ABS" }] }, "operations[1].functon"],
  ["several unknown keys", { partition: 3, integer: "bigint", operations: [map("v")] }, "partition", "integer"],
  ["an unknown function", { operations: [{ operator: "map", function: "ADDD", arg: 1 }] }, "operations[0].function"],
  [
    "a function and an expression",
    { operations: [{ operator: "map", function: "ABS", expression: "v" }] },
    "operations[0]",
  ],
  ["neither function nor expression", { operations: [{ operator: "map" }] }, "operations[0]"],
  ["no arg where one is needed", { operations: [{ operator: "map", function: "ADD" }] }, "operations[0].arg"],
  ["an arg that is no integer", { operations: [{ operator: "map", function: "ADD", arg: 1.5 }] }, "operations[0].arg"],
  [
    "an arg outside of int64",
    { operations: [{ operator: "map", function: "ADD", arg: "9223372036854775808" }] },
    "operations[0].arg",
  ],
  ["DIV by 0", { operations: [{ operator: "map", function: "DIV", arg: 0 }] }, "operations[0].arg"],
  ["MOD by 0", { operations: [{ operator: "changeKey", function: "MOD", arg: "0" }] }, "operations[0].arg"],
  ["reduce by SUB", { operations: [{ operator: "reduce", function: "SUB" }] }, "operations[0].function"],
  ["reduce by DIV", { operations: [{ operator: "reduce", function: "DIV" }] }, "operations[0].function"],
  ["map by an aggregate", { operations: [map("sum(V)")] }, "operations[0].expression"],
  ["reduce by a bare v", { operations: [reduce("v")] }, "operations[0].expression"],
  ["an aggregate inside an aggregate", { operations: [reduce("sum(max(V))")] }, "operations[0].expression"],
  ["flatMap by an integer", { operations: [flatMap("v")] }, "operations[0].expression"],
  ["map by a list", { operations: [map("[v]")] }, "operations[0].expression"],
  ["a sign before the base of **", { operations: [map("-v ** 2")] }, "operations[0].expression"],
  ["a literal outside of int64", { operations: [map("v + 9223372036854775808")] }, "operations[0].expression"],
  ["a decimal point", { operations: [map("v * 1.5")] }, "operations[0].expression"],
  ["member access", { operations: [map("v.constructor")] }, "operations[0].expression"],
  ["a call of something unknown", { operations: [map("eval(v)")] }, "operations[0].expression"],
  ["repeat without times", { operations: [{ operator: "repeat", operations: [map("v")] }] }, "operations[0].times"],
  ["repeat 100001 times", { operations: [repeat(100_001, map("v"))] }, "operations[0].times"],
  ["more than 1,000,000 operations", { operations: [repeat(100_000, repeat(11, map("v")))] }, "operations"],
  ["an error inside a repeat", { operations: [repeat(2, map("w"))] }, "operations[0].operations[0].expression"],
  ["an unknown integer mode", { integers: "int32", operations: [map("v")] }, "integers"],
  ["an unknown order", { output: { order: "value" }, operations: [map("v")] }, "output.order"],
  ["a column name without a header", { input: { path: "input.csv", key: "id" }, operations: [map("v")] }, "input.key"],
  [
    "a delimiter of two characters",
    { input: { path: "input.csv", delimiter: "::" }, operations: [map("v")] },
    "input.delimiter",
  ],
  [
    "everything at once",
    { partitions: 0, integers: "x", operations: [map("w"), map("v +")] },
    "partitions",
    "integers",
    "operations[0].expression",
    "operations[1].expression",
  ],
];

export const PROGRAM_VECTORS: readonly Vector[] = [
  ...TOGETHER.map(([title, operations, input, expected]) => vector(title, { operations }, input, output(expected))),
  ...PARTITIONED,
  ...ERRORS,
  ...REFUSED.map(([what, program, ...places]) =>
    vector(`refused: ${what}`, program, "1,1\n", { kind: "refused", places }),
  ),
];

/**
 * `parseProgram`: what a right program becomes, and the place and the words of every error.
 */
import test from "ava";
import fc from "fast-check";
import { ProgramError } from "../../programs/errors.ts";
import type { IntExpression } from "../../programs/expression/tree.ts";
import { OPERATION_COUNT_MAX, REPEAT_DEPTH_MAX } from "../../programs/limits.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import type { Operation } from "../../programs/program.ts";
import { JSON_DEPTH_MAX } from "../../programs/read-json.ts";
import { aggregate, binary, k, literal, v } from "./build-program.ts";

/** Text that is a program but for what the test is about. */
function withOperations(...operations: unknown[]): string {
  return JSON.stringify({ partitions: 2, operations });
}

function withMembers(members: object): string {
  return JSON.stringify({ partitions: 2, operations: [{ operator: "map", function: "ABS" }], ...members });
}

function errorsOf(text: string): string[] {
  try {
    parseProgram(text, "test");
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return error.diagnostics.map(({ place, message }) => `${place}: ${message}`);
  }
  return [];
}

function only(...operations: unknown[]): Operation {
  return parseProgram(withOperations(...operations), "test").operations[0];
}

test("a program gets its defaults, and the name it was given", (t) => {
  t.deepEqual(
    parseProgram('{"partitions": 8, "operations": [{"operator": "map", "function": "MUL", "arg": 3}]}', "sales"),
    {
      name: "sales",
      partitions: 8,
      integers: "int64",
      onError: "fail",
      input: undefined,
      output: { path: undefined, format: undefined, order: "key" },
      operations: [
        {
          operator: "map",
          expression: binary(v, "*", literal(3)),
          origin: { place: "operations[0]", text: "map MUL 3" },
        },
      ],
    },
  );
});

test("a program keeps what it says", (t) => {
  const program = parseProgram(
    withMembers({
      ...{ name: "Sales", partitions: 4096, integers: "bigint", onError: "reject" },
      input: { path: ["a.csv", "b/**/*.csv"], format: "csv", header: true, delimiter: "\t", key: "user", value: 3 },
      output: { path: "out.ndjson", format: "csv", order: "none" },
    }),
    "sales",
  );
  t.like(program, { name: "Sales", partitions: 4096, integers: "bigint", onError: "reject" });
  t.deepEqual(program.input, {
    ...{ paths: ["a.csv", "b/**/*.csv"], format: "csv", header: true, delimiter: "\t", key: "user", value: 3 },
  });
  t.deepEqual(program.output, { path: "out.ndjson", format: "csv", order: "none" });
});

test("input and output have short forms", (t) => {
  const defaults = { format: undefined, header: false, delimiter: ",", key: undefined, value: undefined };
  t.deepEqual(parseProgram(withMembers({ input: "a.csv" }), "").input, { paths: ["a.csv"], ...defaults });
  t.deepEqual(parseProgram(withMembers({ input: ["a", "b"] }), "").input, { paths: ["a", "b"], ...defaults });
  t.deepEqual(parseProgram(withMembers({ input: { path: "a" } }), "").input, { paths: ["a"], ...defaults });
  t.deepEqual(parseProgram(withMembers({ input: { path: "a", key: 1, value: 1 } }), "").input?.key, 1);
  t.is(parseProgram(withMembers({ output: "r.csv" }), "").output.path, "r.csv");
  t.deepEqual(parseProgram(withMembers({ output: { order: "none" } }), "").output, {
    ...{ path: undefined, format: undefined, order: "none" },
  });
});

const call = (name: "abs" | "sign" | "min" | "max", ...operands: IntExpression[]) => ({ kind: "call", name, operands });
const byArg: [string, string, unknown][] = [
  ...(["map", "changeKey"] as const).flatMap((operator): [string, string, unknown][] => [
    [operator, "ADD", binary(v, "+", literal(7))],
    [operator, "SUB", binary(v, "-", literal(7))],
    [operator, "MUL", binary(v, "*", literal(7))],
    [operator, "DIV", binary(v, "/", literal(7))],
    [operator, "MOD", binary(v, "%", literal(7))],
    [operator, "POW", binary(v, "**", literal(7))],
    [operator, "AND", binary(v, "&", literal(7))],
    [operator, "OR", binary(v, "|", literal(7))],
    [operator, "XOR", binary(v, "^", literal(7))],
    [operator, "MIN", call("min", v, literal(7))],
    [operator, "MAX", call("max", v, literal(7))],
    [operator, "CONST", literal(7)],
  ]),
  ["filter", "EQ", binary(v, "==", literal(7))],
  ["filter", "NE", binary(v, "!=", literal(7))],
  ["filter", "LT", binary(v, "<", literal(7))],
  ["filter", "LE", binary(v, "<=", literal(7))],
  ["filter", "GT", binary(v, ">", literal(7))],
  ["filter", "GE", binary(v, ">=", literal(7))],
  ["filter", "DIVISIBLE", binary(binary(v, "%", literal(7)), "==", literal(0))],
  ["flatMap", "REPEAT", { kind: "copies", item: v, count: literal(7) }],
];

for (const [operator, name, tree] of byArg) {
  test(`functions: ${operator} ${name} takes an arg and becomes a tree`, (t) => {
    t.deepEqual(only({ operator, function: name, arg: 7 }).origin, {
      place: "operations[0]",
      text: `${operator} ${name} 7`,
    });
    t.deepEqual(only({ operator, function: name, arg: 7 }), {
      ...only({ operator, function: name, arg: "+7" }),
      expression: tree,
    } as Operation);
    t.deepEqual(errorsOf(withOperations({ operator, function: name })), [
      `operations[0].arg: is missing; ${name} needs an integer`,
    ]);
  });
}

const withoutArg: [string, string, unknown][] = [
  ...(["map", "changeKey"] as const).flatMap((operator): [string, string, unknown][] => [
    [operator, "ABS", call("abs", v)],
    [operator, "SIGN", call("sign", v)],
    [operator, "NEG", { kind: "unary", operator: "-", operand: v }],
    [operator, "IDENTITY", v],
  ]),
  ["filter", "EVEN", binary(binary(v, "%", literal(2)), "==", literal(0))],
  ["filter", "ODD", binary(binary(v, "%", literal(2)), "!=", literal(0))],
  ["flatMap", "RANGE", { kind: "range", from: literal(0), below: v }],
  ["flatMap", "DIGITS", { kind: "digits", operand: v }],
];

for (const [operator, name, tree] of withoutArg) {
  test(`functions: ${operator} ${name} takes no arg and becomes a tree`, (t) => {
    const operation = only({ operator, function: name });
    t.deepEqual(operation.origin, { place: "operations[0]", text: `${operator} ${name}` });
    t.deepEqual((operation as { expression?: unknown }).expression, tree);
    t.deepEqual(errorsOf(withOperations({ operator, function: name, arg: 1 })), [
      `operations[0].arg: ${name} takes no arg`,
    ]);
  });
}

for (const [name, aggregateName] of [
  ...([
    ["SUM", "sum"],
    ["ADD", "sum"],
    ["PRODUCT", "product"],
    ["MUL", "product"],
    ["COUNT", "count"],
  ] as const),
  ...([
    ["MIN", "min"],
    ["MAX", "max"],
    ["MEAN", "mean"],
    ["MEDIAN", "median"],
    ["DISTINCT", "distinct"],
  ] as const),
]) {
  test(`functions: reduce ${name} becomes an aggregate, and ignores any arg`, (t) => {
    const expected = { operator: "reduce", expression: aggregate(aggregateName) };
    t.like(only({ operator: "reduce", function: name }), expected);
    for (const arg of [0, 1.5, "x", null, {}]) {
      t.like(only({ operator: "reduce", function: name, arg }), { ...expected, origin: { text: `reduce ${name}` } });
    }
  });
}

test("arg: numbers and strings are read exactly", (t) => {
  const argOf = (arg: string, integers = "int64") => {
    const step = `{"operator": "map", "function": "CONST", "arg": ${arg}}`;
    const text = `{"partitions": 1, "integers": "${integers}", "operations": [${step}]}`;
    return (parseProgram(text, "").operations[0] as { expression: { value: bigint } }).expression.value;
  };
  t.is(argOf("-0"), 0n);
  t.is(argOf("1.0"), 1n);
  t.is(argOf("1.50e1"), 15n);
  t.is(argOf("1e3"), 1000n);
  t.is(argOf("-9007199254740991"), -9007199254740991n);
  t.is(argOf('"-9223372036854775808"'), -(2n ** 63n));
  t.is(argOf('"+9223372036854775807"'), 2n ** 63n - 1n);
  t.is(argOf('"007"'), 7n);
  t.is(argOf(`"1${"0".repeat(5000)}"`, "bigint"), 10n ** 5000n);
});

test("repeats nest, and say so in the places of what they hold", (t) => {
  const inner = { operator: "repeat", times: 1, operations: [{ operator: "filter", expression: "v > 0 && k != 17" }] };
  const outer = { operator: "repeat", times: 10, operations: [{ operator: "map", function: "NEG" }, inner] };
  t.like(only(outer), {
    ...{ operator: "repeat", times: 10, origin: { place: "operations[0]", text: "repeat 10 times" } },
    operations: [
      { operator: "map", origin: { place: "operations[0].operations[0]", text: "map NEG" } },
      {
        ...{ operator: "repeat", origin: { place: "operations[0].operations[1]", text: "repeat 1 time" } },
        operations: [
          {
            operator: "filter",
            origin: { place: "operations[0].operations[1].operations[0]", text: "filter v > 0 && k != 17" },
          },
        ],
      },
    ],
  });
});

test("an operation's text has its control characters escaped and is cut", (t) => {
  t.is(only({ operator: "map", expression: "v\n+\t1" }).origin.text, "map v\\n+\\t1");
  t.is(only({ operator: "map", expression: `v${" ".repeat(100)}` }).origin.text, `map v${" ".repeat(79)}…`);
});

test("the operations of all repeats together are bounded", (t) => {
  const nested = (times: number, depth: number): object => ({
    ...{ operator: "repeat", times },
    operations: [depth === 1 ? { operator: "map", function: "NEG" } : nested(times, depth - 1)],
  });
  t.deepEqual(errorsOf(withOperations(nested(1000, 2))), []);
  const tooMany = [`operations: with every repeat unrolled there are 1,000,001; the most is 1,000,000`];
  t.is(OPERATION_COUNT_MAX, 1_000_000);
  t.deepEqual(errorsOf(withOperations(nested(1000, 2), { operator: "map", function: "NEG" })), tooMany);
  t.regex(errorsOf(withOperations(nested(100_000, 32))).join(), /^operations: .* there are far more; the most is/);
  t.deepEqual(errorsOf(withOperations(nested(1, REPEAT_DEPTH_MAX))), []);
  const place = "operations[0]".concat(".operations[0]".repeat(REPEAT_DEPTH_MAX));
  t.deepEqual(errorsOf(withOperations(nested(1, REPEAT_DEPTH_MAX + 1))), [
    `${place}: repeats are nested deeper than ${REPEAT_DEPTH_MAX} levels`,
  ]);
  t.deepEqual(errorsOf(withOperations({ operator: "repeat", times: 0, operations: [nested(100_000, 8)] })), []);
});

const map = { operator: "map", function: "ABS" };
const step = (members: object) => withOperations({ operator: "map", ...members });
const rawArg = (arg: string) => `{"partitions":2,"operations":[{"operator":"map","function":"ADD","arg":${arg}}]}`;

/** Text of a program, then for each expected error its place and what its message must match. */
const wrong: [string, ...[string, RegExp][]][] = [
  ["", ["", /^this is no JSON: line 1, column 1: expected a value, but the text ends$/]],
  [
    '{\n  "partitions": 2,\n  operations: []\n}',
    ["", /line 3, column 3: expected a key between double quotes, but found "o"/],
  ],
  ["[]", ["", /^must be an object such as .*, but is an empty array$/]],
  ["1.5", ["", /^must be an object such as .*, but is 1\.5$/]],
  ["null", ["", /but is null$/]],
  ["{}", ["partitions", /^is missing; it must be an integer from 1 to 4096$/], ["operations", /^is missing; .* array/]],
  [withMembers({ partitions: 0 }), ["partitions", /^must be an integer from 1 to 4096, but is 0$/]],
  [withMembers({ partitions: 4097 }), ["partitions", /but is 4097$/]],
  [withMembers({ partitions: 1.5 }), ["partitions", /but is 1\.5$/]],
  [withMembers({ partitions: "8" }), ["partitions", /but is "8"$/]],
  [withMembers({ partitions: null }), ["partitions", /but is null$/]],
  [withMembers({ name: 5 }), ["name", /^must be a string, but is 5$/]],
  [withMembers({ integers: "int32" }), ["integers", /^must be "int64" or "bigint", but is "int32"$/]],
  [withMembers({ onError: true }), ["onError", /^must be "fail" or "reject", but is true$/]],
  [
    withMembers({ operations: [] }),
    ["operations", /^must be an array of one operation or more, but is an empty array$/],
  ],
  [withMembers({ operations: {} }), ["operations", /^must be an array of operations, but is an object$/]],
  [withMembers({ inputs: "x" }), ["inputs", /^unknown key "inputs"; did you mean "input"\?$/]],
  [withMembers({ colour: 1 }), ["colour", /^unknown key "colour"; keys: name, partitions, /]],
  [
    '{"__proto__":{},"constructor":1,"partitions":1,"operations":[{"operator":"map","function":"ABS"}]}',
    ["__proto__", /^unknown key "__proto__"/],
    ["constructor", /^unknown key "constructor"/],
  ],
  [
    '{"partitons":1,"operations":[{"operator":"map","function":"ABS"}]}',
    ["partitons", /^unknown key "partitons"; did you mean "partitions"\?$/],
  ],
  [withMembers({ "a b\n": 1 }), ['["a b\\n"]', /^unknown key "a b\\n"/]],
  [
    '{"partitions":1,"partitions":1,"operations":[{"operator":"map","function":"ABS","function":"ABS"}]}',
    ["partitions", /^is given twice$/],
    ["operations[0].function", /^is given twice$/],
  ],

  [withMembers({ input: 5 }), ["input", /^must be a path, an array of paths, or an object, but is 5$/]],
  [withMembers({ input: "" }), ["input", /^must be a path, not empty, but is ""$/]],
  [withMembers({ input: [] }), ["input", /^must be one path or more, but is an empty array$/]],
  [withMembers({ input: ["a", "", 1] }), ["input[1]", /not empty/], ["input[2]", /^must be a path, but is 1$/]],
  [withMembers({ input: {} }), ["input.path", /^is missing; it must be a path or an array of paths$/]],
  [withMembers({ input: { path: {} } }), ["input.path", /but is an object$/]],
  [
    withMembers({ input: { path: "a", fromat: "csv", header: 1 } }),
    ["input.fromat", /did you mean "format"/],
    ["input.header", /^must be true or false, but is 1$/],
  ],
  [withMembers({ input: { path: "a", format: "tsv" } }), ["input.format", /^must be "csv" or "ndjson", but is "tsv"$/]],
  ...["", ",,", "é", "5", "+", "-", '"', "\n", "\r", "😀"].map((delimiter): [string, [string, RegExp]] => [
    withMembers({ input: { path: "a", delimiter } }),
    ["input.delimiter", /^must be one ASCII character, but no digit, sign, line end or ", but is "/],
  ]),
  [
    withMembers({ input: { path: "a", header: true, key: "id", value: 65_536 } }),
    ["input.value", /from 0 to 65535, but is 65536$/],
  ],
  [
    withMembers({ input: { path: "a", key: -1, value: 0.5 } }),
    ["input.key", /but is -1$/],
    ["input.value", /but is 0\.5$/],
  ],
  [withMembers({ input: { path: "a", key: "id" } }), ["input.key", /"id" names a column, but there is no header/]],
  [withMembers({ input: { path: ["a.ndjson", "b"], value: "x" } }), ["input.value", /there is no header/]],
  [
    withMembers({ input: { path: 5, format: "csv", key: "id", delimiter: "" } }),
    ["input.delimiter", /^must be one ASCII character/],
    ["input.path", /but is 5$/],
    ["input.key", /there is no header/],
  ],
  [
    withMembers({ input: { path: "a", format: "ndjson", header: false, delimiter: ";" } }),
    ["input.header", /is for CSV/],
    ["input.delimiter", /is for CSV/],
  ],
  [
    withMembers({ input: { path: "a.jsonl.gz", header: true } }),
    ["input.header", /is for CSV, but the input is NDJSON$/],
  ],
  [withMembers({ input: { path: "a.ndjson", key: 0 } }), ["input.key", /must be the name of a member/]],
  [withMembers({ output: 5 }), ["output", /^must be a path, not empty, or an object, but is 5$/]],
  [
    withMembers({ output: { path: "", order: "value", sort: 1 } }),
    ["output.sort", /^unknown key "sort"/],
    ["output.path", /not empty/],
    ["output.order", /^must be "key" or "none"/],
  ],

  [
    withOperations(5, null, []),
    ["operations[0]", /^must be an object such as .* but is 5$/],
    ["operations[1]", /but is null$/],
    ["operations[2]", /but is an empty array$/],
  ],
  [
    withOperations({ function: "ABS" }),
    ["operations[0].operator", /^is missing; it must be one of map, changeKey, filter, /],
  ],
  [withOperations({ operatr: "map", function: "ABS" }), ["operations[0].operatr", /did you mean "operator"\?$/]],
  [
    withOperations({ operator: "flatmap" }),
    ["operations[0].operator", /^unknown operator "flatmap"; did you mean "flatMap"\?/],
  ],
  [
    withOperations({ operator: "sort" }),
    ["operations[0].operator", /^unknown operator "sort"; operators: map, changeKey, filter, flatMap, reduce, repeat$/],
  ],
  [withOperations({ operator: "constructor" }), ["operations[0].operator", /^unknown operator "constructor"/]],
  [withOperations({ operator: 7 }), ["operations[0].operator", /^must be one of .* but is 7$/]],
  [
    withOperations(map, map, { operator: "map", functon: "MUL", arg: 3 }),
    ["operations[2].functon", /^unknown key "functon"; did you mean "function"\?$/],
  ],
  [step({ expresion: "v" }), ["operations[0].expresion", /did you mean "expression"\?$/]],
  [step({ function: "ABS", times: 3 }), ["operations[0].times", /^unknown key "times"; it belongs to repeat$/]],
  [step({}), ["operations[0]", /^map needs a "function" or an "expression"$/]],
  [step({ function: "ABS", expression: "v" }), ["operations[0]", /^has both a "function" and an "expression"/]],
  [
    step({ function: "AND", expression: "v +" }),
    ["operations[0]", /^has both a "function" and an "expression"/],
    ["operations[0].arg", /^is missing; AND needs an integer$/],
    ["operations[0].expression", /^column 4: /],
  ],
  [step({ function: 5 }), ["operations[0].function", /^must be the name of a function, but is 5$/]],
  [
    step({ function: null, expression: null }),
    ["operations[0].function", /null/],
    ["operations[0].expression", /null/],
    ["operations[0]", /has both/],
  ],
  [
    step({ expression: ["v"] }),
    ["operations[0].expression", /^must be an expression between double quotes, but is an array$/],
  ],
  [step({ expression: "v", arg: 1 }), ["operations[0].arg", /^belongs to a function/]],
  [
    step({ function: "mul", arg: 1 }),
    ["operations[0].function", /^unknown function "mul"; did you mean "MUL"\? \(functions of map: ADD, SUB/],
  ],
  [
    step({ function: "FROBNICATE" }),
    ["operations[0].function", /^unknown function "FROBNICATE"; functions of map: ADD/],
  ],
  [step({ function: "__proto__" }), ["operations[0].function", /^unknown function "__proto__"/]],
  [
    step({ function: "EVEN" }),
    ["operations[0].function", /^EVEN is a function of filter, not of map; the functions of map are ADD/],
  ],
  ...["SUB", "DIV", "MOD", "POW"].map((name): [string, [string, RegExp]] => [
    withOperations({ operator: "reduce", function: name, arg: 1 }),
    [
      "operations[0].function",
      /cannot reduce: its result would depend on the order of the values; the functions of reduce are SUM/,
    ],
  ]),
  [
    withOperations({ operator: "reduce", function: "AND" }),
    ["operations[0].function", /^AND is a function of map and changeKey, not of reduce/],
  ],

  [
    rawArg("9007199254740992"),
    [
      "operations[0].arg",
      /^9007199254740992 is not exact as a JSON number; write it as a string: "arg": "9007199254740992"$/,
    ],
  ],
  [rawArg("9223372036854775807"), ["operations[0].arg", /"arg": "9223372036854775807"$/]],
  [rawArg("1.5"), ["operations[0].arg", /^must be an integer, .* but is 1\.5$/]],
  [rawArg("9007199254740990.6"), ["operations[0].arg", /but is 9007199254740990\.6$/]],
  [rawArg("1e-400"), ["operations[0].arg", /but is 1e-400$/]],
  [rawArg("1e400"), ["operations[0].arg", /but is 1e400$/]],
  [rawArg('"1.5"'), ["operations[0].arg", /but is "1\.5"$/]],
  [rawArg('"0x10"'), ["operations[0].arg", /but is "0x10"$/]],
  [rawArg('" 5"'), ["operations[0].arg", /but is " 5"$/]],
  [rawArg('""'), ["operations[0].arg", /but is ""$/]],
  [rawArg('"--5"'), ["operations[0].arg", /but is "--5"$/]],
  [rawArg("true"), ["operations[0].arg", /but is true$/]],
  [rawArg("null"), ["operations[0].arg", /but is null$/]],
  [rawArg('"9223372036854775808"'), ["operations[0].arg", /^"9223372036854775808" does not fit 64 bits/]],
  [rawArg('"-9223372036854775809"'), ["operations[0].arg", /does not fit 64 bits/]],
  [
    withMembers({ integers: "bigint", operations: [{ ...map, function: "ADD", arg: "9".repeat(2_000_000) }] }),
    ["operations[0].arg", /^has 2000000 digits; the most is /],
  ],
  [step({ function: "DIV", arg: 0 }), ["operations[0].arg", /division by zero$/]],
  [step({ function: "MOD", arg: "-0" }), ["operations[0].arg", /division by zero$/]],
  [
    withOperations({ operator: "filter", function: "DIVISIBLE", arg: "+00" }),
    ["operations[0].arg", /division by zero$/],
  ],

  [
    withOperations({ operator: "repeat" }),
    ["operations[0].times", /^is missing; .* from 0 to 100000$/],
    ["operations[0].operations", /^is missing/],
  ],
  [
    withOperations({ operator: "repeat", times: 100_001, operations: [map] }),
    ["operations[0].times", /from 0 to 100000, but is 100001$/],
  ],
  [
    withOperations({ operator: "repeat", times: -1, operations: [] }),
    ["operations[0].times", /but is -1$/],
    ["operations[0].operations", /one operation or more/],
  ],
  [
    withOperations({ operator: "repeat", tims: 3, function: "ABS", operations: [map] }),
    ["operations[0].tims", /did you mean "times"/],
    ["operations[0].function", /belongs to the other operators/],
  ],
  [
    withOperations({ operator: "repeat", times: 2, operations: [{ operator: "map", function: "AB" }, 1] }),
    ["operations[0].operations[0].function", /did you mean "ABS"/],
    ["operations[0].operations[1]", /but is 1$/],
  ],

  [step({ expression: "v +" }), ["operations[0].expression", /^column 4: expected a value, but the expression ends$/]],
  [
    step({ expression: "a + b" }),
    ["operations[0].expression", /^column 1: unknown name "a"/],
    ["operations[0].expression", /^column 5: unknown name "b"/],
  ],
  [
    step({ expression: "v + 9223372036854775808" }),
    ["operations[0].expression", /^column 5: "9223372036854775808" does not fit 64 bits/],
  ],
];

for (const [text, ...errors] of wrong) {
  const shown = text.length > 130 ? `${text.slice(0, 130)}…` : text;
  test(`errors: ${JSON.stringify(shown)} is refused at ${errors.map(([place]) => place || "the file").join(" and ")}`, (t) => {
    const found = errorsOf(text);
    t.is(found.length, errors.length, found.join("\n"));
    for (const [index, [place, message]] of errors.entries()) {
      t.true(found[index].startsWith(`${place}: `), found[index]);
      t.regex(found[index].slice(place.length + 2), message);
    }
  });
}

test("all errors of a program are reported at once", (t) => {
  const operations = [
    { operator: "map", function: "MULL", arg: 1 },
    { operator: "filter", expression: "v >" },
  ];
  const text = JSON.stringify({ partitions: 0, integers: 64, input: 5, output: 5, extra: 1, operations });
  t.deepEqual(
    errorsOf(text)
      .map((error) => error.slice(0, error.indexOf(":")))
      .sort(),
    ["extra", "input", "integers", "operations[0].function", "operations[1].expression", "output", "partitions"],
  );
});

test("literals and args beyond 64 bits are fine where integers have any size", (t) => {
  const operations = [
    { operator: "map", expression: "v + 9223372036854775808 * k" },
    { operator: "map", function: "ADD", arg: "9223372036854775808" },
  ];
  const program = parseProgram(JSON.stringify({ partitions: 1, integers: "bigint", operations }), "");
  t.like(program.operations[0], { expression: binary(v, "+", binary(literal(2n ** 63n), "*", k)) });
});

test("a program whose JSON is nested without end is refused, not a stack overflow", (t) => {
  t.regex(errorsOf("[".repeat(1_000_000)).join(), new RegExp(`column ${JSON_DEPTH_MAX + 1}: expected at most`));
  t.regex(errorsOf('{"operations":['.repeat(500_000)).join(), /expected at most 256 levels of nesting/);
});

test("a byte order mark before a program is skipped", (t) => {
  t.deepEqual(errorsOf(`\uFEFF${withOperations(map)}`), []);
});

/** Values that look like parts of programs, so that errors in depth are met too. */
const fragment = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("map", "reduce", "repeat", "flatMap", "ABS", "ADD", "v", "sum(V)", "csv", "a.csv", "[v]", 0, 1, 2),
    fc.constantFrom<unknown>(null, true, -1, 1.5, "", [], {}),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...[
          "operator",
          "function",
          "arg",
          "expression",
          "times",
          "operations",
          "partitions",
          "input",
          "output",
          "path",
        ],
        ...["format", "key", "value", "header", "delimiter", "name", "integers", "onError", "order", "__proto__", "x"],
      ),
      tie("value"),
      { maxKeys: 8 },
    ),
  ),
})).value;

test("no text whatever throws anything but a ProgramError", (t) => {
  const token = fc.constantFrom(
    ...[
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "\\u00",
      "null",
      "true",
      "-",
      "1",
      ".5",
      "e9",
      " ",
      "\n",
      '"partitions"',
      '"operations"',
    ],
  );
  const operation = fc.record(
    {
      operator: fc.constantFrom("map", "filter", "flatMap", "reduce", "repeat"),
      function: fc.oneof(fc.constantFrom("ADD", "SUM", "RANGE", "ODD"), fragment),
      expression: fragment,
      arg: fragment,
      times: fragment,
      operations: fragment,
    },
    { requiredKeys: ["operator"] },
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(token).map((tokens) => tokens.join("")),
    fragment.map((value) => JSON.stringify(value)),
    fc
      .record(
        { partitions: fragment, input: fragment, output: fragment, operations: fc.array(operation) },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
    fc.array(operation).map((operations) => withOperations(...operations)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const error of errorsOf(text)) t.notRegex(error, /undefined|Invalid input|\p{Cc}/u);
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { DataError } from "../../../../programs/errors.ts";
import { createBigintKernelSet } from "../../../../programs/kernels/bigint/bigint-kernel-set.ts";
import { createInt64KernelSet } from "../../../../programs/kernels/int64/int64-kernel-set.ts";
import type { KernelSet, TextFormat } from "../../../../programs/kernels/kernel-set.ts";
import { LINE_BYTES_MAX } from "../../../../programs/limits.ts";
import { makePlan } from "../../../../programs/plan/make-plan.ts";
import type { ErrorMode, IntegerMode } from "../../../../programs/program.ts";
import { map, program, v } from "../../build-program.ts";
import { drivePlan, runSplit } from "../drive-plan.ts";

const int64Module = new WebAssembly.Module(
  readFileSync(new URL("../../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);

/** The text of the pairs as they came, the rejects and the counted lines. */
function parse(integers: IntegerMode, format: TextFormat, text: Uint8Array, windowBytes: number, onError: ErrorMode) {
  const output = { path: undefined, format: undefined, order: "none" } as const;
  const plan = makePlan(program([map(v)], { partitions: 1, integers, onError, output }));
  const kernels: KernelSet =
    integers === "bigint" ? createBigintKernelSet(plan) : createInt64KernelSet(int64Module, plan);
  const drive = {
    ...{ plan, openKernels: () => kernels, splits: [text], format, windowBytes },
    outputFormat: "csv" as const,
  };
  const { text: pairs, rejects, tasks } = drivePlan(drive);
  return { pairs, rejects, statistics: tasks[0].statistics };
}

const DEFAULT_CSV: TextFormat = { format: "csv", delimiter: 44, keyColumn: 0, valueColumn: 1, exactlyTwoFields: true };
const CSV_FORMATS: readonly TextFormat[] = [
  DEFAULT_CSV,
  { ...DEFAULT_CSV, keyColumn: 1, valueColumn: 0, exactlyTwoFields: false },
  { ...DEFAULT_CSV, keyColumn: 2, valueColumn: 0, exactlyTwoFields: false },
  { ...DEFAULT_CSV, delimiter: 9 },
  { ...DEFAULT_CSV, delimiter: 59, keyColumn: 0, valueColumn: 0, exactlyTwoFields: false },
];
const JSON_FORMATS: readonly TextFormat[] = [
  { format: "ndjson", keyMember: "k", valueMember: "v" },
  { format: "ndjson", keyMember: 'a"b', valueMember: "\u00fc" },
  { format: "ndjson", keyMember: "k", valueMember: "k" },
];

const csvToken = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(",", "\n") },
  { weight: 6, arbitrary: fc.integer({ min: -1000, max: 1000 }).map(String) },
  {
    weight: 4,
    arbitrary: fc.constantFrom("\r\n", '"', " ", "\t", ";", "+", "-", "\r", "x", "\u00e9", "\u0000", "007", "1.5"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("123456789012345", "1234567890123456", "-999999999999999999", "0".repeat(40)),
  },
);
const csvText = fc.array(csvToken, { maxLength: 60 }).map((tokens) => tokens.join(""));

const jsonInteger = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(String),
  fc.constantFrom(
    '"12"',
    '"+3"',
    '"\\u0031"',
    "1.5",
    "01",
    "-",
    "123456789012345678",
    '"x\\n"',
    "-0",
    "null",
    "[1]",
    "1e2",
  ),
);
const jsonName = fc.constantFrom(
  '"k"',
  '"v"',
  '"\\u006b"',
  '"a\\"b"',
  '"\u00fc"',
  '"\\u00fc"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
);
const jsonValue = fc.oneof(
  { weight: 4, arbitrary: jsonInteger },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("tru", '{"a":[}', "[[]", "{", '"a\tb"', '"\\x"', "[1,]", "nul", "[{}]", '{"":{}}'),
  },
);
const jsonLine = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(jsonInteger, jsonInteger).map(([key, value]) => `[${key}, ${value}]`) },
  {
    weight: 5,
    arbitrary: fc
      .array(fc.tuple(jsonName, jsonValue), { maxLength: 4 })
      .map((members) => `{${members.map(([name, value]) => `${name} :${value}`).join(" ,")}}`),
  },
  { weight: 1, arbitrary: fc.array(jsonValue, { maxLength: 3 }).map((items) => `[${items.join(",")}]`) },
  { weight: 1, arbitrary: fc.tuple(jsonLineTail(), jsonValue).map(([tail, value]) => `${value}${tail}`) },
  { weight: 1, arbitrary: fc.constantFrom("", " \t", "\r", "\u00a0", "{}", "[]", "[1,2] x", '{"k":1,"v":2}}') },
);
const jsonText = fc.array(jsonLine, { maxLength: 6 }).map((lines) => lines.join("\n"));

function jsonLineTail(): fc.Arbitrary<string> {
  return fc.constantFrom("", " ", "x", ",", "]", "}");
}

function sameAsInt64(name: string, text: fc.Arbitrary<string>, formats: readonly TextFormat[]): void {
  test(`text: ${name} gives the pairs, rejects and counts of the int64 kernels`, (t) => {
    fc.assert(
      fc.property(text, fc.constantFrom(...formats), fc.integer({ min: 1, max: 80 }), (lines, format, windowBytes) => {
        const bytes = Buffer.from(lines);
        const expected = parse("int64", format, bytes, windowBytes, "reject");
        // Digits that stand side by side by chance.
        fc.pre(!expected.rejects.some(({ reason }) => reason.includes("does not fit")));
        t.deepEqual(parse("bigint", format, bytes, windowBytes, "reject"), expected);
      }),
      { numRuns: 400 },
    );
  });
}

sameAsInt64("any CSV", csvText, CSV_FORMATS);
sameAsInt64("any NDJSON", jsonText, JSON_FORMATS);

test("text: deep nesting needs no stack", (t) => {
  const depth = 200_000;
  const text = Buffer.from(`{"k":1,"v":2,"x":${"[".repeat(depth)}${"]".repeat(depth)}}\n`);
  t.is(parse("bigint", JSON_FORMATS[0], text, text.length, "fail").pairs, "1,2\n");
});

test("text: integers of any size are read exactly", (t) => {
  const integer = fc.oneof(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.bigInt({ min: 0n, max: 10n ** 3000n }));
  fc.assert(
    fc.property(integer, integer, fc.constantFrom("", "0", "000"), (key, value, zeros) => {
      const written = value < 0n ? `-${zeros}${-value}` : `+${zeros}${value}`;
      t.is(parse("bigint", DEFAULT_CSV, Buffer.from(`${key},${written}\n`), 100, "fail").pairs, `${key},${value}\n`);
      const line = Buffer.from(`[${key}, "${written}"]`);
      t.is(parse("bigint", JSON_FORMATS[0], line, 100, "fail").pairs, `${key},${value}\n`);
    }),
  );
});

const longest = `1,${"7".repeat(LINE_BYTES_MAX - 2)}`;

test("text: a line of the most bytes is read, one with a byte more is rejected, wherever it is cut", (t) => {
  const text = Buffer.from(`5,6\n${longest}${"7".repeat(700_000)}\n7,8\r\n${longest}\r\n${longest}7`);
  for (const windowBytes of [text.length, 300_000, LINE_BYTES_MAX + 1]) {
    const { pairs, rejects, statistics } = parse("bigint", DEFAULT_CSV, text, windowBytes, "reject");
    const expected = `5,6\n7,8\n`;
    t.is(pairs.slice(0, expected.length), expected);
    // A carriage return counts, as it does for the int64 kernels.
    t.deepEqual(
      rejects.map((reject) => [reject.kind === "record" && reject.line, reject.reason]),
      [1, 3, 4].map((line) => [line, `the line is longer than ${LINE_BYTES_MAX} bytes`]),
    );
    t.is(statistics.lines, 5);
  }
  t.is(parse("bigint", DEFAULT_CSV, Buffer.from(longest), 300_000, "fail").pairs, `${longest}\n`);
});

test("text: in fail mode the first bad line ends the task, and says which it is", (t) => {
  const fail = (text: string) => {
    const plan = makePlan(program([map(v)], { partitions: 1, integers: "bigint" }));
    const kernels = createBigintKernelSet(plan);
    const drive = { plan, openKernels: () => kernels, splits: [], format: DEFAULT_CSV, outputFormat: "csv" as const };
    return t.throws(() => runSplit(drive, Buffer.from(text)), { instanceOf: DataError });
  };
  t.like(fail("1,2\n\n3,x\n4\n"), {
    code: "BAD_RECORD",
    message: '"3,x": "x" is not an integer',
    detail: { kind: "record", line: 2, text: "3,x", reason: '"x" is not an integer' },
  });
  t.like(fail(`1,2\n${longest}7\n`), { code: "LINE_TOO_LONG", detail: { line: 1 } });
});

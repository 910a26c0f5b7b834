import test from "ava";
import fc from "fast-check";
import { DataError } from "../../../../programs/errors.ts";
import { LINE_BYTES_MAX } from "../../../../programs/limits.ts";
import { hardInteger, INT64_MAX, INT64_MIN } from "./hard-integers.ts";
import { testKernels } from "./memory-columns.ts";
import { everyCut, PLAIN_CSV, parseText } from "./parse-text.ts";

const kernels = testKernels();
const plain = (text: string) => parseText(kernels, PLAIN_CSV, [text]);

function chosen(keyColumn: number, valueColumn: number, delimiter = ",") {
  return {
    format: "csv",
    delimiter: delimiter.charCodeAt(0),
    keyColumn,
    valueColumn,
    exactlyTwoFields: false,
  } as const;
}

const goodLines: [string, string, bigint, bigint][] = [
  ["plain digits", "1,2\n", 1n, 2n],
  ["eight digits each", "12345678,87654321\n", 12345678n, 87654321n],
  ["nine digits", "123456789,1\n", 123456789n, 1n],
  ["signs", "-5,+7\n", -5n, 7n],
  ["negative zero", "-0,0\n", 0n, 0n],
  ["leading zeros", "007,-0000000000000000000000042\n", 7n, -42n],
  ["the limits of int64", "-9223372036854775808,9223372036854775807\n", INT64_MIN, INT64_MAX],
  ["blanks around fields", " \t1 ,\t2\t\n", 1n, 2n],
  ["quotes", '"1","-2"\n', 1n, -2n],
  ["blanks around and inside quotes", ' " 1\t" , "+2 " \n', 1n, 2n],
  ["CRLF", "1,2\r\n", 1n, 2n],
  ["blanks before CRLF", "1,2 \r\n", 1n, 2n],
  ["a last line without its end", "1,2", 1n, 2n],
  ["a last line that ends with CR alone", "1,2\r", 1n, 2n],
];

for (const [name, text, key, value] of goodLines) {
  test(`CSV: ${name} are read`, (t) => {
    const expected = { pairs: [[key, value]], rejects: [], lines: 1 };
    t.deepEqual(plain(text), expected as never);
    // Behind a long fast stretch and before one: the same.
    const among = plain(`${"3,4\n".repeat(50)}${text.endsWith("\n") ? text : `${text}\n`}${"5,6\n".repeat(50)}`);
    t.deepEqual(among.pairs[50], [key, value]);
    t.is(among.pairs.length, 101);
    t.is(among.lines, 101);
  });
}

const badLines: [string, string, string][] = [
  ["a point", "1,1.5", '"1.5" is not an integer'],
  ["an exponent", "1e3,1", '"1e3" is not an integer'],
  ["a hex digit", "0x1f,1", '"0x1f" is not an integer'],
  ["a word", "key,value", '"key" is not an integer'],
  ["a sign alone", "1,-", '"-" is not an integer'],
  ["two signs", "1,--2", '"--2" is not an integer'],
  ["a blank inside", "1 2,3", '"1 2" is not an integer'],
  ["a blank behind the sign", "- 2,3", '"- 2" is not an integer'],
  ["CR inside a line", "1\r2,3", '"1\\r2" is not an integer'],
  ["two CRs", "1,3\r\r", '"3\\r" is not an integer'],
  ["an empty key", ",1", "empty field"],
  ["an empty value", "1,", "empty field"],
  ["a blank value", "1, ", "empty field"],
  ["empty quotes", '1,""', "empty field"],
  ["blank quotes", '1," "', "empty field"],
  ["two pairs of quotes", '1,""2""', '""2"" is not an integer'],
  ["text behind quotes", '1,"2"3', '""2"3" is not an integer'],
  ["a quote never closed", '1,"2', "a quote is not closed"],
  ["a delimiter in quotes", '1,"2,3"', '"2,3" is not an integer'],
  ["one field", "12", "expected 2 fields, found 1"],
  ["three fields", "1,2,3", "expected 2 fields, found 3"],
  ["a delimiter behind", "1,2,", "expected 2 fields, found 3"],
  ["one too much", "9223372036854775808,1", "9223372036854775808 does not fit 64 bits"],
  ["one too little", "1,-9223372036854775809", "-9223372036854775809 does not fit 64 bits"],
  ["twenty digits", "1,+00099999999999999999999", "+00099999999999999999999 does not fit 64 bits"],
  ["2^64 + 1", "1,18446744073709551617", "18446744073709551617 does not fit 64 bits"],
  ["digits of another script", "1,٣", '"٣" is not an integer'],
];

for (const [name, line, reason] of badLines) {
  test(`CSV: ${name} is a bad record`, (t) => {
    const text = `${"1,2\n".repeat(40)}${line}\n${"3,4\n".repeat(40)}`;
    const shown = line.replaceAll("\r", "\\r");
    const { pairs, rejects, lines } = plain(text);
    t.deepEqual(rejects, [
      { kind: "record", line: 40, text: line.endsWith("\r") ? shown.slice(0, -2) : shown, reason },
    ]);
    t.is(pairs.length, 80);
    t.is(lines, 81);
    const error = t.throws(() => parseText(kernels, PLAIN_CSV, [text], "fail"), { instanceOf: DataError });
    t.is(error?.code, "BAD_RECORD");
    t.deepEqual(error?.detail, rejects[0]);
  });
}

test("CSV: empty text has no lines", (t) => {
  t.deepEqual(plain(""), { pairs: [], rejects: [], lines: 0 });
  t.deepEqual(parseText(kernels, PLAIN_CSV, []), { pairs: [], rejects: [], lines: 0 });
});

test("CSV: blank lines are skipped and counted", (t) => {
  t.deepEqual(plain("\n1,2\n\n \t\n\r\n3,4\n\n"), {
    pairs: [
      [1n, 2n],
      [3n, 4n],
    ],
    rejects: [],
    lines: 7,
  });
});

test("CSV: chosen columns may stand in any order among fields of any kind", (t) => {
  const { pairs, rejects } = parseText(kernels, chosen(3, 1), ['x,2,"a, ""b"" c",1\n,20,5" disk,10,more\n']);
  t.deepEqual(rejects, []);
  t.deepEqual(pairs, [
    [1n, 2n],
    [10n, 20n],
  ]);
});

test("CSV: one column may be key and value", (t) => {
  t.deepEqual(parseText(kernels, chosen(1, 1), ["a,7\n"]).pairs, [[7n, 7n]]);
});

test("CSV: value before key is the fast path swapped", (t) => {
  const { pairs } = parseText(kernels, chosen(1, 0), ["1,2\n3,4,5\n".repeat(30)]);
  t.is(pairs.length, 60);
  t.deepEqual(pairs.slice(0, 2), [
    [2n, 1n],
    [4n, 3n],
  ]);
});

test("CSV: a line with fewer fields than the chosen columns need is a bad record", (t) => {
  const { rejects } = parseText(kernels, chosen(0, 2), ["1,2\n"]);
  t.is(rejects[0].reason, "expected at least 3 fields, found 2");
  t.is(parseText(kernels, chosen(0, 0, ";"), ["\u00a0;1\n"]).rejects[0].reason, '"\u00a0" is not an integer');
});

test("CSV: other delimiters, a blank one too", (t) => {
  for (const delimiter of [";", "\t", "|", " "]) {
    const format = { ...PLAIN_CSV, delimiter: delimiter.charCodeAt(0) } as const;
    const { pairs } = parseText(kernels, format, [`1${delimiter}-2\n`.repeat(40), `"3"${delimiter}4`]);
    t.deepEqual(pairs[39], [1n, -2n]);
    t.deepEqual(pairs[40], [3n, 4n]);
  }
  const tabs = parseText(kernels, { ...PLAIN_CSV, delimiter: 9 }, ["1\t\t2\n\t\n"]);
  t.deepEqual(
    tabs.rejects.map(({ reason }) => reason),
    ["expected 2 fields, found 3", "empty field"],
  );
});

test("CSV: every cut of a text with everything in it gives the same", (t) => {
  const text = '1,2\r\n\n "-3" ,4\nbad\n5,é\n12345678,12345678\n9223372036854775808,1\n1,2,3\r\n7,8';
  const whole = plain(text);
  t.is(whole.pairs.length, 4);
  t.is(whole.rejects.length, 4);
  for (const pieces of everyCut(text)) t.deepEqual(parseText(kernels, PLAIN_CSV, pieces), whole);
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => Uint8Array.of(byte));
  t.deepEqual(parseText(kernels, PLAIN_CSV, bytes), whole);
});

test("CSV: any pairs in any spelling are read back, wherever the text is cut", (t) => {
  const field = fc.tuple(hardInteger, fc.constantFrom("", "", "+", "0"), fc.constantFrom("", "", '"', " ", ' " '));
  const spell = ([integer, sign, around]: [bigint, string, string]) => {
    const digits = integer < 0n || (sign === "0" && integer < 0n) ? String(integer) : `${sign}${integer}`;
    return `${around}${digits}${[...around].reverse().join("")}`;
  };
  const line = fc.tuple(field, field, fc.constantFrom("\n", "\n", "\r\n", "\n\n"));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), fc.nat(), fc.nat(), (lines, first, second) => {
      const bytes = new TextEncoder().encode(lines.map(([k, v, end]) => `${spell(k)},${spell(v)}${end}`).join(""));
      const cuts = [first % (bytes.length + 1), second % (bytes.length + 1)].sort((a, b) => a - b);
      const pieces = [bytes.subarray(0, cuts[0]), bytes.subarray(cuts[0], cuts[1]), bytes.subarray(cuts[1])];
      const { pairs, rejects } = parseText(kernels, PLAIN_CSV, pieces);
      t.deepEqual(rejects, []);
      t.deepEqual(
        pairs,
        lines.map(([[key], [value]]) => [key, value]),
      );
    }),
    { numRuns: 300 },
  );
});

test("CSV: more pairs than a batch holds come in several", (t) => {
  const count = 40_000;
  const text = Array.from({ length: count }, (_, row) => `${row},${row % 3 === 0 ? -row : row * 1_000_000}\n`).join("");
  const { pairs, lines } = plain(text);
  t.is(lines, count);
  t.true(
    pairs.every(([key, value], row) => key === BigInt(row) && value === BigInt(row % 3 === 0 ? -row : row * 1_000_000)),
  );
  t.is(pairs.length, count);
});

test("CSV: the longest line is read, one byte more is not", (t) => {
  const longest = `1,${"0".repeat(LINE_BYTES_MAX - 3)}2`;
  t.deepEqual(plain(`${longest}\n3,4`).pairs, [
    [1n, 2n],
    [3n, 4n],
  ]);
  t.throws(() => parseText(kernels, PLAIN_CSV, [`${longest}2\n`], "fail"), { code: "LINE_TOO_LONG" });
});

test("CSV: a line that is too long is rejected once and skipped to its end, however it is cut", (t) => {
  const long = "7".repeat(LINE_BYTES_MAX);
  const tail = `${long}\n5,6\n`;
  const expected = {
    pairs: [
      [1n, 2n],
      [5n, 6n],
    ],
    rejects: [{ kind: "record", line: 1, text: "7".repeat(80), reason: "the line is longer than 1048576 bytes" }],
    lines: 3,
  };
  for (const pieces of [
    [`1,2\n${long}${tail}`],
    ["1,2\n", long, long, long, tail],
    [`1,2\n${long}`, "7", "77\n5,6"],
    [`1,2\n${long}7`, "\n", "5,6"],
  ]) {
    t.deepEqual(parseText(kernels, PLAIN_CSV, pieces), expected as never);
  }
});

test("CSV: a binary file is one short reject a line", (t) => {
  const bytes = Uint8Array.from({ length: 2000 }, (_, index) => (index % 250 === 10 ? 11 : index % 250));
  const { pairs, rejects } = parseText(kernels, PLAIN_CSV, [bytes]);
  t.is(pairs.length, 0);
  t.is(rejects.length, 1);
  t.true(rejects[0].text.length <= 80);
  t.notRegex(rejects[0].text, /\p{Cc}/u);
});

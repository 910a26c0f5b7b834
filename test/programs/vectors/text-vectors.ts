/**
 * How input text is read and how output text is written.
 */
import { failure, MAX, MIN, output, type Vector, vector } from "./vector.ts";

const IDENTITY = [{ operator: "map", function: "IDENTITY" }];
const REJECTING = { onError: "reject", operations: IDENTITY };

/** Lines that are fine, and the pairs they are. */
const GOOD: readonly (readonly [what: string, text: string, expected: string])[] = [
  ["lines that end in LF", "1,2\n3,4\n", "1,2\n3,4\n"],
  ["lines that end in CRLF", "1,2\r\n3,4\r\n", "1,2\n3,4\n"],
  ["LF and CRLF mixed", "1,2\r\n3,4\n5,6\r\n", "1,2\n3,4\n5,6\n"],
  ["a last line without a line end", "1,2\n3,4", "1,2\n3,4\n"],
  ["one line without a line end", "1,2", "1,2\n"],
  ["no text at all", "", ""],
  ["nothing but line ends", "\n\r\n\n", ""],
  ["blank lines between, before and after", "\n1,2\n\n\r\n3,4\n\n", "1,2\n3,4\n"],
  ["lines of blanks alone", "1,2\n  \t \n3,4\n", "1,2\n3,4\n"],
  ["a byte order mark", "\uFEFF1,2\n3,4\n", "1,2\n3,4\n"],
  ["nothing but a byte order mark", "\uFEFF", ""],
  ["signs", "-1,+2\n+3,-4\n", "-1,2\n3,-4\n"],
  ["signed zeros", "-0,+0\n", "0,0\n"],
  ["leading zeros", "007,-0004\n", "7,-4\n"],
  ["very many leading zeros", `1,${"0".repeat(300)}5\n`, "1,5\n"],
  ["blanks around fields", " 1 ,\t2\t\n  3,4  \r\n", "1,2\n3,4\n"],
  ["quoted fields", '"1","2"\n"3",4\n5,"-6"\n', "1,2\n3,4\n5,-6\n"],
  ["blanks around and inside quotes", ' "1" ,\t"2"\n" 3 ","\t4"\n', "1,2\n3,4\n"],
  ["quoted signs", '"+1","-2"\n', "1,-2\n"],
  ["the limits of int64", `${MIN},${MAX}\n${MAX},${MIN}\n`, `${MIN},${MAX}\n${MAX},${MIN}\n`],
  ["integers that no double holds", "9007199254740993,-9007199254740993\n", "9007199254740993,-9007199254740993\n"],
];

/** Lines that are no pairs, between two that are. */
const BAD: readonly string[] = [
  ...["1", "1,", ",1", ",", "1,2,3", "1,2,", "a,1", "1,b", "1;2", "1 2"],
  ...["1.0,2", "1,2.", "1,.5", "1e3,2", "0x1F,2", "1,1_000", "1,2n", "1,NaN", "Infinity,1"],
  ...["1,-", "+,1", "1,--2", "1,+-2", "1,- 2", "1,1 2", "1,2-", "\u0661,1", "1,\u22122", "1,\u00A02"],
  ...['1,""', '1,"2', '"1,2', '1,2"', '1,"2"3', '1,"2""3"', '1,""2""', "1,'2'", '1,"-"', '1," "'],
  ...["9223372036854775808,1", "1,-9223372036854775809", `1,${"9".repeat(400)}`, "99999999999999999999,x"],
  ...["1,2\r3,4", "1,\r2", "1,2\u0000", "key,value", "1,2 # comment", "1,\u00002"],
];

interface CsvCase {
  readonly what: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly expected: string;
  /** Lines that are rejected. */
  readonly bad?: readonly number[];
}

const COLUMNS: readonly CsvCase[] = [
  { what: "a header that is skipped", input: { header: true }, text: "key,value\n1,2\n", expected: "1,2\n" },
  { what: "a header of numbers that is skipped", input: { header: true }, text: "1,2\n3,4\n", expected: "3,4\n" },
  { what: "a header and nothing else", input: { header: true }, text: "key,value", expected: "" },
  {
    what: "a header behind a byte order mark",
    input: { header: true, key: "a" },
    text: "\uFEFFa,b\n1,2\n",
    expected: "1,2\n",
  },
  { what: "columns by name", input: { header: true, key: "b", value: "a" }, text: "a,b\n1,2\n", expected: "2,1\n" },
  {
    what: "columns by name among others",
    input: { header: true, key: "id", value: "n" },
    text: "x,id,y,n\nq,1,,2\r\nq,3,r,4,more\n",
    expected: "1,2\n3,4\n",
  },
  {
    what: "names in quotes and blanks",
    input: { header: true, key: "b b", value: "a" },
    text: ' "a" , "b b"\r\n1,2\n',
    expected: "2,1\n",
  },
  {
    what: "names with other cases as other names",
    input: { header: true, key: "Id", value: "id" },
    text: "id,Id\n1,2\n",
    expected: "2,1\n",
  },
  { what: "columns by number", input: { key: 2, value: 0 }, text: "1,x,2\n3,y,4,z\n", expected: "2,1\n4,3\n" },
  {
    what: "columns by number below a header",
    input: { header: true, key: 1, value: 0 },
    text: "a,b\n1,2\n",
    expected: "2,1\n",
  },
  { what: "one chosen column", input: { key: 1 }, text: "1,2\n3,4,5\n", expected: "2,2\n4,4\n" },
  { what: "the same column twice", input: { key: 0, value: 0 }, text: "1\n2,x\n", expected: "1,1\n2,2\n" },
  {
    what: "too few columns",
    input: { key: 0, value: 2 },
    text: "1,2\n1,2,3\n1,2,3,4\n",
    expected: "1,3\n1,3\n",
    bad: [1],
  },
  {
    what: "other columns of any content",
    input: { key: 1, value: 2 },
    text: 'a b,1,2\n,3,4\n1.5,5,6\n"q",7,8\n',
    expected: "1,2\n3,4\n5,6\n7,8\n",
  },
  {
    what: "delimiters inside quotes",
    input: { key: 1, value: 2 },
    text: '"Doe, Jane",1,2\n"a ""b"", c",3,4\n',
    expected: "1,2\n3,4\n",
  },
  {
    what: "a quote that is not closed",
    input: { key: 1, value: 2 },
    text: '"Doe,1,2\nx,3,4\n',
    expected: "3,4\n",
    bad: [1],
  },
  { what: "a quote inside an unquoted field", input: { key: 1, value: 2 }, text: '5" pipe,1,2\n', expected: "1,2\n" },
  { what: "the delimiter ;", input: { delimiter: ";" }, text: "1;2\n 3 ; 4 \n5,6\n", expected: "1,2\n3,4\n", bad: [3] },
  {
    what: "the delimiter |",
    input: { delimiter: "|", header: true, key: "b", value: "a" },
    text: "a|b\n1|2\n",
    expected: "2,1\n",
  },
  {
    what: "a tab as the delimiter",
    input: { delimiter: "\t" },
    text: "1\t2\n 3 \t 4 \n\t\n\n5\t\t6\n",
    expected: "1,2\n3,4\n",
    bad: [3, 5],
  },
  {
    what: "a blank as the delimiter",
    input: { delimiter: " " },
    text: '1 2\n\t3\t -4\n"5" "6"\n7  8\n9\n\n10 11',
    expected: "1,2\n3,-4\n5,6\n10,11\n",
    bad: [4, 5],
  },
  {
    what: "a blank as the delimiter of a header",
    input: { delimiter: " ", header: true, key: "b c", value: "a" },
    text: 'a "b c"\n1 2\n',
    expected: "2,1\n",
  },
  {
    what: "line numbers that count the header and blank lines",
    input: { header: true },
    text: "a,b\n\nx,1\r\n1,1\n\ny",
    expected: "1,1\n",
    bad: [3, 6],
  },
];

/** NDJSON lines that are pairs. */
const JSON_GOOD: readonly (readonly [what: string, text: string, expected: string])[] = [
  ["objects", '{"k":1,"v":2}\n{"v":4,"k":3}\n', "1,2\n3,4\n"],
  ["arrays of two", "[1,2]\n[3,4]", "1,2\n3,4\n"],
  ["white space and CRLF", ' { "k" : 1 ,\t"v" : 2 } \r\n[ 3 , 4 ]\r\n', "1,2\n3,4\n"],
  ["blank lines", '\n  \n{"k":1,"v":2}\n\r\n', "1,2\n"],
  ["a byte order mark", "\uFEFF[1,2]\n", "1,2\n"],
  ["no text at all", "", ""],
  [
    "members that nobody asked for",
    '{"a":"x,\\"k\\":9","k":1,"b":{"k":5,"v":[{"v":6}]},"v":2,"c":1.5e9,"d":null}\n',
    "1,2\n",
  ],
  ["strings of digits", '{"k":"1","v":"-2"}\n["+3","004"]\n', "1,-2\n3,4\n"],
  ["integers that no double holds", "[9007199254740993,-9007199254740993]\n", "9007199254740993,-9007199254740993\n"],
  ["the limits of int64", `[${MIN},${MAX}]\n["${MAX}","${MIN}"]\n`, `${MIN},${MAX}\n${MAX},${MIN}\n`],
  ["a negative zero", "[-0,0]\n", "0,0\n"],
  ["a member that occurs twice, of which the last counts", '{"k":1,"v":2,"k":3}\n', "3,2\n"],
  ["escaped names and digits", '{"\\u006b":"\\u0031","v":2}\n', "1,2\n"],
  ["a member named __proto__", '{"__proto__":{"k":7},"k":1,"v":2}\n', "1,2\n"],
];

const JSON_BAD: readonly string[] = [
  ...["1", '"1,2"', "null", "true", "[]", "[1]", "[1,2,3]", "{}", '{"k":1}', '{"v":1}', '{"K":1,"v":2}', "[[1,2]]"],
  ...["[1.0,2]", "[1e2,2]", "[1,2E0]", "[1,null]", "[true,2]", "[1,[2]]", '[1,{"v":2}]', '[1,""]', '["1.5",2]'],
  ...['["0x1",2]', '[" 1",2]', '["1 ",2]', '["+-1",2]', '["-",2]', '["#1",2]', '["$1",2]', '["one",2]'],
  ...["[9223372036854775808,1]", '["-9223372036854775809",1]'],
  ...[
    "[01,2]",
    "[+1,2]",
    "[1,2",
    "1,2",
    "[1,2],",
    "[1,2] x",
    "[1,2][3,4]",
    "{k:1,v:2}",
    "{'k':1,'v':2}",
    "[1,,2]",
    "[1,2,]",
  ],
  ...['{"k":1,"v":2,}', "[NaN,1]", "[-,1]", "[.5,1]", '{"k" 1,"v":2}', '["\\x",2]', '["\\u12",2]', '["a\tb",2]', "nul"],
];

function badVector(title: string, file: string, good: readonly [string, string], bad: string): Vector {
  const files = { [file]: `${good[0]}\n${bad}\n${good[1]}\n` };
  const expected = output("1,2\n3,4\n", { file, line: 2 });
  return { title, program: { partitions: 3, input: file, ...REJECTING }, files, expected };
}

export const TEXT_VECTORS: readonly Vector[] = [
  ...GOOD.map(([what, text, expected]) => vector(`CSV: ${what}`, { operations: IDENTITY }, text, output(expected))),
  ...BAD.map((line) => badVector(`CSV: ${JSON.stringify(line)} is no pair`, "input.csv", ["1,2", "3,4"], line)),
  ...COLUMNS.map(({ what, input, text, expected, bad = [] }) =>
    vector(
      `CSV: ${what}`,
      { ...REJECTING, input: { path: "input.csv", ...input } },
      text,
      output(expected, ...bad.map((line) => ({ file: "input.csv", line }))),
    ),
  ),
  ...JSON_GOOD.map(([what, text, expected]) => ({
    title: `NDJSON: ${what}`,
    program: { partitions: 3, input: "input.ndjson", operations: IDENTITY },
    files: { "input.ndjson": text },
    expected: output(expected),
  })),
  ...JSON_BAD.map((line) =>
    badVector(`NDJSON: ${JSON.stringify(line)} is no pair`, "input.ndjson", ["[1,2]", '{"k":3,"v":4}'], line),
  ),
  {
    title: "NDJSON: members by name",
    program: { partitions: 2, input: { path: "a.jsonl", key: "user id", value: "n" }, operations: IDENTITY },
    files: { "a.jsonl": '{"user id":1,"k":9,"n":2}\n[3,4]\n' },
    expected: output("1,2\n3,4\n"),
  },
  {
    title: "NDJSON: the same member twice, an empty name and a name with a quote",
    program: { partitions: 2, input: { path: "a.jsonl", key: 'a"b', value: "" }, operations: IDENTITY },
    files: { "a.jsonl": '{"":2,"a\\"b":1}\n' },
    expected: output("1,2\n"),
  },
  {
    title: "format: a named one comes before the extension",
    program: { partitions: 2, input: { path: ["a.csv", "b.txt"], format: "ndjson" }, operations: IDENTITY },
    files: { "a.csv": "[1,2]\n", "b.txt": "[3,4]\n" },
    expected: output("1,2\n3,4\n"),
  },
  {
    title: "format: by the extension of each file",
    program: { partitions: 2, input: ["a.csv", "b.ndjson", "c.jsonl", "d.txt", "e"], operations: IDENTITY },
    files: { "a.csv": "1,1\n", "b.ndjson": "[2,2]\n", "c.jsonl": "[3,3]", "d.txt": "4,4", e: "5,5\n" },
    expected: output("1,1\n2,2\n3,3\n4,4\n5,5\n"),
  },
  {
    title: "files: each has its own header, byte order mark and last line",
    program: {
      ...{ partitions: 2, onError: "reject", operations: IDENTITY },
      input: { path: ["a.csv", "b.csv"], header: true, key: "k", value: "v" },
    },
    files: { "a.csv": "\uFEFFk,v\n1,2\nx,2", "b.csv": "v,k\r\n4,3\r\n\r\nx,2\r\n" },
    expected: output("1,2\n3,4\n", { file: "a.csv", line: 3 }, { file: "b.csv", line: 4 }),
  },
  {
    title: "files: a glob stands for what it matches",
    program: { partitions: 2, input: "part-*.csv", operations: IDENTITY },
    files: { "part-2.csv": "3,4\n", "part-1.csv": "1,2\n", "other.csv": "5,6\n" },
    expected: output("1,2\n3,4\n"),
  },
  vector(
    "bigint: integers of any size are read",
    { integers: "bigint", operations: IDENTITY },
    `9223372036854775808,-${"9".repeat(400)}\n-1,+${"0".repeat(50)}1\n`,
    output(`-1,1\n9223372036854775808,-${"9".repeat(400)}\n`),
  ),
  {
    title: "bigint: NDJSON integers of any size are read",
    program: { partitions: 2, integers: "bigint", input: "a.ndjson", operations: IDENTITY },
    files: { "a.ndjson": `[9223372036854775808,"-${"9".repeat(400)}"]\n` },
    expected: output(`9223372036854775808,-${"9".repeat(400)}\n`),
  },
  vector(
    "rejects: offending text is shown",
    REJECTING,
    "one,two\n1,2\n",
    output("1,2\n", { file: "input.csv", line: 1, text: "one,two" }),
  ),
  vector(
    "rejects: offending text is cut at 80 characters",
    REJECTING,
    `${"x".repeat(81)}\n${"y".repeat(80)}\n`,
    output(
      "",
      { file: "input.csv", line: 1, text: "x".repeat(80) },
      { file: "input.csv", line: 2, text: "y".repeat(80) },
    ),
  ),
  vector(
    "errors: a bad record fails the job",
    { operations: IDENTITY },
    "1,2\nx,2\n",
    failure({ file: "input.csv", line: 2, text: "x,2" }),
  ),
  vector(
    "output: sorted by key and then by value, as numbers, equal pairs as often as they occur",
    { operations: IDENTITY },
    `10,1\n9,1\n-10,1\n-9,1\n9,-1\n9,10\n9,9\n9,1\n${MAX},0\n${MIN},0\n0,0\n`,
    output(`${MIN},0\n-10,1\n-9,1\n0,0\n9,-1\n9,1\n9,1\n9,9\n9,10\n10,1\n${MAX},0\n`),
  ),
  vector(
    "output: NDJSON",
    { output: { format: "ndjson" }, operations: IDENTITY },
    `2,-1\n${MIN},9007199254740993\n`,
    output(`{"k":${MIN},"v":9007199254740993}\n{"k":2,"v":-1}\n`),
  ),
  vector(
    "output: order none has the same pairs",
    { output: { order: "none" }, operations: IDENTITY },
    "2,1\n1,1\n2,1\n1,-1\n",
    output("1,-1\n1,1\n2,1\n2,1\n"),
  ),
  vector(
    "output: nothing is an empty file",
    { operations: [{ operator: "filter", expression: "0" }] },
    "1,2\n",
    output(""),
  ),
];

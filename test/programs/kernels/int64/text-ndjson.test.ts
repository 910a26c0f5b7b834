import test from "ava";
import fc from "fast-check";
import { LINE_BYTES_MAX } from "../../../../programs/limits.ts";
import { hardInteger } from "./hard-integers.ts";
import { testKernels } from "./memory-columns.ts";
import { everyCut, PLAIN_NDJSON, parseText } from "./parse-text.ts";

const kernels = testKernels();
const plain = (text: string) => parseText(kernels, PLAIN_NDJSON, [text]);

const goodLines: [string, string, bigint, bigint][] = [
  ["an object", '{"k":1,"v":-2}', 1n, -2n],
  ["members in the other order", '{"v":2,"k":1}', 1n, 2n],
  ["an array of two", "[1,-2]", 1n, -2n],
  ["whitespace everywhere", ' \t{ "k" :\t1 , "v" : 2 } \r', 1n, 2n],
  ["digits beyond 2^53", '{"k":9007199254740993,"v":-9223372036854775808}', 9007199254740993n, -(2n ** 63n)],
  ["strings of digits", '["1","-2"]', 1n, -2n],
  ["a string with a plus sign and zeros", '["+1","007"]', 1n, 7n],
  ["a string of escaped digits", '["\\u0031",2]', 1n, 2n],
  ["negative zero", "[-0,0]", 0n, 0n],
  ["the last of duplicates", '{"k":"no","v":2,"k":3}', 3n, 2n],
  [
    "other members of any kind",
    '{"a":{"k":9,"b":[{},[],"}\\""]},"k":1,"x":1.5e-3,"y":[true,false,null],"v":2}',
    1n,
    2n,
  ],
  ["escaped member names", '{"\\u006b":1,"\\u0076":2}', 1n, 2n],
];

for (const [name, line, key, value] of goodLines) {
  test(`NDJSON: ${name} are read`, (t) => {
    const expected = { pairs: [[key, value]], rejects: [], lines: 1 };
    t.deepEqual(plain(line), expected as never);
    t.deepEqual(plain(`${line}\n`), expected as never);
    t.deepEqual(plain(`${line}\r\n`), expected as never);
    t.deepEqual(plain(`${'{"k": -7, "v": 8}\n'.repeat(20)}${line}\n${"[3,4]\n".repeat(20)}`).pairs[20], [key, value]);
  });
}

test("NDJSON: of a member that is key and value, and stands in a line twice, the last counts wherever the line is", (t) => {
  const format = { ...PLAIN_NDJSON, keyMember: "a", valueMember: "a" } as const;
  const { pairs, rejects } = parseText(kernels, format, ['{"a":5,"a":6}\n'.repeat(30)]);
  t.deepEqual(rejects, []);
  t.deepEqual(pairs, Array.from({ length: 30 }, () => [6n, 6n]) as never);
});

const badLines: [string, string][] = [
  ['{"k":1.0,"v":2}', '"1.0" is not an integer'],
  ['{"k":1e3,"v":2}', '"1e3" is not an integer'],
  ['{"k":"","v":2}', '"" is not an integer'],
  ['{"k":" 1","v":2}', '" 1" is not an integer'],
  ['{"k":null,"v":2}', '"null" is not an integer'],
  ['{"k":[1],"v":2}', '"[1]" is not an integer'],
  ['{"k":9223372036854775808,"v":2}', "9223372036854775808 does not fit 64 bits"],
  ['{"k":1}', 'no member "v"'],
  ['{"K":1,"v":2}', 'no member "k"'],
  ["{}", 'no member "k"'],
  ["[1]", "expected 2 elements, found 1"],
  ["[]", "expected 2 elements, found 0"],
  ["[1,2,3]", "expected 2 elements, found 3"],
  ["1", "neither an object nor an array"],
  ['"1,2"', "neither an object nor an array"],
  ["1,2", "not valid JSON"],
  ["01", "not valid JSON"],
  ["[01,2]", "not valid JSON"],
  ['{"k":1,"v":-00}', "not valid JSON"],
  ["[+1,2]", "not valid JSON"],
  ["[1,2]]", "not valid JSON"],
  ["[1,2}", "not valid JSON"],
  ["[1, 2,]", "not valid JSON"],
  ['{"k":1,"v":2} {}', "not valid JSON"],
  ['{"k" 1,"v":2}', "not valid JSON"],
  ["[9223372036854775808,2]", "9223372036854775808 does not fit 64 bits"],
  ["[1,-9223372036854775809]", "-9223372036854775809 does not fit 64 bits"],
  ["[1,18446744073709551617]", "18446744073709551617 does not fit 64 bits"],
];

for (const [line, reason] of badLines) {
  test(`NDJSON: ${line} is a bad record`, (t) => {
    // Among lines of the fast path.
    const { pairs, rejects, lines } = plain(`${"[1,2]\n".repeat(40)}${line}\n${'{"k":1,"v":2}\n'.repeat(40)}`);
    t.deepEqual(rejects, [{ kind: "record", line: 40, text: line, reason }]);
    t.is(pairs.length, 80);
    t.is(lines, 81);
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON, broken at one place more often than not. */
const almostJson = fc
  .tuple(
    fc.json({ depthSize: "medium" }),
    fc.nat(),
    fc.constantFrom("", "", "{", "]", ",", '"', "\\", "0", "-", ".", "u"),
  )
  .map(([json, at, piece]) => {
    const text = json.replaceAll("\n", " ");
    const place = at % (text.length + 1);
    return text.slice(0, place) + piece + text.slice(place + (at % 2));
  });

test("NDJSON: a line is JSON exactly if JSON.parse says so", (t) => {
  fc.assert(
    fc.property(almostJson, (line) => {
      const reasons = plain(`{"k":1,"v":2,"x":${line}}`).rejects.map(({ reason }) => reason);
      const expected = isJson(`{"k":1,"v":2,"x":${line}}`);
      if (reasons.length > 0 && reasons[0] !== "not valid JSON") return;
      t.is(reasons.length === 0, expected, line);
      const array = plain(`[${line},1]`).rejects.map(({ reason }) => reason);
      t.is(array[0] !== "not valid JSON", isJson(`[${line},1]`), line);
    }),
    { numRuns: 1000 },
  );
});

test("NDJSON: any pairs in any member order are read back, wherever the text is cut", (t) => {
  const other = fc.json({ depthSize: "small" }).map((json) => json.replaceAll("\n", " "));
  const line = fc.tuple(hardInteger, hardInteger, fc.nat({ max: 3 }), other);
  const spell = ([key, value, kind, json]: [bigint, bigint, number, string]) =>
    [
      `{"k":${key},"v":${value}}`,
      `["${key}",${value}]`,
      `{"other":${json},"v":${value},"\\u006b":"${key}"}`,
      ` { "v" : ${value} , "k" : ${key}, "kk":${json} }`,
    ][kind];
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.nat(), (lines, at) => {
      const bytes = new TextEncoder().encode(lines.map((parts) => `${spell(parts)}\n`).join(""));
      const cut = at % (bytes.length + 1);
      const { pairs, rejects } = parseText(kernels, PLAIN_NDJSON, [bytes.subarray(0, cut), bytes.subarray(cut)]);
      t.deepEqual(rejects, []);
      t.deepEqual(
        pairs,
        lines.map(([key, value]) => [key, value]),
      );
    }),
    { numRuns: 300 },
  );
});

test("NDJSON: member names of any characters are compared unescaped", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), fc.boolean(), (key, value, ascii) => {
      fc.pre(key !== value);
      const spell = (name: string) =>
        ascii
          ? `"${[...name]
              .flatMap((c) => c.split(""))
              .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
              .join("")}"`
          : JSON.stringify(name);
      const format = { format: "ndjson", keyMember: key, valueMember: value } as const;
      const { pairs } = parseText(kernels, format, [`{${spell(value)}:2,${spell(key)}:1}`]);
      t.deepEqual(pairs, [[1n, 2n]]);
    }),
  );
});

test("NDJSON: names longer than a word, and names that JSON escapes, on the fast path too", (t) => {
  for (const [key, value] of [
    ["customer number", "amount"],
    ['a"b', "\\"],
    ["", "é"],
    ["sixsix", "seven77"],
  ]) {
    const format = { format: "ndjson", keyMember: key, valueMember: value } as const;
    const good = `{${JSON.stringify(key)}:5,${JSON.stringify(value)}:-6}\n`;
    const { pairs, rejects } = parseText(kernels, format, [`${good.repeat(30)}{"${key}x":1}\n${good.repeat(30)}`]);
    t.is(pairs.length, 60);
    t.is(rejects.length, 1);
    t.deepEqual(pairs[0], [5n, -6n]);
  }
});

test("NDJSON: one member may be key and value", (t) => {
  t.deepEqual(parseText(kernels, { format: "ndjson", keyMember: "n", valueMember: "n" }, ['{"n":4}']).pairs, [
    [4n, 4n],
  ]);
});

test("NDJSON: every cut gives the same", (t) => {
  const text = '{"k":1,"v":2}\r\n\n[3,4]\n{"k":"\\u0035","é":"\\n","v":6}\nno\n[7,8.5]\n[9,10]';
  const whole = plain(text);
  t.is(whole.pairs.length, 4);
  t.is(whole.rejects.length, 2);
  for (const pieces of everyCut(text)) t.deepEqual(parseText(kernels, PLAIN_NDJSON, pieces), whole);
});

test("NDJSON: nesting as deep as a line can be is judged without a stack", (t) => {
  const depth = (LINE_BYTES_MAX - 20) / 2;
  const good = `{"x":${"[".repeat(depth)}${"]".repeat(depth)},"k":1`;
  t.is(plain(`${good}}`).rejects[0].reason, 'no member "v"');
  t.is(plain(`${good}]`).rejects[0].reason, "not valid JSON");
});

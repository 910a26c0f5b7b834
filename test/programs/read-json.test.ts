/**
 * `readJson` against `JSON.parse`: the same texts, the same values, but for numbers that a double would change.
 */
import test from "ava";
import fc from "fast-check";
import { InexactNumber, JsonSyntaxError, type JsonValue, readJson } from "../../programs/read-json.ts";

/** As `JSON.parse` would give it. */
function asParsed(value: JsonValue): unknown {
  if (value instanceof InexactNumber) return Number(value.source);
  if (Array.isArray(value)) return value.map(asParsed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asParsed(member)]));
}

function attempt(read: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function withoutNegativeZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, member: unknown) => (member === 0 ? 0 : member)) as unknown;
}

function agrees(t: { deepEqual(actual: unknown, expected: unknown, message?: string): unknown }, text: string): void {
  const expected = attempt(() => withoutNegativeZero(JSON.parse(text)));
  const actual = attempt(() => withoutNegativeZero(asParsed(readJson(text).value)));
  t.deepEqual(actual, expected, JSON.stringify(text));
}

test("right JSON gives what JSON.parse gives", (t) => {
  fc.assert(
    fc.property(fc.json({ depthSize: "large" }), fc.nat(4), (text, indent) => {
      agrees(t, text);
      agrees(t, JSON.stringify(JSON.parse(text), null, indent));
    }),
  );
});

test("broken JSON is refused where JSON.parse refuses it", (t) => {
  const broken = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.string({ maxLength: 2, unit: fc.constantFrom(...'{}[],:"\\/0123.eE+-untrfalse \n\u0001') }),
    )
    .map(([text, seed, inserted]) => {
      const at = seed % (text.length + 1);
      return text.slice(0, at) + inserted + text.slice(at + (seed % 3));
    });
  fc.assert(
    fc.property(broken, (text) => agrees(t, text)),
    { numRuns: 3000 },
  );
  const tokens = fc.array(fc.constantFrom(...'{}[],:"\\ -01.eE+', '"a"', "true", "null", '"\\u00e9"', '"\\x"', "1e5"));
  fc.assert(
    fc.property(tokens, (parts) => agrees(t, parts.join(""))),
    { numRuns: 3000 },
  );
});

test("numbers that are no safe integers keep their digits, and integers written with point or exponent are integers", (t) => {
  const exact: [string, number][] = [
    ["0", 0],
    ["-0", 0],
    ["-0.0e7", 0],
    ["1.0", 1],
    ["12.50e1", 125],
    ["1E+3", 1000],
    ["5000e-3", 5],
    ["9007199254740991", 9007199254740991],
  ];
  for (const [text, value] of exact) t.is(readJson(text).value, value, text);
  for (const text of [
    "9007199254740992",
    "9007199254740990.6",
    "0.5",
    "1e-400",
    "1e400",
    "-1.05e1",
    `1.${"0".repeat(500)}`,
  ]) {
    t.deepEqual(readJson(text).value, new InexactNumber(text), text);
  }
});

test("an error names its line and column", (t) => {
  const cases: [string, number, number, string][] = [
    ["", 1, 1, "expected a value, but the text ends"],
    ["[1,\n  2,\r\n]", 3, 1, 'expected a value, but found "]"'],
    ['{"a" 1}', 1, 6, 'expected ":" after the key, but found "1"'],
    ['{"a": 1 "b"}', 1, 9, 'expected "," or "}", but found "\\""'.replace('\\"', '"')],
    ['["\\q"]', 1, 3, 'expected an escape sequence of JSON, but found "\\"'],
    ['"a\nb"', 1, 3, 'expected no unescaped control character in a string, but found "\\n"'],
    ["01", 1, 2, 'expected no digit after a leading 0, but found "1"'],
    ["1 2", 1, 3, 'expected the end of the text, but found "2"'],
    ["😀", 1, 1, 'expected a value, but found "😀"'],
  ];
  for (const [text, line, column, message] of cases) {
    const error = t.throws(() => readJson(text), { instanceOf: JsonSyntaxError }, text);
    t.deepEqual([error.line, error.column, error.message], [line, column, message]);
  }
});

test("a key that is given twice is told with its path, and the last one counts", (t) => {
  const { value, repeatedKeys } = readJson('{"a": [{"b": 1, "b": 2}], "__proto__": 1, "__proto__": 2}');
  t.deepEqual(repeatedKeys, [["a", 0, "b"], ["__proto__"]]);
  t.is(JSON.stringify(value), '{"a":[{"b":2}],"__proto__":2}');
  t.is(Object.getPrototypeOf(value), Object.prototype);
});

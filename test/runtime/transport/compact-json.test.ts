/**
 * The short form of plain data: it says the same, it is short where much is alike, and nonsense is refused by name.
 */
import test from "ava";
import fc from "fast-check";
import { RuntimeError } from "../../../runtime/errors.ts";
import { fromCompactJson, toCompactJson } from "../../../runtime/transport/compact-json.ts";

function again(value: unknown): unknown {
  return fromCompactJson(toCompactJson(value));
}

const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
);
/** Of few names, so that lists become tables; some of them with a meaning elsewhere. */
const name = fc.constantFrom("a", "b", "at", "__proto__", "constructor", "$integer", "");

const { data } = fc.letrec((tie) => ({
  data: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("data"), { maxLength: 6 }),
    fc.array(fc.constantFrom("one", "two", "three"), { maxLength: 20 }),
    fc.array(fc.dictionary(name, tie("data"), { maxKeys: 4 }), { maxLength: 6 }),
    fc.array(fc.record({ at: tie("data"), byteLength: fc.nat() }, { requiredKeys: ["byteLength"] }), { maxLength: 6 }),
    fc.array(fc.array(tie("data"), { maxLength: 3 }), { maxLength: 5 }),
    fc.dictionary(name, tie("data"), { maxKeys: 4 }),
  ),
}));

test("compact JSON: whatever is plain comes back as it was", (t) => {
  fc.assert(
    fc.property(data, (value) => {
      t.deepEqual(again(value), plain(value));
    }),
    { numRuns: 600 },
  );
});

/** Objects without a prototype come back with the usual one. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

test("compact JSON: members that are undefined are left out, alone and in tables", (t) => {
  t.deepEqual(again({ a: 1, b: undefined }), { a: 1 });
  const rows = [{ a: 1, b: undefined }, { a: 2, b: 3 }, { b: 4 }];
  t.deepEqual(again(rows), [{ a: 1 }, { a: 2, b: 3 }, { b: 4 }]);
});

test("compact JSON: what is alike stands once", (t) => {
  const at = Array.from({ length: 1_000 }, (_, index) => ({
    ...{ segment: `0123456789abcdef-at.fedcba.17-e0-i1-o1-w1-s0-${index >> 8}.segment`, offset: index * 4_194_304 },
    ...{ byteLength: 4_194_304 + index, crc: (index * 2_654_435_761) % 2 ** 32 },
  }));
  const tasks = Array.from({ length: 100 }, (_, partition) => ({
    partition,
    task: { kind: "reduce", inputs: [...at] },
  }));
  const text = toCompactJson({ tasks });
  t.true(text.length < 60_000, `${text.length} characters, of ${JSON.stringify({ tasks }).length}`);
  t.deepEqual(fromCompactJson(text), { tasks });
});

test("compact JSON: a list of hundreds of thousands is no deeper than one of two", (t) => {
  const numbers = Array.from({ length: 300_000 }, (_, index) => index);
  t.deepEqual(again(numbers), numbers);
  const mixed = numbers.map((index) => (index % 2 === 0 ? index : `${index}`));
  t.deepEqual(again(mixed), mixed);
});

test("compact JSON: what no JSON carries is a mistake of whoever sends it", (t) => {
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Map(),
    new Date(0),
    () => 1,
    Symbol("a"),
    [undefined],
  ]) {
    t.throws(() => toCompactJson({ value }), { name: "AssertionError" }, String(value));
  }
});

test("compact JSON: nonsense is refused by name, and promises of much cost nothing", (t) => {
  const nonsense = [
    "",
    "{",
    "[]",
    '["x"]',
    '["a",[]]',
    '["i","1e9"]',
    '["i",5]',
    '["b",5]',
    '["w",["a"],[1]]',
    '["w",["a"],[-1]]',
    '["w",[5],[0]]',
    '["w","a",[0]]',
    '["l",["a",0],["a",5],["a"]]',
    '["l",["a",1],["a",0],["a"]]',
    '["l",["a",0],["a",-1],["a"]]',
    '["l",5,["a"],["a"]]',
    '["t",["a"]]',
    '["t",[]]',
    '["t",["a"],["a",1],["a",2]]',
    '["t",["a","b"],["a",1],["a",2,3]]',
    '["t",[5],["a",1]]',
    '["t",["a"],{"length":4294967295}]',
  ];
  for (const text of nonsense) {
    const error = t.throws(() => fromCompactJson(text), { instanceOf: RuntimeError }, text);
    t.is(error?.code, "MESSAGE_MALFORMED", text);
  }
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        fromCompactJson(text);
      } catch (error) {
        t.is(error instanceof RuntimeError ? error.code : String(error), "MESSAGE_MALFORMED", text);
      }
    }),
    { numRuns: 500 },
  );
});

test("compact JSON: `__proto__` is a name as any other", (t) => {
  const value = JSON.parse('{"list":[{"__proto__":{"a":1}},{"__proto__":{"a":2}}]}') as unknown;
  const text = toCompactJson(value);
  const { list } = fromCompactJson(text) as { list: object[] };
  t.is(Object.getPrototypeOf(list[0]), Object.prototype);
  t.deepEqual(Object.entries(list[0] ?? {}), [["__proto__", { a: 1 }]]);
});

/**
 * What a module of functions may export: the form, the names, and everything that is wrong at once.
 */
import test from "ava";
import { readFunctions } from "../../../programs/registered/read-functions.ts";

const same = (v: bigint): bigint => v;

test("functions: each export gives those of its operator, and a second parameter is an arg", (t) => {
  const { functions, problems } = readFunctions({
    map: { DOUBLE: (v: bigint) => v * 2n, scale: (v: bigint, arg: bigint) => v * arg, seven: () => 7n },
    filter: { PRIME: () => true },
    flatMap: { TWICE: (v: bigint) => [v, v] },
    reduce: { SPAN: (values: bigint[]) => values.length, NTH: (_values: bigint[], _arg: bigint) => 0n },
  });
  t.deepEqual(problems, []);
  t.deepEqual(
    functions.map(({ operator, name, takesArg }) => `${operator} ${name} ${takesArg}`),
    [
      ...["map DOUBLE false", "map scale true", "map seven false", "filter PRIME false", "flatMap TWICE false"],
      ...["reduce SPAN false", "reduce NTH true"],
    ],
  );
});

test("functions: one name may be of several operators", (t) => {
  t.deepEqual(readFunctions({ map: { A1_b: same }, reduce: { A1_b: same } }).problems, []);
});

test("functions: a name of the language is refused, in any letter case and of whatever operator", (t) => {
  for (const name of ["SUM", "sum", "Range", "MEDIAN", "div"]) {
    const { functions, problems } = readFunctions({ filter: { [name]: same } });
    t.deepEqual(functions, []);
    t.deepEqual(problems, [`filter "${name}" has a name of the language, ${name.toUpperCase()}`]);
  }
});

test("functions: a name is a letter, then letters, digits and _, at most 64", (t) => {
  const rule = "is no name: letters, digits and _ are allowed, a letter first, at most 64";
  for (const name of ["", "1a", "_a", "__proto__", "a b", "a-b", "é", "a".repeat(65), "a\n"]) {
    const exported = { map: Object.fromEntries([[name, same]]) };
    const [problem] = readFunctions(exported).problems;
    t.true(problem?.endsWith(rule), name);
  }
  t.deepEqual(readFunctions({ map: { ["a".repeat(64)]: same } }).problems, []);
});

test("functions: everything that is wrong with a module is told", (t) => {
  const { problems } = readFunctions({
    default: same,
    mapp: {},
    something: 1,
    map: { A: 1, B: async (v: bigint) => v, C: (_a: bigint, _b: bigint, _c: bigint) => 0n },
    filter: [same],
    flatMap: {
      *D(v: bigint) {
        yield v;
      },
    },
    reduce: null,
  });
  t.deepEqual(problems, [
    "it has a default export; it exports map, filter, flatMap or reduce by name",
    'it has an unknown export "mapp"; did you mean map?',
    'it has an unknown export "something"; exports are map, filter, flatMap or reduce',
    'map "A" is no function',
    'map "B" is asynchronous or a generator: it must give its result itself',
    'map "C" has 3 parameters: it is given v and, if it has two, arg',
    "its export filter is no object such as { NAME: (v) => … }",
    'flatMap "D" is asynchronous or a generator: it must give its result itself',
    "its export reduce is no object such as { NAME: (values) => … }",
  ]);
});

test("functions: a module without any is told so", (t) => {
  const message = "it exports no functions; its exports are map, filter, flatMap or reduce";
  t.deepEqual(readFunctions({}).problems, [message]);
  t.deepEqual(readFunctions({ map: {}, reduce: {} }).problems, [message]);
});

import test from "ava";
import fc from "fast-check";
import { interpretProgram, type OracleResult } from "../../../programs/oracle/interpret-program.ts";
import type { Program } from "../../../programs/program.ts";
import {
  aggregate,
  binary,
  changeKey,
  type Draft,
  draftsArbitrary,
  filter,
  flatMap,
  k,
  literal,
  map,
  program,
  reduce,
  repeat,
  unrolled,
  v,
} from "../build-program.ts";

const inverse = binary(literal(12), "/", v);

function interpret(drafts: readonly Draft[], text: string, options: Partial<Program> = {}): OracleResult {
  return interpretProgram(program(drafts, options), [{ name: "in.csv", text, format: "csv" }]);
}

function errors(result: OracleResult): string[] {
  return result.kind === "failed" ? [...result.errors].sort() : [];
}

test("oracle: pairs go through the operators in order and come out sorted", (t) => {
  const drafts = [map(binary(v, "*", literal(3))), filter(binary(v, ">", literal(3))), changeKey(binary(v, "%", k))];
  t.like(interpret([...drafts, reduce()], "7,1\n5,3\n-4,3\n7,2\n2,-100\n5,10\n"), {
    kind: "done",
    output: "0,30\n1,9\n4,9\n6,6\n",
    rejects: [],
  });
});

test("oracle: a program without effect sorts and keeps equal pairs as often as they occur", (t) => {
  const text = "2,1\n-1,5\n2,-1\n10,0\n2,1\n";
  t.like(interpret([repeat(0, map())], text), { output: "-1,5\n2,-1\n2,1\n2,1\n10,0\n" });
  const output = { path: "x.jsonl", format: undefined, order: "none" } as const;
  t.like(interpret([map()], "2,1\n1,2\n", { output }), { output: '{"k":2,"v":1}\n{"k":1,"v":2}\n' });
});

test("oracle: a failing job names any error that pairs can meet independently of each other", (t) => {
  t.deepEqual(errors(interpret([map(inverse), map(inverse)], "1,0\n2,1\n3,x\n4,24\n")), [
    "arithmetic operations[0] 1 0 division by zero",
    "arithmetic operations[1] 4 0 division by zero",
    "record in.csv 3",
  ]);
});

test("oracle: a failing job names no error of a reduce that needs pairs which are not there", (t) => {
  const drafts = [map(inverse), reduce(binary(literal(1), "/", literal(0)))];
  t.deepEqual(errors(interpret(drafts, "1,0\n2,1\n")), ["arithmetic operations[0] 1 0 division by zero"]);
  t.deepEqual(errors(interpret(drafts, "2,1\n")), ["arithmetic operations[1] 2 null division by zero"]);
});

test("oracle: after a reduce keys fail independently until keys change", (t) => {
  const second = reduce(binary(literal(1), "/", binary(aggregate("sum"), "-", literal(12))));
  const text = "1,0\n2,1\n3,2\n";
  const [first, later] = [
    "arithmetic operations[1] 1 0 division by zero",
    "arithmetic operations[2] 2 null division by zero",
  ];
  t.deepEqual(errors(interpret([reduce(), map(inverse), second], text)), [first, later]);
  t.deepEqual(
    errors(interpret([reduce(), flatMap({ kind: "list", items: [literal(12), inverse] }), second], "1,0\n")),
    [first],
  );
  t.deepEqual(errors(interpret([reduce(), map(inverse), changeKey(k), second], text)), [first]);
});

test("oracle: rejecting, what fails is left out and reported, everything else goes on", (t) => {
  const result = interpret(
    [map(inverse), reduce(binary(literal(24), "/", aggregate("sum")))],
    "1,0\n1,1\nx\ty\n2,13\n",
    {
      onError: "reject",
    },
  );
  t.deepEqual(result, {
    kind: "done",
    output: "1,2\n",
    pairs: [{ key: 1n, value: 2n }],
    rejects: [
      { kind: "record", file: "in.csv", line: 3, text: "x\\ty", reason: "expected 2 fields, found 1" },
      {
        kind: "arithmetic",
        operation: 0,
        place: "operations[0]",
        key: "1",
        value: "0",
        reason: "division by zero",
      },
      { kind: "arithmetic", operation: 1, place: "operations[1]", key: "2", value: null, reason: "division by zero" },
    ],
  });
});

test("oracle: several inputs are one multiset of pairs, each with its own byte order mark and lines", (t) => {
  const inputs = ["\uFEFF1,2\n3,4", "\uFEFF1,2\r\n", ""].map((text, index) => ({
    name: `${index}.csv`,
    text,
    format: "csv" as const,
  }));
  inputs.push({ name: "3.csv", text: "1\n", format: "csv" });
  t.like(interpretProgram(program([map()], { onError: "reject" }), inputs), {
    output: "1,2\n1,2\n3,4\n",
    rejects: [{ kind: "record", file: "3.csv", line: 1, text: "1", reason: "expected 2 fields, found 1" }],
  });
});

test("oracle: a named column that the header lacks is a RangeError", (t) => {
  const input = { paths: [], format: undefined, header: true, delimiter: ",", key: "id", value: 1 };
  t.throws(() => interpret([map()], "key,value\n1,2\n", { input }), { instanceOf: RangeError, message: /"id"/ });
});

test("oracle: an unrolled program means the same, whatever the program", (t) => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })), { maxLength: 5 });
  fc.assert(
    fc.property(draftsArbitrary, pairs, (drafts, lines) => {
      const text = lines.map(([key, value]) => `${key},${value}\n`).join("");
      const source = program(drafts);
      const operations = unrolled(source.operations);
      fc.pre(operations.filter(({ operator }) => operator === "flatMap").length < 8);
      const input = { name: "in.csv", text, format: "csv" } as const;
      t.deepEqual(interpretProgram({ ...source, operations }, [input]), interpretProgram(source, [input]));
    }),
  );
});

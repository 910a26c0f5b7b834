/**
 * Projections against the exact evaluator: every operator, every cause, columns that failed.
 */
import test from "ava";
import fc from "fast-check";
import { ARITHMETIC_REASON, type ArithmeticCause } from "../../../../../programs/errors.ts";
import type { IntExpression } from "../../../../../programs/expression/tree.ts";
import { CAUSE_CODE } from "../../../../../programs/kernels/int64/chain/cause.ts";
import { ChainCompiler } from "../../../../../programs/kernels/int64/chain/compile-chain.ts";
import { evaluate, resultOf } from "./exact-evaluator.ts";
import { binaryExpressions, criticalIntegers, expressions, freshKernels, integers } from "./generators.ts";

const ROWS_MAX = 400;
const COLUMN_COUNT = 3;
const instance = freshKernels();
const compiler = new ChainCompiler(instance);
const keys = instance.allocate(ROWS_MAX * 8);
const values = instance.allocate(ROWS_MAX * 8);
const out = instance.allocate(ROWS_MAX * 8);
const causesOut = instance.allocate(ROWS_MAX);
const columns = Array.from({ length: COLUMN_COUNT }, () => instance.allocate(ROWS_MAX * 8));
const causes = Array.from({ length: COLUMN_COUNT }, () => instance.allocate(ROWS_MAX));

type Column = bigint | ArithmeticCause;
interface Row {
  readonly key: bigint;
  readonly value: bigint;
  readonly columns: readonly Column[];
}

function codeOf(cause: ArithmeticCause): number {
  return CAUSE_CODE[cause as keyof typeof CAUSE_CODE];
}

/** What the compiled projection gives, in the evaluator's terms. */
function project(expression: IntExpression, rows: readonly Row[], withCauses: boolean): Column[] {
  instance.int64s(keys, rows.length).set(rows.map(({ key }) => key));
  instance.int64s(values, rows.length).set(rows.map(({ value }) => value));
  for (let index = 0; index < COLUMN_COUNT; index++) {
    const column = rows.map((row) => row.columns[index]!);
    const numbers = column.map((cell) => (typeof cell === "bigint" ? cell : 77n));
    instance.int64s(columns[index]!, rows.length).set(numbers);
    instance
      .bytes(causes[index]!, rows.length)
      .set(column.map((cell) => (typeof cell === "bigint" ? 0 : codeOf(cell))));
  }
  const projection = compiler.projection(expression, COLUMN_COUNT);
  instance.bytes(causesOut, rows.length).fill(99);
  const causePointers = causes.map((pointer) => (withCauses ? pointer : 0));
  const failed = projection.run({ keys, values, columns, causes: causePointers }, rows.length, out, causesOut);
  const codes = [...instance.bytes(causesOut, rows.length)];
  const results = [...instance.int64s(out, rows.length)];
  if (failed !== codes.filter((code) => code !== 0).length)
    throw new Error(`${failed} failed rows, but causes ${codes}`);
  if (failed > 0 && !projection.fallible) throw new Error("a row failed that could not");
  return results.map((result, row) => {
    const cause = (Object.keys(CAUSE_CODE) as ArithmeticCause[]).find((name) => codeOf(name) === codes[row]);
    if (cause === undefined || result === 0n) return cause ?? result;
    throw new Error(`a failed row has the value ${result}`);
  });
}

const cells = fc.oneof(
  { weight: 5, arbitrary: integers as fc.Arbitrary<Column> },
  { weight: 1, arbitrary: fc.constantFrom<Column>("overflow", "divisionByZero", "negativeExponent", "shiftAmount") },
);
const plainRows = fc.array(fc.record({ key: integers, value: integers, columns: fc.constant([0n, 0n, 0n]) }), {
  minLength: 1,
  maxLength: 64,
});
const rowsWithCauses = fc.array(
  fc.record({
    key: integers,
    value: integers,
    columns: fc.array(cells, { minLength: COLUMN_COUNT, maxLength: COLUMN_COUNT }),
  }),
  { minLength: 1, maxLength: 64 },
);

test("projection: one operator over keys, values and constants near the limits gives the exact value or cause", (t) => {
  fc.assert(
    fc.property(binaryExpressions, plainRows, (expression, some) => {
      const critical = criticalIntegers(expression).flatMap((integer) => [
        { ...some[0]!, value: integer },
        { ...some[0]!, key: integer },
      ]);
      const rows = [...some, ...critical];
      const exact = rows.map((row) => resultOf(() => evaluate(expression, row)));
      t.is(project(expression, rows, false).join(), exact.join());
    }),
    { numRuns: 1500 },
  );
  t.pass();
});

test("projection: random trees over keys, values and columns that failed give the exact value or cause", (t) => {
  fc.assert(
    fc.property(expressions({ columnCount: COLUMN_COUNT }), rowsWithCauses, (expression, rows) => {
      const exact = rows.map((row) => resultOf(() => evaluate(expression, row)));
      t.is(project(expression, rows, true).join(), exact.join());
    }),
    { numRuns: 700 },
  );
  t.pass();
});

test("projection: an expression that cannot fail says so and clears the causes", (t) => {
  const expression: IntExpression = {
    kind: "binary",
    operator: "%",
    left: { kind: "value" },
    right: { kind: "literal", value: 1000n },
  };
  t.false(compiler.projection(expression, 0).fallible);
  t.deepEqual(project(expression, [{ key: 0n, value: -1001n, columns: [0n, 0n, 0n] }], false), [-1n]);
  t.is(instance.bytes(causesOut, 1)[0], 0);
});

test("projection: every cause that compiled code can give is a cause of the language", (t) => {
  for (const name of Object.keys(CAUSE_CODE)) t.true(name in ARITHMETIC_REASON);
});

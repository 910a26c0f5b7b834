/**
 * Range analysis against the exact evaluator: a range never excludes a result, a check is never dropped that can fail.
 */
import test from "ava";
import fc from "fast-check";
import type { IntExpression } from "../../../../../programs/expression/tree.ts";
import { ANY_PAIR, analyse, refine } from "../../../../../programs/kernels/int64/chain/analyse.ts";
import { contains, type Range } from "../../../../../programs/kernels/int64/chain/range.ts";
import { evaluate, resultOf } from "./exact-evaluator.ts";
import { BINARY_OPERATORS, binaryExpressions, expressions, integers } from "./generators.ts";

/** A range, and a value inside it that is often one of its ends. */
const rangesWithValue = fc
  .tuple(integers, integers, integers, fc.constantFrom("low", "high", "between"))
  .map(([a, b, c, place]) => {
    const [low, middle, high] = [a, b, c].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0)) as [bigint, bigint, bigint];
    return { range: { low, high } satisfies Range, value: place === "between" ? middle : place === "low" ? low : high };
  });

/** One operator more than leaves: what ranges are made of. */
const calls: fc.Arbitrary<IntExpression> = fc
  .tuple(
    fc.constantFrom("abs" as const, "sign" as const, "min" as const, "max" as const, "gcd" as const, "clamp" as const),
    fc.array(fc.oneof(binaryExpressions, fc.constantFrom<IntExpression>({ kind: "key" }, { kind: "value" })), {
      minLength: 3,
      maxLength: 3,
    }),
  )
  .map(([name, operands]) => ({ kind: "call", name, operands: name === "gcd" ? operands.slice(1) : operands }));

const trees = fc.oneof(binaryExpressions, calls, expressions({ columnCount: 0 }));

test("analyse: a result lies in its range, and a failure is expected by at least one check", (t) => {
  fc.assert(
    fc.property(trees, rangesWithValue, rangesWithValue, (expression, key, value) => {
      const { range, checkCount } = analyse(expression, { key: key.range, value: value.range });
      const result = resultOf(() => evaluate(expression, { key: key.value, value: value.value }));
      if (typeof result === "string") t.true(checkCount > 0, `${result} is not expected`);
      else t.true(contains(range, result), `${result} is not within ${range.low}..${range.high}`);
    }),
    { numRuns: 6000 },
  );
  t.pass();
});

test("analyse: every operator over every two ranges within -3..3 has a range that holds all its results", (t) => {
  const integersWithin = ({ low, high }: Range) =>
    Array.from({ length: Number(high - low) + 1 }, (_, index) => low + BigInt(index));
  const all = integersWithin({ low: -3n, high: 3n });
  const domains = all.flatMap((low) => all.filter((high) => low <= high).map((high): Range => ({ low, high })));
  const leaves = { left: { kind: "key" }, right: { kind: "value" } } as const;
  const holes: string[] = [];
  for (const operator of BINARY_OPERATORS) {
    const expression: IntExpression = { kind: "binary", operator, ...leaves };
    for (const key of domains) {
      for (const value of domains) {
        const { range, checkCount } = analyse(expression, { key, value });
        for (const pair of integersWithin(key).flatMap((k) =>
          integersWithin(value).map((v) => ({ key: k, value: v })),
        )) {
          const result = resultOf(() => evaluate(expression, pair));
          const sound = typeof result === "string" ? checkCount > 0 : contains(range, result);
          if (!sound) holes.push(`${pair.key} ${operator} ${pair.value} = ${result}`);
        }
      }
    }
  }
  t.deepEqual(holes, []);
});

test("refine: a pair for which a test came out true (or false) lies in the ranges refined by it", (t) => {
  fc.assert(
    fc.property(trees, rangesWithValue, rangesWithValue, (expression, key, value) => {
      const before = { key: key.range, value: value.range };
      const result = resultOf(() => evaluate(expression, { key: key.value, value: value.value }));
      if (typeof result === "string") return;
      const after = refine(before, analyse(expression, before), result !== 0n);
      t.true(contains(after.key, key.value));
      t.true(contains(after.value, value.value));
    }),
    { numRuns: 6000 },
  );
  t.pass();
});

const value: IntExpression = { kind: "value" };

function compare(operator: "<" | ">=" | "==", right: bigint): IntExpression {
  return { kind: "binary", operator, left: value, right: { kind: "literal", value: right } };
}

test("refine: nested comparisons narrow the value from both sides", (t) => {
  const both: IntExpression = { kind: "logical", operator: "&&", left: compare(">=", 3n), right: compare("<", 10n) };
  t.deepEqual(refine(ANY_PAIR, analyse(both, ANY_PAIR), true).value, { low: 3n, high: 9n });
  t.deepEqual(refine(ANY_PAIR, analyse(both, ANY_PAIR), false).value, ANY_PAIR.value);
  const neither: IntExpression = { kind: "logical", operator: "||", left: compare("<", 3n), right: compare(">=", 10n) };
  t.deepEqual(refine(ANY_PAIR, analyse(neither, ANY_PAIR), false).value, { low: 3n, high: 9n });
  const not: IntExpression = { kind: "unary", operator: "!", operand: neither };
  t.deepEqual(refine(ANY_PAIR, analyse(not, ANY_PAIR), true).value, { low: 3n, high: 9n });
});

test("analyse: the checks that a remainder, a guard or a filter makes needless are dropped", (t) => {
  const remainder: IntExpression = {
    kind: "binary",
    operator: "%",
    left: value,
    right: { kind: "literal", value: 1000n },
  };
  const decremented: IntExpression = {
    kind: "binary",
    operator: "-",
    left: remainder,
    right: { kind: "literal", value: 1n },
  };
  const analysed = analyse(decremented, ANY_PAIR);
  t.deepEqual([analysed.checkCount, analysed.range.low, analysed.range.high], [0, -1000n, 998n]);
  const quotient: IntExpression = { kind: "binary", operator: "/", left: { kind: "key" }, right: value };
  t.is(analyse(quotient, ANY_PAIR).checkCount, 2);
  t.is(analyse(quotient, refine(ANY_PAIR, analyse(compare(">=", 1n), ANY_PAIR), true)).checkCount, 0);
});

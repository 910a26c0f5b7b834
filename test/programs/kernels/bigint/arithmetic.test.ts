import test from "ava";
import fc from "fast-check";
import type { BinaryOperator, ScalarFunction, UnaryOperator } from "../../../../programs/expression/tree.ts";
import { BINARY, checked, exactSum, SCALAR, UNARY } from "../../../../programs/kernels/bigint/arithmetic.ts";
import { causeOf } from "../../../../programs/kernels/bigint/evaluation-failure.ts";
import { type Integer, integerOf } from "../../../../programs/kernels/bigint/integer.ts";
import { orderOf } from "../../../../programs/kernels/bigint/integer-order.ts";
import { BIGINT_BITS_MAX } from "../../../../programs/limits.ts";
import { binary, scalar, unary } from "../../../../programs/oracle/arithmetic.ts";
import { ArithmeticFailure } from "../../../../programs/oracle/failure.ts";
import { hardInteger } from "./hard-integer.ts";

const integer = fc.oneof(fc.bigInt({ min: -9n, max: 9n }), hardInteger);
/** Exponents and amounts: those that are right, and those that are too large by far. */
const amount = fc.oneof(fc.bigInt({ min: -3n, max: 130n }), fc.constantFrom(4_000_001n, 2n ** 53n, 2n ** 64n));

/** The result in its one form, or the cause of its failure. */
function ours(compute: () => Integer): Integer | string {
  try {
    return compute();
  } catch (error) {
    return causeOf(error);
  }
}

function theirs(compute: () => bigint): Integer | string {
  try {
    return integerOf(compute());
  } catch (error) {
    if (error instanceof ArithmeticFailure) return error.reason;
    throw error;
  }
}

for (const operator of Object.keys(BINARY) as BinaryOperator[]) {
  test(`arithmetic: ${operator} of any two integers is exact and in its one form`, (t) => {
    const isNarrow = operator === "**" || operator === "<<" || operator === ">>";
    fc.assert(
      fc.property(integer, isNarrow ? amount : integer, (left, right) => {
        const expected = theirs(() => binary(operator, left, right, "bigint"));
        const found = ours(() => BINARY[operator](integerOf(left), integerOf(right)));
        t.true(Object.is(found, expected), `${left} ${operator} ${right} is ${expected}, not ${found}`);
      }),
      { numRuns: 1000 },
    );
  });
}

test("arithmetic: unary operators and functions are exact and in their one form", (t) => {
  fc.assert(
    fc.property(fc.array(integer, { minLength: 3, maxLength: 3 }), (operands) => {
      for (const operator of Object.keys(UNARY) as UnaryOperator[]) {
        const found = ours(() => UNARY[operator](integerOf(operands[0])));
        t.true(
          Object.is(
            found,
            theirs(() => unary(operator, operands[0], "bigint")),
          ),
          `${operator} ${operands[0]}`,
        );
      }
      for (const name of Object.keys(SCALAR) as ScalarFunction[]) {
        const found = ours(() => SCALAR[name](operands.map(integerOf)));
        t.true(
          Object.is(
            found,
            theirs(() => scalar(name, operands, "bigint")),
          ),
          `${name} of ${operands.join(", ")}`,
        );
      }
    }),
    { numRuns: 1000 },
  );
});

const LARGEST = 2n ** BigInt(BIGINT_BITS_MAX) - 1n;

test("arithmetic: a result of the most bits is given, one with a bit more is too large", (t) => {
  t.is(checked(LARGEST), LARGEST);
  t.is(checked(-LARGEST), -LARGEST);
  const tooLarge: Record<string, () => Integer> = {
    "+": () => BINARY["+"](LARGEST, 1),
    "-": () => BINARY["-"](-LARGEST, 1),
    "*": () => BINARY["*"](LARGEST, 2),
    "* of two large ones": () => BINARY["*"](LARGEST, LARGEST),
    "<<": () => BINARY["<<"](LARGEST, 1),
    "**": () => BINARY["**"](2, BIGINT_BITS_MAX),
    "** of an exponent that is no number": () => BINARY["**"](2, 2n ** 64n),
    "** of a base that is no number": () => BINARY["**"](LARGEST, 2),
    "~": () => UNARY["~"](LARGEST),
    "&": () => BINARY["&"](-LARGEST, -LARGEST + 1n),
  };
  for (const [name, compute] of Object.entries(tooLarge)) t.is(ours(compute), "tooLarge", name);
  t.is(BINARY["**"](2, BIGINT_BITS_MAX - 1), 2n ** BigInt(BIGINT_BITS_MAX - 1));
  t.is(BINARY["**"](-1, 2n ** 64n + 1n), -1);
});

test("arithmetic: a shift takes 0 to 100,000 bits", (t) => {
  t.is(BINARY["<<"](-3, 100_000), -3n * 2n ** 100_000n);
  t.is(BINARY[">>"](2n ** 100_001n, 100_000), 2);
  t.is(BINARY[">>"](-1, 100_000), -1);
  for (const operator of ["<<", ">>"] as const) {
    for (const bits of [-1, 100_001, 2n ** 64n])
      t.is(
        ours(() => BINARY[operator](1, bits)),
        "shiftAmount",
      );
  }
});

test("arithmetic: a running total may be too large for a while", (t) => {
  t.is(exactSum(exactSum(LARGEST, LARGEST), -LARGEST), LARGEST);
});

test("order: integers of any size are put in order, equal ones as they came", (t) => {
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 50 }), fc.boolean(), (integers, onlySmall) => {
      const chosen = onlySmall ? integers.map((each) => each % 1000n) : integers;
      const compare = (left: number, right: number) =>
        chosen[left] < chosen[right] ? -1 : chosen[left] > chosen[right] ? 1 : left - right;
      t.deepEqual(Array.from(orderOf(chosen.map(integerOf))), [...chosen.keys()].sort(compare));
    }),
  );
});

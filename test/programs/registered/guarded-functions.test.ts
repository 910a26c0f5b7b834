/**
 * Whatever a function of the operator's own gives or throws is a result or a failure with words.
 */
import test from "ava";
import type { RegisteredCall, RegisteredOperator } from "../../../programs/expression/tree.ts";
import { NO_RECORDER } from "../../../programs/registered/call-recorder.ts";
import { FunctionFailure, GuardedFunctions } from "../../../programs/registered/guarded-functions.ts";

function guard(operator: RegisteredOperator, give: () => unknown, integers: "int64" | "bigint" = "int64") {
  const functions = [{ operator, name: "F", takesArg: false, apply: give }];
  const call: RegisteredCall = { kind: "registered", operator, name: "F", arg: undefined };
  return { guarded: new GuardedFunctions({ functions, recorder: NO_RECORDER }, integers), call };
}

function integer(give: () => unknown, integers: "int64" | "bigint" = "int64"): unknown {
  const { guarded, call } = guard("map", give, integers);
  return guarded.integer(call)(1n);
}

const failed = (reason: string) => new FunctionFailure("functionFailed", reason);

test("a map's result is a BigInt that fits; nothing else is taken for one", (t) => {
  t.is(
    integer(() => 2n ** 63n - 1n),
    2n ** 63n - 1n,
  );
  t.deepEqual(
    integer(() => 2n ** 63n),
    new FunctionFailure("overflow"),
  );
  t.deepEqual(
    integer(() => -(2n ** 63n) - 1n),
    new FunctionFailure("overflow"),
  );
  t.is(
    integer(() => 2n ** 63n, "bigint"),
    2n ** 63n,
  );
  t.deepEqual(
    integer(() => 1n << 4_000_000n, "bigint"),
    new FunctionFailure("tooLarge"),
  );
  const given: readonly (readonly [unknown, string])[] = [
    [3, "the number 3"],
    [-0, "the number 0"],
    [Number.NaN, "the number NaN"],
    [undefined, "nothing"],
    [null, "null"],
    ["7", "a string"],
    [true, "true"],
    [[1n], "an array"],
    [{}, "an object"],
    [Promise.resolve(1n), "a promise"],
    [() => 1n, "a function"],
  ];
  for (const [value, shown] of given) {
    t.deepEqual(
      integer(() => value),
      failed(`F gave ${shown}, which is no BigInt`),
    );
  }
});

test("what is thrown is told, escaped and cut, whatever it is", (t) => {
  const thrown = (error: unknown) =>
    integer(() => {
      throw error;
    });
  t.deepEqual(thrown(new RangeError("too\nfar\u001b[31m")), failed("F threw RangeError: too\\nfar\\u001b[31m"));
  t.deepEqual(thrown("x".repeat(500)), failed(`F threw ${"x".repeat(80)}…`));
  t.deepEqual(thrown(undefined), failed("F threw nothing"));
  t.deepEqual(thrown(12n), failed("F threw the BigInt 12"));
  const hostile = new Error("x");
  Object.defineProperty(hostile, "message", {
    get: () => {
      throw hostile;
    },
  });
  t.deepEqual(thrown(hostile), failed("F threw something that cannot be shown"));
});

test("a filter's result is a boolean or a BigInt", (t) => {
  const truth = (given: unknown) => {
    const { guarded, call } = guard("filter", () => given);
    return guarded.truth(call)(1n);
  };
  t.deepEqual([true, false, 0n, 5n, 2n ** 80n].map(truth), [true, false, false, true, true]);
  t.deepEqual(truth(1), failed("F gave the number 1, which is no boolean and no BigInt"));
  t.deepEqual(truth(undefined), failed("F gave nothing, which is no boolean and no BigInt"));
});

test("a flatMap's result is an array of BigInts, taken over at once (G1)", (t) => {
  const again = [1n, 2n];
  const { guarded, call } = guard("flatMap", () => again);
  const list = guarded.list(call)(1n);
  again.length = 0;
  t.deepEqual(list, [1n, 2n]);
  const listOf = (given: unknown) => {
    const { guarded: other, call: same } = guard("flatMap", () => given);
    return other.list(same)(1n);
  };
  t.deepEqual(listOf([]), []);
  t.deepEqual(listOf([1n, 2n ** 63n]), new FunctionFailure("overflow"));
  t.deepEqual(listOf(new Set([1n])), failed("F gave an object, which is no array"));
  t.deepEqual(listOf([1n, 2]), failed("F gave an array with the number 2, which is no BigInt"));
  t.deepEqual(listOf(Array(2)), failed("F gave an array with nothing, which is no BigInt"));
});

test("a function that is not there is a mistake of whoever calls", (t) => {
  const { guarded } = guard("map", () => 1n);
  const call: RegisteredCall = { kind: "registered", operator: "filter", name: "F", arg: undefined };
  t.throws(() => guarded.truth(call), { message: /no filter function F/ });
});

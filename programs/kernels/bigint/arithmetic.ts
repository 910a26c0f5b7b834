/**
 * Every operator and scalar function on integers of any size: exact, with a quick way for two safe integers.
 *
 * Owns: the meaning of operators in `bigint` mode.
 * Never: lets a number that is not a safe integer out: what a double cannot hold is computed again with bigints.
 *
 * A1. A result of BIGINT_BITS_MAX bits or less is given, a longer one fails with `tooLarge`; nothing larger than about
 *     twice that is ever made.
 * A2. Sums and products of safe integers are exact in a double if the result is a safe integer: rounding keeps the order.
 */
import type { BinaryOperator, ScalarFunction, UnaryOperator } from "../../expression/tree.ts";
import { BIGINT_BITS_MAX } from "../../limits.ts";
import { fail } from "./evaluation-failure.ts";
import { type Integer, integerOf, SAFE_MAX } from "./integer.ts";

const SHIFT_AMOUNT_MAX = 100_000;
const LIMIT = 1n << BigInt(BIGINT_BITS_MAX);
/** Kept: making it takes as much memory as it has bits. */
const NEGATIVE_LIMIT = -LIMIT;
/** 2 ** 53 is the first power of two that is no safe integer. */
const SAFE_BITS = 53;

/** The one form of a result, if it is not too large. */
export function checked(value: bigint): Integer {
  if (value >= LIMIT || value <= NEGATIVE_LIMIT) fail("tooLarge");
  return integerOf(value);
}

/** A sum of any size: a running total may be too large for a while. */
export function exactSum(left: Integer, right: Integer): Integer {
  if (typeof left === "number" && typeof right === "number") {
    const sum = left + right;
    if (sum <= SAFE_MAX && sum >= -SAFE_MAX) return sum;
  }
  return integerOf(BigInt(left) + BigInt(right));
}

export function add(left: Integer, right: Integer): Integer {
  if (typeof left === "number" && typeof right === "number") {
    const sum = left + right;
    if (sum <= SAFE_MAX && sum >= -SAFE_MAX) return sum;
  }
  return checked(BigInt(left) + BigInt(right));
}

export function subtract(left: Integer, right: Integer): Integer {
  if (typeof left === "number" && typeof right === "number") {
    const difference = left - right;
    if (difference <= SAFE_MAX && difference >= -SAFE_MAX) return difference;
  }
  return checked(BigInt(left) - BigInt(right));
}

export function multiply(left: Integer, right: Integer): Integer {
  if (typeof left === "number" && typeof right === "number") {
    // Adding 0 makes 0 of -0.
    const product = left * right + 0;
    if (product <= SAFE_MAX && product >= -SAFE_MAX) return product;
  }
  return checked(BigInt(left) * BigInt(right));
}

/** Truncates toward zero. */
export function divide(left: Integer, right: Integer): Integer {
  if (right === 0) return fail("divisionByZero");
  // Exact: the quotient of two safe integers is never rounded up to an integer that it does not reach.
  if (typeof left === "number" && typeof right === "number") return Math.trunc(left / right) + 0;
  return integerOf(BigInt(left) / BigInt(right));
}

/** Has the sign of the dividend. */
export function remainder(left: Integer, right: Integer): Integer {
  if (right === 0) return fail("divisionByZero");
  if (typeof left === "number" && typeof right === "number") return (left % right) + 0;
  return integerOf(BigInt(left) % BigInt(right));
}

export function power(base: Integer, exponent: Integer): Integer {
  if (base === 1) return 1;
  if (base === -1) return remainder(exponent, 2) === 0 ? 1 : -1;
  if (exponent < 0) return fail("negativeExponent");
  if (exponent === 0) return 1;
  if (base === 0) return 0;
  if (typeof base === "number" && exponent < SAFE_BITS) {
    const small = safePower(base, Number(exponent));
    if (small !== undefined) return small;
  }
  // A base of b bits is at least 2 ** (b - 1) in magnitude.
  if (typeof exponent === "bigint" || (bitLength(base) - 1) * exponent >= BIGINT_BITS_MAX) return fail("tooLarge");
  return checked(BigInt(base) ** BigInt(exponent));
}

/** Undefined if the result, or a power on the way to it, is no safe integer. */
function safePower(base: number, exponent: number): number | undefined {
  let result = 1;
  for (let factor = 0; factor < exponent; factor += 1) {
    result *= base;
    if (result > SAFE_MAX || result < -SAFE_MAX) return undefined;
  }
  return result;
}

export function shiftLeft(value: Integer, amount: Integer): Integer {
  const bits = shiftAmount(amount);
  if (typeof value === "number" && bits < SAFE_BITS) return multiply(value, 2 ** bits);
  return checked(BigInt(value) << BigInt(bits));
}

export function shiftRight(value: Integer, amount: Integer): Integer {
  const bits = shiftAmount(amount);
  // Dividing a double by a power of two is exact.
  if (typeof value === "number") return Math.floor(value / 2 ** Math.min(bits, SAFE_BITS));
  return integerOf(value >> BigInt(bits));
}

function shiftAmount(amount: Integer): number {
  if (typeof amount === "bigint" || amount < 0 || amount > SHIFT_AMOUNT_MAX) return fail("shiftAmount");
  return amount;
}

// The bits of two integers of n bits can make one of magnitude 2 ** n: -3 & -2 is -4.

export function and(left: Integer, right: Integer): Integer {
  if (isInt32(left) && isInt32(right)) return left & right;
  return checked(BigInt(left) & BigInt(right));
}

export function or(left: Integer, right: Integer): Integer {
  if (isInt32(left) && isInt32(right)) return left | right;
  return checked(BigInt(left) | BigInt(right));
}

export function exclusiveOr(left: Integer, right: Integer): Integer {
  if (isInt32(left) && isInt32(right)) return left ^ right;
  return checked(BigInt(left) ^ BigInt(right));
}

export function negate(value: Integer): Integer {
  return typeof value === "number" ? 0 - value : integerOf(-value);
}

export function magnitude(value: Integer): Integer {
  return value < 0 ? negate(value) : value;
}

/** Never negative; of 0 and 0 it is 0. */
export function greatestCommonDivisor(left: Integer, right: Integer): Integer {
  let divisor = magnitude(left);
  let rest = magnitude(right);
  while (rest !== 0) [divisor, rest] = [rest, remainder(divisor, rest)];
  return divisor;
}

export function smaller(left: Integer, right: Integer): Integer {
  return right < left ? right : left;
}

export function larger(left: Integer, right: Integer): Integer {
  return right > left ? right : left;
}

export const UNARY: Readonly<Record<UnaryOperator, (value: Integer) => Integer>> = {
  "-": negate,
  "+": (value) => value,
  // One can have a bit more than the value: the complement of 2 ** n - 1 is -(2 ** n).
  "~": (value) => subtract(-1, value),
  "!": (value) => (value === 0 ? 1 : 0),
};

export const BINARY: Readonly<Record<BinaryOperator, (left: Integer, right: Integer) => Integer>> = {
  ...{ "+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder, "**": power },
  ...{ "<<": shiftLeft, ">>": shiftRight, "&": and, "|": or, "^": exclusiveOr },
  "==": (left, right) => (left === right ? 1 : 0),
  "!=": (left, right) => (left === right ? 0 : 1),
  "<": (left, right) => (left < right ? 1 : 0),
  "<=": (left, right) => (left <= right ? 1 : 0),
  ">": (left, right) => (left > right ? 1 : 0),
  ">=": (left, right) => (left >= right ? 1 : 0),
};

export const SCALAR: Readonly<Record<ScalarFunction, (operands: readonly Integer[]) => Integer>> = {
  abs: ([value]) => magnitude(value),
  sign: ([value]) => Number(value > 0) - Number(value < 0),
  min: (operands) => operands.reduce(smaller),
  max: (operands) => operands.reduce(larger),
  gcd: ([left, right]) => greatestCommonDivisor(left, right),
  clamp: ([value, low, high]) => smaller(larger(value, low), high),
};

function isInt32(value: Integer): value is number {
  return typeof value === "number" && (value | 0) === value;
}

/** Bits of the magnitude. */
function bitLength(value: Integer): number {
  return magnitude(value).toString(2).length;
}

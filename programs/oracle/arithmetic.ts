/**
 * Every operator and scalar function, exactly: the mathematical result, which is then checked for its size.
 *
 * Owns: the meaning of operators.
 * Never: is fast. Kernels are held against this, so nothing is shared with them.
 */
import type { BinaryOperator, ScalarFunction, UnaryOperator } from "../expression/tree.ts";
import { BIGINT_BITS_MAX } from "../limits.ts";
import type { IntegerMode } from "../program.ts";
import { ArithmeticFailure, checked } from "./failure.ts";

export function unary(operator: UnaryOperator, value: bigint, integers: IntegerMode): bigint {
  switch (operator) {
    case "-":
      return checked(-value, integers);
    case "+":
      return value;
    case "~":
      return checked(-value - 1n, integers);
    case "!":
      return truth(value === 0n);
  }
}

export function binary(operator: BinaryOperator, left: bigint, right: bigint, integers: IntegerMode): bigint {
  return checked(exactBinary(operator, left, right, integers), integers);
}

function exactBinary(operator: BinaryOperator, left: bigint, right: bigint, integers: IntegerMode): bigint {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      // BigInt's division truncates toward zero.
      if (right === 0n) throw new ArithmeticFailure("divisionByZero");
      return left / right;
    case "%":
      // BigInt's remainder has the sign of the dividend.
      if (right === 0n) throw new ArithmeticFailure("divisionByZero");
      return left % right;
    case "**":
      return power(left, right, integers);
    case "<<":
      return left * 2n ** shiftAmount(right, integers);
    case ">>":
      return left >> shiftAmount(right, integers);
    case "&":
      return left & right;
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "==":
      return truth(left === right);
    case "!=":
      return truth(left !== right);
    case "<":
      return truth(left < right);
    case "<=":
      return truth(left <= right);
    case ">":
      return truth(left > right);
    case ">=":
      return truth(left >= right);
  }
}

export function scalar(name: ScalarFunction, operands: readonly bigint[], integers: IntegerMode): bigint {
  switch (name) {
    case "abs":
      return checked(magnitude(operands[0]), integers);
    case "sign":
      return truth(operands[0] > 0n) - truth(operands[0] < 0n);
    case "min":
      return operands.reduce(smaller);
    case "max":
      return operands.reduce(larger);
    case "gcd":
      return checked(greatestCommonDivisor(operands[0], operands[1]), integers);
    case "clamp":
      return smaller(larger(operands[0], operands[1]), operands[2]);
  }
}

export function truth(condition: boolean): bigint {
  return condition ? 1n : 0n;
}

export function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function smaller(left: bigint, right: bigint): bigint {
  if (left < right) return left;
  return right;
}

function larger(left: bigint, right: bigint): bigint {
  if (left > right) return left;
  return right;
}

function power(base: bigint, exponent: bigint, integers: IntegerMode): bigint {
  const odd = exponent % 2n !== 0n;
  if (base === 1n) return 1n;
  if (base === -1n) return odd ? -1n : 1n;
  if (exponent < 0n) throw new ArithmeticFailure("negativeExponent");
  if (exponent === 0n) return 1n;
  if (base === 0n) return 0n;
  // |base| >= 2^(bits - 1), so a result that is too large by far is known without computing it.
  const bits = BigInt(magnitude(base).toString(2).length);
  const bitsMax = integers === "int64" ? 64n : BigInt(BIGINT_BITS_MAX);
  if ((bits - 1n) * exponent >= bitsMax) throw new ArithmeticFailure(integers === "int64" ? "overflow" : "tooLarge");
  return base ** exponent;
}

function shiftAmount(amount: bigint, integers: IntegerMode): bigint {
  const amountMax = integers === "int64" ? 63n : 100_000n;
  if (amount < 0n || amount > amountMax) throw new ArithmeticFailure("shiftAmount");
  return amount;
}

/** Euclid's algorithm; never negative, and gcd(0, 0) is 0. */
function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [divisor, rest] = [magnitude(left), magnitude(right)];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

/**
 * Compiles an analysed expression to code that leaves its value on the stack, with only the checks that can fail.
 *
 * Owns: the code of every operator.
 * Never: decides what follows a failure: `fail` takes a condition from the stack and branches if it is not 0.
 *
 * E1. Operands are evaluated from left to right; a node fails before anything after it is evaluated.
 * E2. No instruction traps: what WebAssembly would trap on is checked before, or ruled out by ranges.
 */
import type { BinaryOperator, ScalarFunction, UnaryOperator } from "../../../expression/tree.ts";
import { type Analysed, INLINE_EXPONENT_MAX } from "./analyse.ts";
import type { Instruction } from "./code-writer.ts";
import {
  emitRepeatedProduct,
  failNegativeExponent,
  failOutside,
  multiplicands,
  powerBases,
  type Surroundings,
} from "./emit-checks.ts";
import { HELPER } from "./helpers.ts";
import * as ranges from "./range.ts";
import { INT64_MAX, INT64_MIN, type Range } from "./range.ts";

const INT32_SPAN = 2n ** 32n;
const INT32_OFFSET = 2n ** 31n;

/** Leaves the value (an i64) on the stack. */
export function emitValue(to: Surroundings, node: Analysed): void {
  const { code } = to;
  const { expression, operands } = node;
  switch (expression.kind) {
    case "literal":
      code.i64(expression.value);
      return;
    case "key":
      code.get(to.key);
      return;
    case "value":
      code.get(to.value);
      return;
    case "column":
      to.column(expression.index);
      return;
    case "unary":
      emitUnary(to, expression.operator, operands[0]!);
      return;
    case "binary":
      emitBinary(to, expression.operator, node);
      return;
    case "logical":
      emitTruth(to, node);
      code.op("i64.extend_i32_u");
      return;
    case "conditional":
      emitTruth(to, operands[0]!);
      code.if("i64");
      emitValue(to, operands[1]!);
      code.else();
      emitValue(to, operands[2]!);
      code.end();
      return;
    case "call":
      emitCall(to, expression.name, node);
      return;
    case "aggregate":
      throw new TypeError("an aggregate is planned before it is compiled");
    case "registered":
      throw new TypeError("a function of the operator's own is a step of its own");
  }
}

const COMPARISON: Partial<Record<BinaryOperator, Instruction>> = {
  "==": "i64.eq",
  "!=": "i64.ne",
  "<": "i64.lt_s",
  "<=": "i64.le_s",
  ">": "i64.gt_s",
  ">=": "i64.ge_s",
};

/** Leaves an i32 on the stack: 1 if the value is not 0, else 0. */
export function emitTruth(to: Surroundings, node: Analysed): void {
  const { code } = to;
  const { expression, operands } = node;
  const comparison = expression.kind === "binary" ? COMPARISON[expression.operator] : undefined;
  if (comparison !== undefined) {
    emitValue(to, operands[0]!);
    emitValue(to, operands[1]!);
    code.op(comparison);
  } else if (expression.kind === "logical") {
    emitTruth(to, operands[0]!);
    code.if("i32");
    if (expression.operator === "&&") emitTruth(to, operands[1]!);
    else code.i32(1);
    code.else();
    if (expression.operator === "&&") code.i32(0);
    else emitTruth(to, operands[1]!);
    code.end();
  } else if (expression.kind === "unary" && expression.operator === "!") {
    emitTruth(to, operands[0]!);
    code.op("i32.eqz");
  } else {
    emitValue(to, node);
    code.i64(0n).op("i64.ne");
  }
}

function emitUnary(to: Surroundings, operator: UnaryOperator, operand: Analysed): void {
  const { code } = to;
  switch (operator) {
    case "+":
      emitValue(to, operand);
      return;
    case "~":
      emitValue(to, operand);
      code.i64(-1n).op("i64.xor");
      return;
    case "!":
      emitTruth(to, operand);
      code.op("i32.eqz", "i64.extend_i32_u");
      return;
    case "-": {
      const x = emitBounded(to, operand, { low: -INT64_MAX, high: INT64_MAX });
      code.i64(0n).get(x).op("i64.sub");
      code.release("i64", x);
    }
  }
}

function emitBinary(to: Surroundings, operator: BinaryOperator, node: Analysed): void {
  const { code } = to;
  const [left, right] = node.operands as [Analysed, Analysed];
  switch (operator) {
    case "+":
    case "-":
      emitSum(to, operator, node);
      return;
    case "*":
      emitProduct(to, node);
      return;
    case "/":
    case "%":
      emitDivision(to, operator, node);
      return;
    case "**":
      emitPower(to, left, right);
      return;
    case "<<":
    case ">>":
      emitShift(to, operator, node);
      return;
    case "&":
    case "|":
    case "^":
      emitValue(to, left);
      emitValue(to, right);
      code.op(operator === "&" ? "i64.and" : operator === "|" ? "i64.or" : "i64.xor");
      return;
    default:
      emitTruth(to, node);
      code.op("i64.extend_i32_u");
  }
}

/** The value of a node that is always the same and cannot fail. */
function constantOf({ expression }: Analysed): bigint | undefined {
  return expression.kind === "literal" ? expression.value : undefined;
}

/** Evaluates into a temporary local, which the caller releases. */
function emitLocal(to: Surroundings, node: Analysed): number {
  emitValue(to, node);
  const local = to.code.temporary("i64");
  to.code.set(local);
  return local;
}

/** Evaluates both operands into temporaries, which the caller releases. */
function emitLocals(to: Surroundings, left: Analysed, right: Analysed): readonly [number, number] {
  emitValue(to, left);
  emitValue(to, right);
  const { code } = to;
  const y = code.temporary("i64");
  const x = code.temporary("i64");
  code.set(y).set(x);
  return [x, y];
}

/** Evaluates into a temporary and fails with an overflow unless the value is within `valid`. */
function emitBounded(to: Surroundings, node: Analysed, valid: Range): number {
  const local = emitLocal(to, node);
  failOutside(to, local, node.range, valid, "overflow");
  return local;
}

function emitSum(to: Surroundings, operator: "+" | "-", node: Analysed): void {
  const { code } = to;
  const [left, right] = node.operands as [Analysed, Analysed];
  const instruction = operator === "+" ? "i64.add" : "i64.sub";
  if (ranges.fits(node.exact)) {
    emitValue(to, left);
    emitValue(to, right);
    code.op(instruction);
    return;
  }
  const addend = constantOf(right) ?? (operator === "+" ? constantOf(left) : undefined);
  const minuend = constantOf(left);
  if (addend !== undefined) {
    const change = operator === "+" ? addend : -addend;
    const operand = constantOf(right) === undefined ? right : left;
    const x = emitBounded(to, operand, { low: INT64_MIN - change, high: INT64_MAX - change });
    code.get(x).i64(addend).op(instruction).release("i64", x);
  } else if (minuend !== undefined) {
    const x = emitBounded(to, right, { low: minuend - INT64_MAX, high: minuend - INT64_MIN });
    code.i64(minuend).get(x).op("i64.sub").release("i64", x);
  } else {
    const [x, y] = emitLocals(to, left, right);
    const result = code.temporary("i64");
    code.get(x).get(y).op(instruction).set(result);
    // Overflow shows in the sign: a sum's differs from both operands', a difference's from the minuend's only.
    code.get(x).get(result).op("i64.xor");
    code.get(y).get(operator === "+" ? result : x);
    code.op("i64.xor", "i64.and").i64(0n).op("i64.lt_s");
    to.fail("overflow");
    code.get(result).release("i64", x, y, result);
  }
}

function emitProduct(to: Surroundings, node: Analysed): void {
  const { code } = to;
  const [left, right] = node.operands as [Analysed, Analysed];
  const factor = constantOf(right) ?? constantOf(left);
  if (ranges.fits(node.exact)) {
    emitValue(to, left);
    emitValue(to, right);
    code.op("i64.mul");
  } else if (factor !== undefined) {
    const x = emitBounded(to, constantOf(right) === undefined ? right : left, multiplicands(factor));
    code.get(x).i64(factor).op("i64.mul").release("i64", x);
  } else {
    const [x, y] = emitLocals(to, left, right);
    // Two factors of 32 bits never overflow; anything else is decided exactly by the helper.
    code.get(x).i64(INT32_OFFSET).op("i64.add").get(y).i64(INT32_OFFSET).op("i64.add", "i64.or");
    code.i64(INT32_SPAN).op("i64.lt_u").if("i32");
    code.i32(0).else().get(x).get(y).call(HELPER.multiplyOverflows).end();
    to.fail("overflow");
    code.get(x).get(y).op("i64.mul").release("i64", x, y);
  }
}

function emitDivision(to: Surroundings, operator: "/" | "%", node: Analysed): void {
  const { code } = to;
  const [left, right] = node.operands as [Analysed, Analysed];
  const divisor = constantOf(right);
  if (divisor === -1n && operator === "/") {
    const x = emitBounded(to, left, { low: -INT64_MAX, high: INT64_MAX });
    code.i64(0n).get(x).op("i64.sub").release("i64", x);
    return;
  }
  const instruction = operator === "/" ? "i64.div_s" : "i64.rem_s";
  if (divisor !== undefined && divisor !== 0n) {
    emitValue(to, left);
    code.i64(divisor).op(instruction);
    return;
  }
  const [x, y] = emitLocals(to, left, right);
  if (ranges.contains(right.range, 0n)) {
    code.get(y).op("i64.eqz");
    to.fail("divisionByZero");
  }
  if (operator === "/" && !ranges.fits(node.exact)) {
    code.get(x).i64(INT64_MIN).op("i64.eq").get(y).i64(-1n).op("i64.eq", "i32.and");
    to.fail("overflow");
  }
  code.get(x).get(y).op(instruction).release("i64", x, y);
}

function emitPower(to: Surroundings, base: Analysed, exponent: Analysed): void {
  const { code } = to;
  const constant = constantOf(exponent);
  if (constant !== undefined && constant >= 0n && constant <= INLINE_EXPONENT_MAX) {
    const x = emitBounded(to, base, powerBases(constant));
    emitRepeatedProduct(code, x, constant);
    code.release("i64", x);
    return;
  }
  if (constantOf(base) === 2n) {
    const y = emitLocal(to, exponent);
    failNegativeExponent(to, y, exponent.range);
    failOutside(to, y, { low: 0n, high: exponent.range.high }, { low: 0n, high: 62n }, "overflow");
    code.i64(1n).get(y).op("i64.shl").release("i64", y);
    return;
  }
  const [x, y] = emitLocals(to, base, exponent);
  const cause = code.temporary("i32");
  code.get(x).get(y).call(HELPER.powerCause).tee(cause).i32(1).op("i32.eq");
  to.fail("overflow");
  code.get(cause);
  to.fail("negativeExponent");
  code.get(x).get(y).call(HELPER.power);
  code.release("i64", x, y);
  code.release("i32", cause);
}

const SHIFTS: Range = { low: 0n, high: 63n };

function emitShift(to: Surroundings, operator: "<<" | ">>", node: Analysed): void {
  const { code } = to;
  const [left, right] = node.operands as [Analysed, Analysed];
  const amount = constantOf(right);
  if (amount !== undefined && ranges.contains(SHIFTS, amount)) {
    const x = operator === "<<" ? emitBounded(to, left, multiplicands(2n ** amount)) : emitLocal(to, left);
    code
      .get(x)
      .i64(amount)
      .op(operator === "<<" ? "i64.shl" : "i64.shr_s")
      .release("i64", x);
    return;
  }
  const [x, y] = emitLocals(to, left, right);
  failOutside(to, y, right.range, SHIFTS, "shiftAmount");
  if (operator === ">>") {
    code.get(x).get(y).op("i64.shr_s").release("i64", x, y);
    return;
  }
  if (!ranges.fits(node.exact)) {
    // A bit was lost, or the sign changed, exactly if shifting back does not restore the operand.
    code.get(x).get(y).op("i64.shl").get(y).op("i64.shr_s").get(x).op("i64.ne");
    to.fail("overflow");
  }
  code.get(x).get(y).op("i64.shl").release("i64", x, y);
}

function emitCall(to: Surroundings, name: ScalarFunction, node: Analysed): void {
  const { code } = to;
  const { operands } = node;
  const [first, second, third] = operands;
  switch (name) {
    case "abs": {
      const x = emitBounded(to, first!, { low: -INT64_MAX, high: INT64_MAX });
      if (first!.range.low >= 0n) code.get(x);
      // All ones for a negative number, whose negation is its complement plus 1.
      else code.get(x).get(x).i64(63n).op("i64.shr_s", "i64.xor").get(x).i64(63n).op("i64.shr_s", "i64.sub");
      code.release("i64", x);
      return;
    }
    case "sign": {
      const x = emitLocal(to, first!);
      code.get(x).i64(0n).op("i64.gt_s", "i64.extend_i32_u").get(x).i64(63n).op("i64.shr_u", "i64.sub");
      code.release("i64", x);
      return;
    }
    case "min":
    case "max":
      emitValue(to, first!);
      for (const operand of operands.slice(1)) emitSelected(to, operand, name === "min" ? "i64.lt_s" : "i64.gt_s");
      return;
    case "clamp":
      emitValue(to, first!);
      emitSelected(to, second!, "i64.gt_s");
      emitSelected(to, third!, "i64.lt_s");
      return;
    case "gcd": {
      emitValue(to, first!);
      emitValue(to, second!);
      code.call(HELPER.greatestCommonDivisor);
      if (ranges.fits(node.exact)) return;
      const result = code.temporary("i64");
      code.tee(result).i64(0n).op("i64.lt_s");
      to.fail("overflow");
      code.get(result).release("i64", result);
    }
  }
}

/** With x on the stack: evaluates y and leaves x if `x instruction y`, else y. */
function emitSelected(to: Surroundings, operand: Analysed, instruction: Instruction): void {
  const { code } = to;
  emitValue(to, operand);
  const y = code.temporary("i64");
  const x = code.temporary("i64");
  code.set(y).tee(x).get(y).get(x).get(y).op(instruction, "select").release("i64", x, y);
}

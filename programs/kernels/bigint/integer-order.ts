/**
 * The order of integers, as indexes, so that other columns can follow it.
 *
 * Owns: the choice between a sort of packed numbers and one that compares.
 * Never: moves an integer.
 */
import { compareIntegers, type Integer, SAFE_MAX } from "./integer.ts";

/**
 * Indexes of `integers` in ascending order; of equal ones the first comes first.
 *
 * Cost: where (largest - smallest + 1) * count is a safe integer, one sort of a Float64Array, several times as fast as one
 *       that calls back.
 */
export function orderOf(integers: readonly Integer[]): ArrayLike<number> {
  return (
    packedOrder(integers) ??
    Uint32Array.from(integers.keys()).sort(
      (left, right) => compareIntegers(integers[left], integers[right]) || left - right,
    )
  );
}

/** Undefined: integer and index do not fit one number together. */
function packedOrder(integers: readonly Integer[]): ArrayLike<number> | undefined {
  const count = integers.length;
  let smallest = SAFE_MAX;
  let largest = -SAFE_MAX;
  for (const integer of integers) {
    if (typeof integer === "bigint") return undefined;
    if (integer < smallest) smallest = integer;
    if (integer > largest) largest = integer;
  }
  if ((largest - smallest + 1) * count > SAFE_MAX) return undefined;
  const packed = new Float64Array(count);
  for (let index = 0; index < count; index += 1)
    packed[index] = ((integers[index] as number) - smallest) * count + index;
  packed.sort();
  // The remainder, without the slow one of doubles.
  for (let place = 0; place < count; place += 1) packed[place] -= Math.floor(packed[place] / count) * count;
  return packed;
}

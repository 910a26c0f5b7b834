// Decomposable aggregates: passes over a batch that update, merge and finish columns of int64 states. `indexes` (u32 a row)
// are the dense indexes of the rows' keys. Updates are one loop over rows with no calls; a state that overflows its 64 bits
// goes on beside them (see int128.ts) and is judged only at the end.
import {
  PRODUCT_FITS,
  carryOf,
  divideSum,
  mergeProduct,
  multiplyProduct,
} from "./int128";

const CAUSE_OVERFLOW: u8 = 1;

/** Writes `value` to the entries [from, to) of a column. */
export function fillStates(states: usize, from: u32, to: u32, value: i64): void {
  for (let index = from; index < to; index++) store<i64>(entry(states, index), value);
}

export function addOnes(counts: usize, indexes: usize, count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const state = entry(counts, indexAt(indexes, row));
    store<i64>(state, load<i64>(state) + 1);
  }
}

export function addCounts(counts: usize, indexes: usize, addends: usize, count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const state = entry(counts, indexAt(indexes, row));
    store<i64>(state, load<i64>(state) + valueAt(addends, row));
  }
}

export function addValues(lows: usize, carries: usize, indexes: usize, values: usize, count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    addToSum(lows, carries, indexAt(indexes, row), valueAt(values, row));
  }
}

export function mergeSums(
  lows: usize,
  carries: usize,
  indexes: usize,
  otherLows: usize,
  otherCarries: usize,
  count: u32,
): void {
  addValues(lows, carries, indexes, otherLows, count);
  addCounts(carries, indexes, otherCarries, count);
}

export function takeMinima(states: usize, indexes: usize, values: usize, count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const state = entry(states, indexAt(indexes, row));
    const value = valueAt(values, row);
    const before = load<i64>(state);
    store<i64>(state, value < before ? value : before);
  }
}

export function takeMaxima(states: usize, indexes: usize, values: usize, count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const state = entry(states, indexAt(indexes, row));
    const value = valueAt(values, row);
    const before = load<i64>(state);
    store<i64>(state, value > before ? value : before);
  }
}

export function multiplyValues(products: usize, statuses: usize, indexes: usize, values: usize, count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const index = indexAt(indexes, row);
    multiplyProduct(entry(products, index), entry(statuses, index), valueAt(values, row));
  }
}

export function mergeProducts(
  products: usize,
  statuses: usize,
  indexes: usize,
  otherProducts: usize,
  otherStatuses: usize,
  count: u32,
): void {
  for (let row: u32 = 0; row < count; row++) {
    const index = indexAt(indexes, row);
    mergeProduct(entry(products, index), entry(statuses, index), valueAt(otherProducts, row), valueAt(otherStatuses, row));
  }
}

/** Lowers each state to the row's cause where that is smaller; cause 0 is none. */
export function mergeCauses(states: usize, indexes: usize, causes: usize, count: u32): void {
  for (let row: u32 = 0; row < count; row++) {
    const cause = valueAt(causes, row);
    if (cause != 0) lowerCause(entry(states, indexAt(indexes, row)), cause);
  }
}

/** True if any of the bytes is not 0. */
export function anyByte(bytes: usize, count: u32): bool {
  let position: u32 = 0;
  for (; position + 8 <= count; position += 8) if (load<u64>(bytes + position) != 0) return true;
  for (; position < count; position++) if (load<u8>(bytes + position) != 0) return true;
  return false;
}

/**
 * Poisons the states of rows with a cause (u8 a row) and copies the other rows' indexes and values, in order.
 * Returns how many it copied.
 */
export function separateFailed(
  states: usize,
  indexes: usize,
  values: usize,
  causes: usize,
  count: u32,
  indexesOut: usize,
  valuesOut: usize,
): u32 {
  let kept: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const index = indexAt(indexes, row);
    const cause = <i64>load<u8>(causes + row);
    if (cause != 0) {
      lowerCause(entry(states, index), cause);
    } else {
      store<u32>(indexesOut + ((<usize>kept) << 2), index);
      store<i64>(entry(valuesOut, kept), valueAt(values, row));
      kept++;
    }
  }
  return kept;
}

/** Sums in the given order; one that does not fit is 0 with cause overflow. Returns how many do not fit. */
export function finishSums(lows: usize, carries: usize, order: usize, count: u32, out: usize, causes: usize): u32 {
  let failed: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const index = indexAt(order, row);
    const fits = valueAt(carries, index) == 0;
    store<i64>(entry(out, row), fits ? valueAt(lows, index) : 0);
    store<u8>(causes + row, fits ? 0 : CAUSE_OVERFLOW);
    failed += u32(!fits);
  }
  return failed;
}

/** Products in the given order, as `finishSums`. */
export function finishProducts(products: usize, statuses: usize, order: usize, count: u32, out: usize, causes: usize): u32 {
  let failed: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const index = indexAt(order, row);
    const fits = valueAt(statuses, index) == PRODUCT_FITS;
    store<i64>(entry(out, row), valueAt(products, index));
    store<u8>(causes + row, fits ? 0 : CAUSE_OVERFLOW);
    failed += u32(!fits);
  }
  return failed;
}

/** Means in the given order; 0 where every row of a key failed (the count is 0). */
export function finishMeans(lows: usize, carries: usize, counts: usize, order: usize, count: u32, out: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    const index = indexAt(order, row);
    const divisor = valueAt(counts, index);
    store<i64>(entry(out, row), divisor == 0 ? 0 : divideSum(valueAt(lows, index), valueAt(carries, index), divisor));
  }
}

/** Copies states in the given order. */
export function finishPlain(states: usize, order: usize, count: u32, out: usize): void {
  for (let row: u32 = 0; row < count; row++) store<i64>(entry(out, row), valueAt(states, indexAt(order, row)));
}

/** Lays the causes of failed operands over a finished column: value 0, and the cause as a byte. Returns how many failed. */
export function finishCauses(states: usize, order: usize, count: u32, out: usize, causes: usize): u32 {
  let failed: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const cause = valueAt(states, indexAt(order, row));
    if (cause == 0) continue;
    store<i64>(entry(out, row), 0);
    store<u8>(causes + row, <u8>cause);
    failed++;
  }
  return failed;
}

// @ts-ignore: decorator
@inline
function addToSum(lows: usize, carries: usize, index: u32, addend: i64): void {
  const state = entry(lows, index);
  const low = load<i64>(state) + addend;
  store<i64>(state, low);
  const carry = carryOf(low, addend);
  if (carry != 0) store<i64>(entry(carries, index), valueAt(carries, index) + carry);
}

// @ts-ignore: decorator
@inline
function lowerCause(state: usize, cause: i64): void {
  const before = load<i64>(state);
  if (before == 0 || cause < before) store<i64>(state, cause);
}

// @ts-ignore: decorator
@inline
function entry(column: usize, index: u32): usize {
  return column + ((<usize>index) << 3);
}

// @ts-ignore: decorator
@inline
function valueAt(column: usize, row: u32): i64 {
  return load<i64>(entry(column, row));
}

// @ts-ignore: decorator
@inline
function indexAt(indexes: usize, row: u32): u32 {
  return load<u32>(indexes + ((<usize>row) << 2));
}

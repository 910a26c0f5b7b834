// Holistic aggregates: scans over rows sorted by (key, operand), one run for each key.

/** Counts the runs of equal keys. */
export function countRuns(keys: usize, count: u32): u32 {
  let runs: u32 = count > 0 ? 1 : 0;
  for (let row: u32 = 1; row < count; row++) runs += u32(keyAt(keys, row) != keyAt(keys, row - 1));
  return runs;
}

/** Writes the key of each run. */
export function runKeys(keys: usize, count: u32, out: usize): void {
  for (let row: u32 = 0; row < count; row++) {
    if (row > 0 && keyAt(keys, row) == keyAt(keys, row - 1)) continue;
    store<i64>(out, keyAt(keys, row));
    out += 8;
  }
}

/** Writes the lower median of each run. */
export function runMedians(keys: usize, values: usize, count: u32, out: usize): void {
  let from: u32 = 0;
  while (from < count) {
    const to = runEnd(keys, from, count);
    store<i64>(out, load<i64>(values + ((<usize>(from + ((to - from - 1) >>> 1))) << 3)));
    out += 8;
    from = to;
  }
}

/** Writes the number of distinct values of each run. */
export function runDistincts(keys: usize, values: usize, count: u32, out: usize): void {
  let from: u32 = 0;
  while (from < count) {
    const to = runEnd(keys, from, count);
    let distinct: i64 = 1;
    for (let row = from + 1; row < to; row++) distinct += i64(keyAt(values, row) != keyAt(values, row - 1));
    store<i64>(out, distinct);
    out += 8;
    from = to;
  }
}

/**
 * Lays failures over finished columns: `failedKeys` and `failedCauses` are sorted by (key, cause), so that the first of a
 * key is its smallest cause; every failed key is among `keys`.
 */
export function runCauses(
  failedKeys: usize,
  failedCauses: usize,
  failedCount: u32,
  keys: usize,
  out: usize,
  causes: usize,
): void {
  let position: u32 = 0;
  for (let row: u32 = 0; row < failedCount; row++) {
    const key = keyAt(failedKeys, row);
    if (row > 0 && key == keyAt(failedKeys, row - 1)) continue;
    while (keyAt(keys, position) != key) position++;
    store<i64>(out + ((<usize>position) << 3), 0);
    store<u8>(causes + position, <u8>load<i64>(failedCauses + ((<usize>row) << 3)));
  }
}

/** Copies key and cause of the rows with a cause (u8 a row). Returns how many. */
export function copyFailed(keys: usize, causes: usize, count: u32, keysOut: usize, causesOut: usize): u32 {
  let copied: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    const cause = load<u8>(causes + row);
    if (cause == 0) continue;
    store<i64>(keysOut + ((<usize>copied) << 3), keyAt(keys, row));
    store<i64>(causesOut + ((<usize>copied) << 3), cause);
    copied++;
  }
  return copied;
}

/** Whether all values are this one. */
export function areEqual(values: usize, count: u32, value: i64): bool {
  for (let row: u32 = 0; row < count; row++) if (keyAt(values, row) != value) return false;
  return true;
}

// @ts-ignore: decorator
@inline
function runEnd(keys: usize, from: u32, count: u32): u32 {
  const key = keyAt(keys, from);
  let to = from + 1;
  while (to < count && keyAt(keys, to) == key) to++;
  return to;
}

// @ts-ignore: decorator
@inline
function keyAt(keys: usize, row: u32): i64 {
  return load<i64>(keys + ((<usize>row) << 3));
}

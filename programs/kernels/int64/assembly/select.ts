// Picks rows out of columns by their keys.

/** Rows of one call, at most (BATCH_PAIRS). */
const SELECT_ROWS_MAX: u32 = 16384;
const kept = memory.data(4 * 16384, 16);

/**
 * Closes the gaps that rows leave whose key, in the first column, is outside [first, last], in all the columns whose
 * pointers lie at `columns`. Returns how many rows are left, in their order.
 */
export function selectRows(columns: usize, columnCount: u32, count: u32, first: i64, last: i64): u32 {
  if (count > SELECT_ROWS_MAX) unreachable();
  const keys = <usize>load<u32>(columns);
  const width = <u64>(last - first);
  let keptCount: u32 = 0;
  for (let row: u32 = 0; row < count; row++) {
    store<u32>(kept + ((<usize>keptCount) << 2), row);
    keptCount += u32(<u64>(load<i64>(keys + ((<usize>row) << 3)) - first) <= width);
  }
  if (keptCount == count) return count;
  for (let index: usize = 0; index < <usize>columnCount; index++) {
    const column = <usize>load<u32>(columns + (index << 2));
    for (let row: usize = 0; row < <usize>keptCount; row++) {
      store<i64>(column + (row << 3), load<i64>(column + (<usize>load<u32>(kept + (row << 2)) << 3)));
    }
  }
  return keptCount;
}

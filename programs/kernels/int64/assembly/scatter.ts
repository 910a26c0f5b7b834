// Orders rows by the target partition of their key, in two passes: count, then place. Stable.

/** The target of a key; why this hash: `docs/decisions/0001-key-hash.md`. The same in TypeScript: `scatter.ts`. */
// @ts-ignore: decorator
@inline
function targetOf(key: u64, targetCount: u32): u32 {
  let hash = key ^ (key >> 33);
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return <u32>(((hash >> 32) * <u64>targetCount) >> 32);
}

/** Finds every row's target (u16) and, in `offsets` (u32, targetCount + 1), where each target's rows will begin. */
export function scatterTargets(keys: usize, count: u32, targetCount: u32, targets: usize, offsets: usize): void {
  memory.fill(offsets, 0, (<usize>targetCount + 1) << 2);
  for (let row: usize = 0; row < <usize>count; row++) {
    const target = <usize>targetOf(load<u64>(keys + (row << 3)), targetCount);
    store<u16>(targets + (row << 1), <u16>target);
    const counter = offsets + (target << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  let sum: u32 = 0;
  for (let target: usize = 0; target <= <usize>targetCount; target++) {
    const counter = offsets + (target << 2);
    const rows = load<u32>(counter);
    store<u32>(counter, sum);
    sum += rows;
  }
}

/** Places two columns at once; `cursors` is a copy of the offsets and is used up. */
export function scatterPairs(
  targets: usize,
  count: u32,
  cursors: usize,
  keys: usize,
  values: usize,
  outKeys: usize,
  outValues: usize,
): void {
  for (let row: usize = 0; row < <usize>count; row++) {
    const cursor = cursors + (<usize>load<u16>(targets + (row << 1)) << 2);
    const place = <usize>load<u32>(cursor);
    store<u32>(cursor, <u32>place + 1);
    store<u64>(outKeys + (place << 3), load<u64>(keys + (row << 3)));
    store<u64>(outValues + (place << 3), load<u64>(values + (row << 3)));
  }
}

/** Places one column; `cursors` is a copy of the offsets and is used up. */
export function scatterColumn(targets: usize, count: u32, cursors: usize, column: usize, out: usize): void {
  for (let row: usize = 0; row < <usize>count; row++) {
    const cursor = cursors + (<usize>load<u16>(targets + (row << 1)) << 2);
    const place = <usize>load<u32>(cursor);
    store<u32>(cursor, <u32>place + 1);
    store<u64>(out + (place << 3), load<u64>(column + (row << 3)));
  }
}

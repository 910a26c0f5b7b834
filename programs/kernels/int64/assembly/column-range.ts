// The smallest and the greatest integer of a column that is not empty.

export function minimumOf(column: usize, count: u32): i64 {
  let least = load<i64>(column);
  for (let row: usize = 1; row < <usize>count; row++) {
    const integer = load<i64>(column + (row << 3));
    least = select(integer, least, integer < least);
  }
  return least;
}

export function maximumOf(column: usize, count: u32): i64 {
  let greatest = load<i64>(column);
  for (let row: usize = 1; row < <usize>count; row++) {
    const integer = load<i64>(column + (row << 3));
    greatest = select(integer, greatest, integer > greatest);
  }
  return greatest;
}

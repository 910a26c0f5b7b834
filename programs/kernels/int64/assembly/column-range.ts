// The smallest and the greatest integer of a column.

/** Where `findRange` leaves its result: the smallest integer, then the greatest. */
const range = memory.data(16, 16);

// @ts-ignore: decorator
@inline
export function smallestFound(): i64 {
  return load<i64>(range);
}

// @ts-ignore: decorator
@inline
export function greatestFound(): i64 {
  return load<i64>(range, 8);
}

/** Both are 0 for an empty column. */
export function findRange(column: usize, count: u32): void {
  let smallest: i64 = 0;
  let greatest: i64 = 0;
  if (count > 0) {
    smallest = load<i64>(column);
    greatest = smallest;
  }
  // Two chains, so that one comparison need not wait for the other.
  let smallestOdd = smallest;
  let greatestOdd = greatest;
  let at = column;
  const end = column + (<usize>count << 3);
  for (; at + 32 <= end; at += 32) {
    const first = load<i64>(at);
    const second = load<i64>(at, 8);
    const third = load<i64>(at, 16);
    const fourth = load<i64>(at, 24);
    smallest = select(first, smallest, first < smallest);
    greatest = select(first, greatest, first > greatest);
    smallestOdd = select(second, smallestOdd, second < smallestOdd);
    greatestOdd = select(second, greatestOdd, second > greatestOdd);
    smallest = select(third, smallest, third < smallest);
    greatest = select(third, greatest, third > greatest);
    smallestOdd = select(fourth, smallestOdd, fourth < smallestOdd);
    greatestOdd = select(fourth, greatestOdd, fourth > greatestOdd);
  }
  for (; at < end; at += 8) {
    const integer = load<i64>(at);
    smallest = select(integer, smallest, integer < smallest);
    greatest = select(integer, greatest, integer > greatest);
  }
  store<i64>(range, min(smallest, smallestOdd));
  store<i64>(range, max(greatest, greatestOdd), 8);
}

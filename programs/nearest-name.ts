/**
 * Finds the known name that a misspelt one most likely means.
 *
 * Owns: the distance between names and how near is near enough.
 * Never: formats a message.
 */

/** Longer names are not compared: nobody misspells at that length, and the comparison is quadratic. */
const NAME_LENGTH_MAX = 64;
const PREFIX_LENGTH_MIN = 3;

/**
 * The nearest of `known`, or undefined if none is near: the same but for case, a prefix, or at most a third of the
 * letters added, dropped, replaced or swapped with their neighbour. Of equally near ones the first.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > NAME_LENGTH_MAX) return undefined;
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let nearestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const other = candidate.toLowerCase();
    const distance = isPrefix(wanted, other) ? 1 : editDistance(wanted, other);
    const distanceMax = Math.floor(Math.max(wanted.length, other.length) / 3);
    if (distance <= distanceMax && distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/**
 * Edits that turn `left` into `right`: insertions, deletions, replacements and swaps of neighbours, each counting 1
 * (optimal string alignment).
 *
 * Cost: O(left × right).
 */
export function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = previous[column - 1] + (left[row - 1] === right[column - 1] ? 0 : 1);
      let distance = Math.min(replaced, previous[column] + 1, current[column - 1] + 1);
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) distance = Math.min(distance, beforePrevious[column - 2] + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length];
}

function isPrefix(left: string, right: string): boolean {
  if (Math.min(left.length, right.length) < PREFIX_LENGTH_MIN || left === right) return false;
  return left.startsWith(right) || right.startsWith(left);
}

/**
 * Makes an aggregation as small as it may be, by ending the range of keys that the pass takes earlier.
 *
 * Owns: where a pass ends.
 * Never: loses a row: what is forgotten is behind the range, and comes again in a later pass.
 */
import type { Aggregation } from "./aggregation.ts";
import type { KeyRange } from "./key-range.ts";

/** Cuts the range until its keys are at most `keysMax` (1 or more). */
export function fitKeys(aggregation: Aggregation, range: KeyRange, keysMax: number): void {
  while (aggregation.size.keys > keysMax) cutAt(aggregation, range, aggregation.middleOf("keys"));
}

/** Cuts the range until its rows are at most `rowsMax`; returns the key that has too many for that by itself, if one has. */
export function fitRows(aggregation: Aggregation, range: KeyRange, rowsMax: number): bigint | undefined {
  while (aggregation.size.rows > rowsMax) {
    const middle = aggregation.middleOf("rows");
    if (aggregation.hasOnlyRowsOf(middle)) return middle;
    const { rows } = aggregation.size;
    cutAt(aggregation, range, middle);
    // All rows are of this key, or nearly all.
    if (aggregation.size.rows === rows) cutAt(aggregation, range, middle - 1n);
  }
  return undefined;
}

/** Ends the range at `last`. */
export function cutAt(aggregation: Aggregation, range: KeyRange, last: bigint): void {
  aggregation.retain(last);
  range.cut(last);
}

// Raw memory for columns, tables and windows. No managed objects exist anywhere in this module: there is no garbage
// collector to run. Every allocation has 16 bytes of slack behind it, so that 8-byte loads and stores at the last
// narrow element stay inside.

const SLACK_BYTES: usize = 16;

/** Returns a 16-byte aligned region; traps when 4 GiB are exhausted. */
export function allocate(byteCount: usize): usize {
  return heap.alloc(byteCount + SLACK_BYTES);
}

export function release(pointer: usize): void {
  heap.free(pointer);
}

/** Grows or shrinks a region, keeping its content up to the smaller size; it may move. */
export function reallocate(pointer: usize, byteCount: usize): usize {
  return heap.realloc(pointer, byteCount + SLACK_BYTES);
}

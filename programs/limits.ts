/**
 * The limits of the language and of its kernels, each with unit and reason.
 *
 * Owns: the numbers. Those that shape blocks (marked D1) are part of the journal's format: changing one is a new format.
 */

/** Partitions a program may name. PROGRAMS contract. */
export const PARTITION_COUNT_MAX = 4096;
/** Operations after unrolling every repeat: bounds the plan's size. */
export const OPERATION_COUNT_MAX = 1_000_000;
/** Times of one repeat. */
export const REPEAT_TIMES_MAX = 100_000;
/** Levels of repeats inside repeats: bounds recursion. */
export const REPEAT_DEPTH_MAX = 32;
/** Bytes of one expression's source: bounds the time in which it is compiled, 2 s for the worst there is. */
export const EXPRESSION_BYTES_MAX = 16_384;
/** Levels of parentheses, signs, choices and the like in an expression: bounds the recursion of its parser. */
export const EXPRESSION_NESTING_MAX = 256;
/** Depth of an expression's tree, in which a chain of operators counts a level each: bounds all other recursion. */
export const EXPRESSION_DEPTH_MAX = 2048;
/** Characters of offending text in an error. */
export const OFFENDING_TEXT_MAX = 80;
/** Bytes of one line of input; a longer one is an error, so that memory is bounded. */
export const LINE_BYTES_MAX = 1 << 20;
/** Pairs that kernels work on at a time: two columns of 128 KiB stay in the second-level cache. */
export const BATCH_PAIRS = 16_384;
/** D1. Pairs of a shuffled bundle, at most. */
export const BUNDLE_PAIRS_MAX = 524_288;
/** D1. Distinct keys of a combiner before it is emptied into a bundle. */
export const COMBINER_KEYS_MAX = 262_144;
/** D1. Integers of a bundle of partial aggregates, at most: reduces with many aggregates have smaller tables. */
export const COMBINER_CELLS_MAX = 1 << 22;
/** D1. A combiner that finds more distinct keys than this share of the first batch of a task is left out for that task. */
export const COMBINER_DISTINCT_SHARE_MAX = 0.5;
/** D1. Pairs in the buffers of all flatMaps of a stage together: they decide the batches behind a flatMap. */
export const EXPANSION_PAIRS_MAX = 16 * BATCH_PAIRS;
/** D1. Pairs in the buffer of one flatMap, at least. */
export const EXPANSION_PAIRS_MIN = 64;
/** D1. Pairs of one task of a shuffled stage, if partitions are smaller: some milliseconds of work, as much as a task costs besides. */
export const TASK_PAIRS = 16_384;
/** D1. Bytes of blocks of one task of a shuffled stage, if partitions are smaller: integers of any size may be long. */
export const TASK_BYTES = 2 << 20;
/** D1. Tasks of a shuffled stage beyond which they grow instead: each reads from the bundles of all tasks before. */
export const STAGE_TASKS_MAX = 256;
/** D1. Pairs up to which tasks grow for that. */
export const GROWN_TASK_PAIRS = 1 << 20;
/** D1. Bytes up to which tasks grow for that. */
export const GROWN_TASK_BYTES = 32 << 20;
/** D1. Integers that a flatMap is thought to make of one where its list tells no number. */
export const EXPANSION_GUESS = 64;
/** D1. Pairs of one run of output. */
export const RUN_PAIRS_MAX = 524_288;
/** D1. Pairs of one block inside a run: the grain at which a range of the final order finds its part. */
export const RUN_BLOCK_PAIRS = 4096;
/** Pairs that one task of the final order collects, at most: what is more of its range is left to a further task. */
export const RANGE_PAIRS_MAX = 524_288;
/** Bits of an integer in `bigint` mode: a longer one is an arithmetic error instead of an exhausted memory. */
export const BIGINT_BITS_MAX = 4_000_000;
/** D1. Bytes of long integers in one bundle, run or combiner of `bigint` mode: counts alone would not bound memory. */
export const BIGINT_GATHERED_BYTES_MAX = 16 << 20;
/** D1. Bytes of one block inside a run of `bigint` mode, but for its last pair. */
export const BIGINT_RUN_BLOCK_BYTES = 64 << 10;

/**
 * Every maximum, interval and size of the actors, with unit and reason.
 *
 * Owns: the numbers. Those marked D1 shape blocks and so belong to a job's identity: changing one makes old journals
 * another job's.
 */

const MEBIBYTE = 1 << 20;

/** D1. Bytes of one split of uncompressed input, at most: about 300,000 short lines, some 10 ms of work. */
export const SPLIT_BYTES_MAX = 4 * MEBIBYTE;
/** D1. Bytes of one split, at least: a task costs about a millisecond beside its work. */
export const SPLIT_BYTES_MIN = MEBIBYTE;
/** D1. Splits that an input is cut into before they become as large as they may: a crash repeats those that are being read. */
export const SPLITS_WANTED = 64;
/** Time after which a task that went on with further stages ends: so much a crash repeats, and no task costs more than it. */
export const GO_ON_MS_MAX = 200;
/** Bytes of bundles that pass from one stage to the next in memory: more than a task of TASK_BYTES with its indexes. */
export const HELD_BYTES_MAX = 4 * MEBIBYTE;
/** Bytes of text pushed to a kernel at a time: fits the second-level cache together with its batch. */
export const READ_BYTES = 256 * 1024;
/** Bytes hashed at either end of an input file to identify it. */
export const FILE_IDENTITY_BYTES = 65_536;
/** Bytes of a header line, at most: a longer one is no header. */
export const HEADER_BYTES_MAX = 65_536;
/** Tasks of one partition under way at once: hides the time of a commit, also with a single partition. */
export const PARTITION_TASKS_IN_FLIGHT_MAX = 4;
/** Tasks of a job with one worker, for each of its slots: half a second's work of small splits, so that no slot waits for a message. */
export const TASKS_PER_SLOT_MAX = 64;
/** Time after which a worker that could not be reached is asked for blocks again. */
export const FETCH_RETRY_MS = 200;
/** Time without a byte after which a worker that is still a member is given up: its blocks are made again elsewhere. */
export const FETCH_PATIENCE_MS = 60_000;
/** Stretches asked of a worker at once. */
export const FETCH_REFERENCES_MAX = 4_096;
/** Splits whose bytes a worker brings from the coordinator at once: 128 MiB, enough for the threads of a large machine. */
export const INPUT_COPIES_MAX = 32;
/** Bytes of one stretch of input that is brought. */
export const INPUT_STRETCH_BYTES = MEBIBYTE;
/** Bytes brought behind a split at first, for its last line ends there; longer lines take further stretches. */
export const INPUT_TAIL_BYTES = 65_536;
/** Input files that a thread, or a coordinator for workers that do not see them, holds open. */
export const INPUTS_OPEN_MAX = 64;
/** Attempts to read one split that ended with its input missing or changed, before that is told. */
export const INPUT_ATTEMPTS_MAX = 3;
/** How often it is looked whether a worker that is drained can go. */
export const RELEASE_INTERVAL_MS = 250;
/** How often a job looks for tasks that take far longer than others. */
export const RACE_INTERVAL_MS = 1_000;
/** A task is raced when it takes so many times the median, and at least so long. */
export const RACE_FACTOR = 4;
export const RACE_LEAST_MS = 5_000;
/** Tasks given to one executor at once: one runs, one waits in the thread's queue, so that no thread waits for a commit. */
export const EXECUTOR_TASKS_MAX = 2;
/** Pairs of one range of the final order: about 4 MB of text. */
export const OUTPUT_RANGE_PAIRS = 262_144;
/** Ranges computed or waiting to be written for each executor: bounds the memory of finished text. */
export const OUTPUT_RANGES_IN_FLIGHT_MAX = 2;
/** Targets listed by name in a bundle's reference; with more, every partition is asked to look. Keeps references small. */
export const BUNDLE_TARGETS_LISTED_MAX = 64;
/** Bytes of rejects collected in a thread before they go to the segment. */
export const REJECT_BUFFER_BYTES = MEBIBYTE;
/** Characters of arithmetic rejects sorted in memory: some 200,000 of them; more are sorted on disk. */
export const REJECTS_HELD_CHARACTERS_MAX = 8 * MEBIBYTE;
/** Characters of rejects read or written at a time. */
export const REJECT_PIECE_CHARACTERS = 65_536;
/** How often executors and partitions are looked at; and workers beat, unless their coordinator is told otherwise. */
export const HEARTBEAT_INTERVAL_MS = 500;
/** Partitions asked for a heartbeat at each interval: with thousands of them they take turns. */
export const PARTITION_BEATS_MAX = 128;
/** A partition silent for so long is dead. */
export const PARTITION_DEAD_AFTER_MS = 60_000;
/** How often each partition is asked before it is dead, at least: with very many of them more are asked at once. */
export const PARTITION_TURNS_MIN = 4;
/** An executor whose thread is not ready after so long is dead: far more than loading takes on a machine that is busy with other work. */
export const EXECUTOR_DEAD_AFTER_MS = 30_000;
/** Attempts of one task that ended with its executor dead, before the task is called poison. */
export const TASK_ATTEMPTS_MAX = 3;
/** Times that one task's stored result may be found damaged and be made again, before the disk is called broken. */
export const TASK_REPAIRS_MAX = 8;
/**
 * Times in a row that one task, or the output, may starve of what nobody is said to hold, before the job ends. Each of the
 * workers that have a task may tell so once, of what was lost since.
 */
export const VAIN_REPAIRS_MAX = 8;
/** Messages between worker and coordinator under way at once: several from each of 4,096 partitions. */
export const MESSAGES_IN_FLIGHT_MAX = 65_536;
/** Share of the machine's or the container's memory that a process may have where nobody says how much. */
export const MEMORY_SHARE_DEFAULT = 0.5;
/** Memory of a process beside its executors: V8, LevelDB, finished text on its way. Measured: docs/decisions/0011-bounded-memory.md. */
export const PROCESS_BYTES = 128 * MEBIBYTE;
/** Memory of an executor beside its kernels. Measured, as above. */
export const EXECUTOR_BYTES = 40 * MEBIBYTE;
/** Bytes of a module of functions: each thread has a copy. */
export const FUNCTION_MODULE_BYTES_MAX = 16 * MEBIBYTE;
/** Executor threads, at most. */
export const EXECUTOR_COUNT_MAX = 256;
/** Version of the journal's payloads (not of its records): another one is another job. */
export const JOB_FORMAT_VERSION = 2;

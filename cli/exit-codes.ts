/**
 * What the command's exit codes mean, and which error ends in which.
 *
 * Owns: the numbers; scripts depend on them.
 * Never: exits.
 */
export const EXIT = {
  done: 0,
  /** Data, arithmetic, a full disk, a bug. */
  failed: 1,
  /** The program, the command line, an input or the data directory is wrong: nothing can run before that is repaired. */
  usage: 2,
  /** The cluster cannot be reached, or refuses us. */
  unreachable: 3,
  /** Restarted too often, or nobody left to work. */
  gaveUp: 4,
  interrupted: 130,
} as const;

const CODES: ReadonlyMap<string, number> = new Map([
  ["PROGRAM_INVALID", EXIT.usage],
  ["PROGRAM_UNREADABLE", EXIT.usage],
  ["USAGE", EXIT.usage],
  ["TOKEN_UNUSABLE", EXIT.usage],
  ["SETTINGS_INVALID", EXIT.usage],
  ["INPUT_MISSING", EXIT.usage],
  ["INPUT_UNREADABLE", EXIT.usage],
  ["INPUT_NOT_A_FILE", EXIT.usage],
  ["INPUT_COLUMN_UNKNOWN", EXIT.usage],
  ["FUNCTIONS_UNUSABLE", EXIT.usage],
  ["FUNCTIONS_OTHER", EXIT.usage],
  ["OUTPUT_UNUSABLE", EXIT.usage],
  ["DATA_DIRECTORY_UNUSABLE", EXIT.usage],
  ["DATA_DIRECTORY_OF_ANOTHER_JOB", EXIT.usage],
  ["MEMORY_TOO_SMALL", EXIT.usage],
  ["JOB_OF_ANOTHER_VERSION", EXIT.usage],
  ["PATH_OUTSIDE_DATA_ROOT", EXIT.usage],
  ["REQUEST_INVALID", EXIT.usage],
  ["REQUEST_TOO_LARGE", EXIT.usage],
  ["JOB_UNKNOWN", EXIT.usage],
  ["WORKER_UNKNOWN", EXIT.usage],
  ["CLUSTER_UNREACHABLE", EXIT.unreachable],
  ["CERTIFICATE_REFUSED", EXIT.unreachable],
  ["TOKEN_REFUSED", EXIT.unreachable],
  ["HOST_REFUSED", EXIT.unreachable],
  ["API_VERSION_UNKNOWN", EXIT.unreachable],
  ["ROUTE_UNKNOWN", EXIT.unreachable],
  ["QUEUE_FULL", EXIT.unreachable],
  ["GATEWAY_BUSY", EXIT.unreachable],
  ["COORDINATOR_NOT_READY", EXIT.unreachable],
  ["DATA_DIRECTORY_OF_ANOTHER_VERSION", EXIT.usage],
  ["DATA_DIRECTORY_OF_ANOTHER_ROLE", EXIT.usage],
  ["LISTENER_INSECURE", EXIT.usage],
  ["PROTOCOL_MISMATCH", EXIT.unreachable],
  ["PEER_REFUSED", EXIT.unreachable],
  ["VERSION_REFUSED", EXIT.unreachable],
  ["JOURNAL_LOCKED", EXIT.usage],
  ["JOURNAL_FORMAT_UNKNOWN", EXIT.usage],
  ["HOST_UNREACHABLE", EXIT.unreachable],
  ["COORDINATOR_REPLACED", EXIT.gaveUp],
  ["COORDINATOR_SUPERSEDED", EXIT.gaveUp],
  ["RESTARTS_EXHAUSTED", EXIT.gaveUp],
  ["TASK_POISONED", EXIT.gaveUp],
  ["NO_WORKERS", EXIT.gaveUp],
]);

/** `code` as errors of the product carry it; any other is a failure of the job. */
export function exitCodeOf(code: string): number {
  return CODES.get(code) ?? EXIT.failed;
}

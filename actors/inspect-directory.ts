/**
 * What a data directory holds: jobs, how far each has come, partition by partition and stage by stage, and its health.
 *
 * Owns: the shape of `inspect --json`; members are only ever added.
 * Never: writes to the directory, nor opens its journal: it reads a copy (`journal-copy.ts`), so a run may go on meanwhile.
 */
import { type CopiedLog, readJournalCopy } from "../runtime/journal/journal-copy.ts";
import { holderOf } from "../runtime/journal/level-journal.ts";
import { listSegments, SegmentLengths } from "../runtime/journal/segment-files.ts";
import { SegmentReader } from "../runtime/journal/segment-reader.ts";
import { type ClusterJobRecord, RECORD_PREFIX } from "./cluster/job-record.ts";
import { LIFE_LOGS, type ProcessLife } from "./cluster/process-life.ts";
import { JOB_LOG_PREFIX } from "./coordinator/messages.ts";
import { readIdentity } from "./directory-identity.ts";
import { StoredVerifier } from "./executor/verify-stored.ts";
import { type JobReport, reportJob } from "./inspect-job.ts";
import { decodeJob } from "./job-record.ts";
import { directoryPlaces } from "./open-directory.ts";
import { outputLog } from "./output/messages.ts";
import { freedLog, partitionLogPrefix, partitionOfLog } from "./partition/messages.ts";
import { freedBelowOf } from "./partition/usable-commits.ts";

export interface DirectoryReport {
  readonly directory: string;
  /** Of a process of a cluster; null: a run's. */
  readonly role: ProcessLife["role"] | null;
  /** The process that works in the directory; what is told may have changed meanwhile. */
  readonly holder: { readonly pid: number; readonly since: string } | null;
  readonly journal: {
    readonly bytes: number;
    readonly logs: number;
    readonly records: number;
    /** Logs that are broken: what follows the place is not believed, and computed again by the next run. */
    readonly broken: readonly { readonly log: string; readonly sequence: number; readonly reason: string }[];
  };
  readonly segments: { readonly files: number; readonly bytes: number; readonly usedBytes: number };
  readonly jobs: readonly JobReport[];
  /** Null: not asked for. */
  readonly verifiedBytes: number | null;
  readonly healthy: boolean;
}

/**
 * Shape:  `verify` reads every stored byte, and checks it.
 * Errors: JOURNAL_UNREADABLE, JOURNAL_FORMAT_UNKNOWN, DATA_DIRECTORY_OF_ANOTHER_VERSION, SEGMENT_READ_FAILED.
 */
export async function inspectDirectory(
  directory: string,
  { verify }: { readonly verify: boolean },
): Promise<DirectoryReport> {
  const places = directoryPlaces(directory);
  const identity = readIdentity(directory);
  const holder = holderOf(places.journal) ?? null;
  const { logs, strayCount, byteLength } = await readJournalCopy(places.journal);
  const lengths = new SegmentLengths(places.segments);
  const segments = verify ? new SegmentReader(places.segments) : undefined;
  const verifier = segments === undefined ? undefined : new StoredVerifier(segments);
  const jobs = jobIds(logs).map((id) => {
    const record = lastOf<ClusterJobRecord>(logs, `${RECORD_PREFIX}${id}`);
    return reportJob(id, {
      program: identity?.job === id ? identity.program : (record?.name ?? null),
      state: record?.state ?? null,
      description: descriptionOf(logs, id),
      partitions: logsOfPartitions(logs, id),
      output: logs.find(({ actor }) => actor === outputLog(id)),
      freedBelow: freedBelowOf(logs.find(({ actor }) => actor === freedLog(id))?.records ?? []),
      lengths,
      verifier,
    });
  });
  segments?.close();
  const broken = logs.flatMap(({ actor, found }) =>
    found === undefined ? [] : [{ log: actor, sequence: found.sequence, reason: found.reason }],
  );
  const files = listSegments(places.segments);
  const damagedCount = jobs.reduce((sum, { damagedResults }) => sum + damagedResults, 0);
  return {
    directory,
    role: lastOf<ProcessLife>(logs, ...LIFE_LOGS)?.role ?? null,
    holder,
    journal: { bytes: byteLength, logs: logs.length, records: count(logs, ({ records }) => records.length), broken },
    segments: {
      files: files.length,
      bytes: count(files, (file) => file.byteLength),
      usedBytes: count(jobs, ({ storedBytes }) => storedBytes),
    },
    jobs,
    verifiedBytes: verifier?.byteCount ?? null,
    healthy: broken.length + strayCount + damagedCount === 0,
  };
}

function jobIds(logs: readonly CopiedLog[]): string[] {
  const ids = logs.map(({ actor }) => actor.split("/")[1]).filter((id) => id !== undefined && id !== "");
  return [...new Set(ids as string[])].sort();
}

/** The latest record of the first of these logs that has any. */
function lastOf<Content>(logs: readonly CopiedLog[], ...actors: readonly string[]): Content | undefined {
  const payloads = actors.map((name) => logs.find(({ actor }) => actor === name)?.records.at(-1)?.payload);
  const payload = payloads.find((one) => one !== undefined);
  return payload === undefined ? undefined : (JSON.parse(Buffer.from(payload).toString("utf8")) as Content);
}

function descriptionOf(logs: readonly CopiedLog[], id: string) {
  const record = logs.find(({ actor }) => actor === `${JOB_LOG_PREFIX}${id}`)?.records.at(-1);
  return record === undefined ? undefined : decodeJob(record.payload);
}

function logsOfPartitions(logs: readonly CopiedLog[], id: string): { partition: number; log: CopiedLog }[] {
  return logs
    .filter(({ actor }) => actor.startsWith(partitionLogPrefix(id)))
    .flatMap((log) => {
      const partition = partitionOfLog(id, log.actor);
      return partition === undefined ? [] : [{ partition, log }];
    })
    .sort((one, two) => one.partition - two.partition);
}

function count<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/**
 * Which life of a process this is: a coordinator's term, a worker's epoch.
 *
 * Owns: the record of it in the process's journal.
 *
 * P1. A life is on stable storage before anybody hears of it, so that no two lives ever bear the same number: not even
 *     where all that was committed since is lost with the power.
 * P2. It is kept twice, so that one damaged record does not begin the count anew: everybody would take the process for
 *     one of its earlier lives.
 * P3. Where both are damaged, as where the directory is lost, the id is a new one: to everybody that is another process.
 *     A worker is known by its id; of a coordinator see `same-directory.ts`.
 * P4. What a worker has committed under an id that it has lost goes in the batch that begins its new life: its blocks bear
 *     the old id, and everybody would ask a worker for them that is not there.
 */
import type { Journal } from "../../runtime/journal/journal.ts";
import { PARTITION_LOG_PREFIX } from "../partition/messages.ts";

export interface ProcessLife {
  readonly role: "coordinator" | "worker";
  /** Stays the same as long as the data directory does; hexadecimal. */
  readonly id: string;
  /** Counts the starts, from 1. */
  readonly count: number;
}

/** P2. */
export const LIFE_LOGS = ["process", "process.copy"];

export interface LifeOptions {
  readonly role: ProcessLife["role"];
  /** Of a journal that has none. */
  readonly newId: string;
}

/** Of a journal that was begun in another role: that one's life, which goes on as it was. Errors: those of the journal. */
export async function beginLife(journal: Journal, { role, newId }: LifeOptions): Promise<ProcessLife> {
  // Before it is read: what is damaged is discarded then.
  const wasKept = (await journal.actors(LIFE_LOGS[0])).length > 0;
  const found = await readLife(journal);
  if (found !== undefined && found.role !== role) return found;
  const others = await journal.actors("");
  const isForgotten = found === undefined && (wasKept || others.length > 0);
  const life: ProcessLife = { role, id: found?.id ?? newId, count: (found?.count ?? 0) + 1 };
  const payload = Buffer.from(JSON.stringify(life));
  const isLost = (log: string): boolean => isForgotten && role === "worker" && log.startsWith(PARTITION_LOG_PREFIX);
  await journal.commit(
    LIFE_LOGS.map((actor) => ({ actor, payload, replace: true, stable: true })),
    others.filter(isLost),
  );
  return life;
}

/** Whose journal it is; undefined if it is none of a process of a cluster. */
export async function roleOf(journal: Journal): Promise<ProcessLife["role"] | undefined> {
  return (await readLife(journal))?.role;
}

/** The latest of which a record can be read. */
async function readLife(journal: Journal): Promise<ProcessLife | undefined> {
  let latest: ProcessLife | undefined;
  for (const log of LIFE_LOGS) {
    const record = (await journal.read(log)).at(-1);
    if (record === undefined) continue;
    const life = JSON.parse(Buffer.from(record.payload).toString("utf8")) as ProcessLife;
    if (latest === undefined || life.count > latest.count) latest = life;
  }
  return latest;
}

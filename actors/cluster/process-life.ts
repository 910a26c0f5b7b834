/**
 * Which life of a process this is: a coordinator's term, a worker's epoch.
 *
 * Owns: the record of it in the process's journal.
 *
 * P1. A life is journaled before anybody hears of it, so that no two lives ever bear the same number.
 */
import type { Journal } from "../../runtime/journal/journal.ts";

export interface ProcessLife {
  readonly role: "coordinator" | "worker";
  /** Stays the same as long as the data directory does; hexadecimal. */
  readonly id: string;
  /** Counts the starts, from 1. */
  readonly count: number;
}

const LIFE_LOG = "process";

/** `newId` is of a journal that has none. Of a journal that was begun in another role: that one's life, which goes on as it was. Errors: those of the journal. */
export async function beginLife(journal: Journal, role: ProcessLife["role"], newId: string): Promise<ProcessLife> {
  const latest = (await journal.read(LIFE_LOG)).at(-1);
  const before: ProcessLife =
    latest === undefined
      ? { role, id: newId, count: 0 }
      : (JSON.parse(Buffer.from(latest.payload).toString("utf8")) as ProcessLife);
  if (before.role !== role) return before;
  const life: ProcessLife = { ...before, count: before.count + 1 };
  await journal.commit([{ actor: LIFE_LOG, payload: Buffer.from(JSON.stringify(life)), replace: true }]);
  return life;
}

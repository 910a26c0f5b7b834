/**
 * Which life of a process this is: a coordinator's term, a worker's epoch.
 *
 * Owns: the record of it in the process's journal.
 *
 * P1. A life is on stable storage before anybody hears of it, so that no two lives ever bear the same number: not even
 *     where all that was committed since is lost with the power.
 * P2. It is kept twice, so that one damaged record does not begin the count anew: everybody would take the process for
 *     one of its earlier lives.
 */
import type { Journal } from "../../runtime/journal/journal.ts";

export interface ProcessLife {
  readonly role: "coordinator" | "worker";
  /** Stays the same as long as the data directory does; hexadecimal. */
  readonly id: string;
  /** Counts the starts, from 1. */
  readonly count: number;
}

/** P2. */
const LIFE_LOGS = ["process", "process.copy"];

/** `newId` is of a journal that has none. Of a journal that was begun in another role: that one's life, which goes on as it was. Errors: those of the journal. */
export async function beginLife(journal: Journal, role: ProcessLife["role"], newId: string): Promise<ProcessLife> {
  let before: ProcessLife = { role, id: newId, count: 0 };
  for (const log of LIFE_LOGS) {
    const latest = (await journal.read(log)).at(-1);
    if (latest === undefined) continue;
    const life = JSON.parse(Buffer.from(latest.payload).toString("utf8")) as ProcessLife;
    if (life.count > before.count) before = life;
  }
  if (before.role !== role) return before;
  const life: ProcessLife = { ...before, count: before.count + 1 };
  const payload = Buffer.from(JSON.stringify(life));
  await journal.commit(LIFE_LOGS.map((actor) => ({ actor, payload, replace: true, stable: true })));
  return life;
}

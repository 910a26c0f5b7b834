/**
 * The data directory of a process of a cluster: its journal, and its segments beside it.
 *
 * Owns: that it is made, locked, and used for one role only.
 */
import { existsSync } from "node:fs";
import type { Journal, JournalBreak, JournalDurability } from "../runtime/journal/journal.ts";
import { createLevelJournal } from "../runtime/journal/level-journal.ts";
import { systemId } from "../runtime/system-random.ts";
import { beginLife, type ProcessLife } from "./cluster/process-life.ts";
import { identityFile } from "./directory-identity.ts";
import { createDirectory, directoryPlaces } from "./open-directory.ts";
import { ofAnotherRole, requireOwnContent } from "./own-content.ts";

const ID_BYTES = 4;

export interface OpenPlaces {
  /** Open. */
  readonly journal: Journal;
  readonly life: ProcessLife;
  readonly segmentDirectory: string;
}

export interface PlacesOptions {
  readonly dataDirectory: string;
  readonly role: "coordinator" | "worker";
  readonly durability: JournalDurability;
  readonly onBreak: (found: JournalBreak) => void;
  /** The journal takes nothing more: the process has to begin anew. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Takes the lock.
 *
 * Errors: DATA_DIRECTORY_UNUSABLE, DATA_DIRECTORY_OF_ANOTHER_ROLE, and those of opening a journal.
 */
export async function openPlaces({ dataDirectory, role, onBreak, ...options }: PlacesOptions): Promise<OpenPlaces> {
  const places = directoryPlaces(dataDirectory);
  if (existsSync(identityFile(dataDirectory))) throw ofAnotherRole(dataDirectory, "run");
  requireOwnContent(dataDirectory, places);
  for (const place of [places.journal, places.segments]) createDirectory(place, dataDirectory);
  const journal = createLevelJournal({ ...options, directory: places.journal, onBreak });
  await journal.open();
  try {
    const life = await beginLife(journal, { role, newId: systemId(ID_BYTES) });
    if (life.role !== role) throw ofAnotherRole(dataDirectory, `a ${life.role}`);
    return { journal, life, segmentDirectory: places.segments };
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/**
 * Whether all that lies where a data directory has its files was made by this product: it is going to be removed one day.
 *
 * Owns: which names those are.
 * Never: removes or opens anything.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { RuntimeError } from "../runtime/errors.ts";
import { isJournalFile } from "../runtime/journal/level-journal.ts";
import { isSegmentName } from "../runtime/journal/segment-files.ts";
import { identityFile, isAnIdentity } from "./directory-identity.ts";

export interface OwnPlaces {
  readonly journal: string;
  readonly segments: string;
}

/** Errors: DATA_DIRECTORY_UNUSABLE, which names the first file that is somebody else's. */
export function requireOwnContent(dataDirectory: string, { journal, segments }: OwnPlaces): void {
  const journalNames = namesIn(journal);
  const foreign = [
    ...journalNames.filter((name) => !isJournalFile(name)).map((name) => path.join(journal, name)),
    ...namesIn(segments)
      .filter((name) => !isSegmentName(name))
      .map((name) => path.join(segments, name)),
    // Beside a journal it may be a damaged one of ours.
    ...(journalNames.length === 0 && isAnIdentity(dataDirectory) === false ? [identityFile(dataDirectory)] : []),
  ];
  if (foreign.length === 0) return;
  const message = `cannot use "${dataDirectory}" as data directory: "${foreign[0]}" is not of actor-dataflow; name another one`;
  throw new RuntimeError("DATA_DIRECTORY_UNUSABLE", message);
}

export function ofAnotherRole(dataDirectory: string, role: string): RuntimeError {
  const message = `data directory "${dataDirectory}" belongs to ${role}; name another one`;
  return new RuntimeError("DATA_DIRECTORY_OF_ANOTHER_ROLE", message);
}

/** None if there is no such directory. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

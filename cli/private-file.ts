/**
 * Files that hold a secret: a token, a private key.
 *
 * Owns: who else may be able to read one.
 *
 * P1. Nobody but its owner reads it: mode 0600 or less.
 * P2. A file of root's may be read by a group too, where we are not root: so Kubernetes (fsGroup) and systemd (credentials)
 *     hand secrets over, and our own user could not have made such a file.
 */
import { type Stats, statSync } from "node:fs";
import { quoteText } from "../programs/quote-text.ts";

const OTHERS = 0o077;
const OTHERS_BUT_READING_GROUP = 0o037;

/** Why the file is not fit to hold a secret; undefined: it is. Errors: those of `stat`. */
export function exposureOf(file: string): string | undefined {
  const status = statSync(file);
  if (!status.isFile()) return `${quoteText(file)} is not a regular file`;
  if (isPrivate(status, process.getuid?.() ?? 0)) return undefined;
  const mode = (status.mode & 0o777).toString(8).padStart(4, "0");
  return `${quoteText(file)} has mode ${mode}, so that others can read it: chmod 600 it`;
}

/** `user` is the one that this process runs as. */
export function isPrivate({ mode, uid }: Pick<Stats, "mode" | "uid">, user: number): boolean {
  return (mode & OTHERS) === 0 || (uid === 0 && user !== 0 && (mode & OTHERS_BUT_READING_GROUP) === 0);
}

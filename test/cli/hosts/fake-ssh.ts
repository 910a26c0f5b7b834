/**
 * A program in the place of ssh, that runs the command on this host.
 *
 * Owns: the script. It writes its words down, finds no host of the name `nowhere`, and gives the rest to a shell, as
 *       sshd does.
 */
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";

const SCRIPT = `#!/bin/sh
printf '%s\\n' "$@" >> "$(dirname "$0")/words"
while [ "$1" != "--" ]; do shift; done
shift
host=$1
shift
if [ "$host" = nowhere ]; then echo "ssh: Could not resolve hostname nowhere" >&2; exit 255; fi
exec sh -c "$*"
`;

/** Its path; its words are appended to `words` beside it. */
export function fakeSsh(directory: string): string {
  const file = path.join(directory, "ssh");
  writeFileSync(file, SCRIPT);
  chmodSync(file, 0o755);
  return file;
}

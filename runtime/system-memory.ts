/**
 * How much memory this process may have at all: the machine's, or less where a control group (a container) limits it.
 *
 * Owns: where Linux says so, for version 1 and 2 of control groups.
 * Never: measures what is in use.
 *
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max, memory.high) and
 *         https://docs.kernel.org/admin-guide/cgroup-v1/memory.html (memory.limit_in_bytes).
 */
import { readFileSync } from "node:fs";
import os from "node:os";

const GROUPS_FILE = "/proc/self/cgroup";
const ROOT_V1 = "/sys/fs/cgroup/memory";
/** Alone, or beside version 1. */
const ROOTS_V2 = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
const FILES_V1 = ["memory.limit_in_bytes"];
const FILES_V2 = ["memory.max", "memory.high"];

/** In bytes. */
export function systemMemory(): number {
  return Math.min(os.totalmem(), groupLimit(readText));
}

/** The smallest limit of the process's control groups and of the groups above them; Infinity without any. */
export function groupLimit(read: (file: string) => string | undefined): number {
  const limits = limitFiles(read(GROUPS_FILE) ?? "").map((file) => limitIn(read(file)));
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

/** Lines of /proc/self/cgroup: `0::/path` for version 2, `4:memory:/path` for version 1. */
function limitFiles(groups: string): string[] {
  return groups.split("\n").flatMap((line) => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === "") return [];
    const directories = ancestorsOf(path);
    if (controllers === "") return ROOTS_V2.flatMap((root) => filesIn(root, directories, FILES_V2));
    return controllers.split(",").includes("memory") ? filesIn(ROOT_V1, directories, FILES_V1) : [];
  });
}

function filesIn(root: string, directories: readonly string[], names: readonly string[]): string[] {
  return directories.flatMap((directory) => names.map((name) => `${root}${directory}/${name}`));
}

/** `/a/b` is in `/a/b`, `/a` and the root; a container may see only the root, as its own group. */
function ancestorsOf(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  return Array.from({ length: names.length + 1 }, (_, count) =>
    [...names.slice(0, count)].map((name) => `/${name}`).join(""),
  );
}

/** Without a limit version 2 says `max`, version 1 a number near 2^63: more than any machine has. */
function limitIn(text: string | undefined): number {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // No such group, or no such system: then there is no such limit.
    return undefined;
  }
}

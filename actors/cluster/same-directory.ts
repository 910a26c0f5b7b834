/**
 * Whether the coordinator that answers is the one of before: in any life, but of the same data directory.
 *
 * Owns: the name of a life in a greeting, and which coordinator a worker's process belongs to.
 *
 * S1. A process of a worker belongs to the first coordinator that it meets. One of another directory, such as one whose
 *     disk was lost, counts its terms and messages anew: what this process remembers would be held against it, so the
 *     process ends before a word is said, and the next one begins afresh.
 */
import type { ProcessLife } from "./process-life.ts";

/** As peers are told it: ids are hexadecimal. */
export function lifeName({ id, count }: Pick<ProcessLife, "id" | "count">): string {
  return `${id}.${count}`;
}

/** S1. Whether the coordinator whose life has that name belongs to the directory of the first that was asked about. */
export function sameDirectory(): (life: string) => boolean {
  let known: string | undefined;
  return (life) => {
    const directory = life.slice(0, life.lastIndexOf("."));
    known ??= directory;
    return directory === known;
  };
}

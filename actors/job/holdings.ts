/**
 * Who holds what has been committed, and of what the blocks have gone since.
 *
 * Owns: the copies of each task's commit, by worker, in the order in which they were told.
 * Never: knows at which stage a job is, or what it needs.
 *
 * O1. The copy that is read is the first one that was told of those whose blocks are there.
 * O3. Copies of a task that went on through other stages than the others are none: what one of them stands for is not what
 *     another one stands for.
 * O2. A copy whose blocks have gone stands for its rejects, and for its task having been done.
 */
import { placeName } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import { referencesOf, type TaskCommit } from "../partition/messages.ts";

interface Copy {
  readonly commit: TaskCommit;
  isGone: boolean;
}

/** A copy that is not to be used any more, by one of the things that it refers to. */
export interface Dropped {
  readonly name: string;
  readonly worker: string;
  readonly commit: TaskCommit;
  readonly at: SegmentReference;
}

export class Holdings {
  /** By task name, then by worker. A task that is known and has none is an orphan. */
  readonly #copies = new Map<string, Map<string, Copy>>();

  names(): IterableIterator<string> {
    return this.#copies.keys();
  }

  /**
   * Whoever tells what it has told before does not bring back what has gone. Returns the copies that do not count (O3), which
   * may be the one that is told.
   */
  note(
    name: string,
    commit: TaskCommit,
    { worker, isGone }: { readonly worker: string; readonly isGone: boolean },
  ): readonly Dropped[] {
    let copies = this.#copies.get(name);
    if (copies === undefined) {
      copies = new Map();
      this.#copies.set(name, copies);
    }
    const known = copies.get(worker);
    const wasGone = known?.isGone === true && isSamePlace(known.commit, commit);
    const copy = { commit, isGone: (isGone || wasGone) && blocksOf(commit).length > 0 };
    copies.set(worker, copy);
    const others = [...copies].filter(([id, other]) => id !== worker && reachOf(other.commit) !== reachOf(commit));
    if (others.length === 0) return [];
    const isReplacing = !copy.isGone && others.every(([, other]) => other.isGone);
    const refused: readonly [string, Copy][] = isReplacing ? others : [[worker, copy]];
    return refused.flatMap(([id, { commit: of }]) => {
      copies.delete(id);
      const [at] = referencesOf(of);
      return at === undefined ? [] : [{ name, worker: id, commit: of, at }];
    });
  }

  /** Forgets all that a worker holds; returns what it held, by name. */
  lose(worker: string): ReadonlyMap<string, TaskCommit> {
    const lost = new Map<string, TaskCommit>();
    for (const [name, copies] of this.#copies) {
      const copy = copies.get(worker);
      if (copy === undefined) continue;
      copies.delete(worker);
      lost.set(name, copy.commit);
    }
    return lost;
  }

  /** Forgets the copies that refer to damaged bytes, where they have not gone anyway. */
  drop(isDamaged: (at: SegmentReference) => boolean): readonly Dropped[] {
    const dropped: Dropped[] = [];
    for (const [name, copies] of this.#copies) {
      for (const [worker, { commit, isGone }] of copies) {
        const at = (isGone ? commit.result.rejects : referencesOf(commit)).find(isDamaged);
        if (at === undefined) continue;
        copies.delete(worker);
        dropped.push({ name, worker, commit, at });
      }
    }
    return dropped;
  }

  /** The blocks of a task's copies go. */
  free(name: string): void {
    for (const copy of this.#copies.get(name)?.values() ?? []) copy.isGone = blocksOf(copy.commit).length > 0;
  }

  /** Forgets the copies of a task whose blocks have gone. */
  dropGone(name: string): readonly Dropped[] {
    const dropped: Dropped[] = [];
    const copies = this.#copies.get(name) ?? new Map<string, Copy>();
    for (const [worker, { commit, isGone }] of copies) {
      if (!isGone) continue;
      copies.delete(worker);
      dropped.push({ name, worker, commit, at: blocksOf(commit)[0] });
    }
    return dropped;
  }

  /** O1; of those whose blocks have gone, if there is no other. Undefined if nobody has any. */
  first(name: string): TaskCommit | undefined {
    const copies = [...(this.#copies.get(name)?.values() ?? [])];
    return (copies.find(({ isGone }) => !isGone) ?? copies[0])?.commit;
  }

  /** Workers that hold a task's blocks, or, where they have been freed, its rejects. */
  holders(name: string, { isFreed }: { readonly isFreed: boolean }): string[] {
    const copies = [...(this.#copies.get(name) ?? [])];
    return copies.filter(([, { isGone }]) => isFreed || !isGone).map(([worker]) => worker);
  }

  /** Whether a task was committed, but nobody has anything of it any more. */
  isOrphan(name: string): boolean {
    return this.#copies.get(name)?.size === 0;
  }

  /** Whether a task was committed, but nobody has its blocks any more. */
  isGone(name: string): boolean {
    for (const { isGone } of this.#copies.get(name)?.values() ?? []) if (!isGone) return false;
    return this.#copies.has(name);
  }
}

/** The last stage that a commit stands for. */
export function reachOf({ stage, result }: TaskCommit): number {
  return result.through ?? stage;
}

export function isSamePlace(one: TaskCommit, other: TaskCommit): boolean {
  return one === other || placesOf(one) === placesOf(other);
}

function placesOf(commit: TaskCommit): string {
  return referencesOf(commit).map(placeName).join();
}

function blocksOf({ result: { bundles, runs } }: TaskCommit): readonly SegmentReference[] {
  return [...bundles, ...runs].map(({ at }) => at);
}

/**
 * Whoever has submitted the jobs of a simulation: asks until each is accepted, cancels, and hears how each ends. A job that is
 * submitted again to a coordinator that has forgotten it has another id there.
 *
 * Owns: what was acknowledged: no later coordinator may know nothing of it, or tell another end of it.
 * Never: decides anything of a job.
 */
import type { ClusterDirector } from "../../../actors/cluster/cluster-director.ts";
import { isEnded, type JobStatus } from "../../../actors/cluster/control.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { Problems } from "../checks/problems.ts";
import { isIdOf, jobIds, type Work } from "../workload.ts";
import type { World } from "../world/world.ts";
import { UPLOAD_NAME } from "./coordinator-process.ts";

export interface SubmitterOptions {
  readonly world: World;
  readonly works: readonly Work[];
  readonly problems: Problems;
  /** A coordinator may forget what it has promised: power was lost, and nothing is synced; or records were damaged. */
  readonly mayForget: () => boolean;
}

export class Submitter {
  readonly #options: SubmitterOptions;
  readonly #wanted = new Set<Work>();
  /** With the id that each was accepted under. */
  readonly #acknowledged = new Map<Work, string>();
  readonly #cancelled = new Set<Work>();
  readonly #ends = new Map<Work, JobStatus>();
  /** How many ids each has been given. */
  readonly #idCounts = new Map<Work, number>();
  #beingSubmitted: Work | undefined;

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#options.works.every((work) => this.#ends.has(work));
  }

  /** Ids of jobs that have not ended. */
  get unfinished(): string[] {
    return this.#options.works.filter((work) => !this.#ends.has(work)).map(({ job }) => job.id);
  }

  /** For the director: ids are not chosen by chance here. */
  takeId(): string {
    const work = this.#beingSubmitted;
    if (work === undefined) throw new Error("a job that nobody submits is given an id");
    const count = this.#idCounts.get(work) ?? 0;
    this.#idCounts.set(work, count + 1);
    const id = jobIds(work).at(count);
    if (id === undefined) throw new Error(`job ${work.job.id} is submitted again and again`);
    return id;
  }

  workOf(id: string): Work | undefined {
    return this.#options.works.find((work) => isIdOf(id, work));
  }

  want(work: Work, director: ClusterDirector | undefined): void {
    this.#wanted.add(work);
    if (director !== undefined) this.#submit(work, director);
  }

  cancel(work: Work, director: ClusterDirector | undefined): void {
    this.#cancelled.add(work);
    if (director !== undefined) this.#cancelAt(work, director);
  }

  /** A coordinator has opened its books. */
  met(director: ClusterDirector): void {
    for (const id of this.#acknowledged.values()) {
      const status = director.job(id);
      if (status !== undefined) this.#hear(status);
      else if (!this.#options.mayForget()) this.#report(`job ${id} was accepted, and is not known any more`);
    }
    for (const work of this.#wanted) this.#submit(work, director);
    for (const work of this.#cancelled) this.#cancelAt(work, director);
  }

  told(status: JobStatus): void {
    this.#hear(status);
  }

  /** How it has ended, as it was told last. */
  endOf(work: Work): JobStatus | undefined {
    return this.#ends.get(work);
  }

  #submit(work: Work, director: ClusterDirector): void {
    if (this.#ends.has(work)) return;
    this.#beingSubmitted = work;
    const { id } = work.job;
    const request = { program: work.text, fileName: id, uploads: [UPLOAD_NAME], submissionId: id };
    director.submit(request).then(
      (status) => {
        this.#acknowledged.set(work, status.id);
        if (this.#cancelled.has(work)) this.#cancelAt(work, director);
      },
      // Its journal failed: the coordinator ends, and the next one is asked.
      (error: unknown) =>
        this.#options.world.note("submit.refused", error instanceof RuntimeError ? error.code : String(error)),
    );
  }

  #cancelAt(work: Work, director: ClusterDirector): void {
    director.cancel(this.#acknowledged.get(work) ?? work.job.id).then(
      () => undefined,
      (error: unknown) =>
        this.#options.world.note("cancel.refused", error instanceof RuntimeError ? error.code : String(error)),
    );
  }

  #hear(status: JobStatus): void {
    const { id, state } = status;
    const work = this.workOf(id);
    if (!isEnded(state) || work === undefined) return;
    const known = this.#ends.get(work)?.state;
    if (known !== undefined && known !== state && !this.#options.mayForget()) {
      this.#report(`job ${id} was ${known}, and is ${state}`);
    }
    this.#ends.set(work, status);
  }

  #report(what: string): void {
    this.#options.problems.report("promises", what);
  }
}

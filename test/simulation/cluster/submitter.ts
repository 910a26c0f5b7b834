/**
 * Whoever has submitted the jobs of a simulation: asks until each is accepted, cancels, and hears how each ends.
 *
 * Owns: what was acknowledged: no later coordinator may know nothing of it, or tell another end of it.
 * Never: decides anything of a job.
 */
import type { ClusterDirector } from "../../../actors/cluster/cluster-director.ts";
import { isEnded, type JobStatus } from "../../../actors/cluster/control.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { Problems } from "../checks/problems.ts";
import type { Work } from "../workload.ts";
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
  readonly #acknowledged = new Set<string>();
  readonly #cancelled = new Set<string>();
  readonly #ends = new Map<string, JobStatus>();
  /** The id that the job being submitted is to have. */
  #nextId = "";

  constructor(options: SubmitterOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#options.works.every(({ job }) => this.#ends.has(job.id));
  }

  /** Ids of jobs that have not ended. */
  get unfinished(): string[] {
    return this.#options.works.map(({ job }) => job.id).filter((id) => !this.#ends.has(id));
  }

  /** For the director: ids are not chosen by chance here. */
  takeId(): string {
    return this.#nextId;
  }

  workOf(id: string): Work | undefined {
    return this.#options.works.find(({ job }) => job.id === id);
  }

  want(work: Work, director: ClusterDirector | undefined): void {
    this.#wanted.add(work);
    if (director !== undefined) this.#submit(work, director);
  }

  cancel(work: Work, director: ClusterDirector | undefined): void {
    this.#cancelled.add(work.job.id);
    if (director !== undefined) this.#cancelAt(work.job.id, director);
  }

  /** A coordinator has opened its books. */
  met(director: ClusterDirector): void {
    for (const id of this.#acknowledged) {
      const status = director.job(id);
      if (status !== undefined) this.#hear(status);
      else if (!this.#options.mayForget()) this.#report(`job ${id} was accepted, and is not known any more`);
    }
    for (const work of this.#wanted) this.#submit(work, director);
    for (const id of this.#cancelled) this.#cancelAt(id, director);
  }

  told(status: JobStatus): void {
    this.#hear(status);
  }

  /** How it has ended, as it was told last. */
  endOf({ job }: Work): JobStatus | undefined {
    return this.#ends.get(job.id);
  }

  #submit(work: Work, director: ClusterDirector): void {
    const { id } = work.job;
    if (this.#ends.has(id)) return;
    this.#nextId = id;
    const request = { program: work.text, fileName: id, uploads: [UPLOAD_NAME], submissionId: id };
    director.submit(request).then(
      () => {
        this.#acknowledged.add(id);
        if (this.#cancelled.has(id)) this.#cancelAt(id, director);
      },
      // Its journal failed: the coordinator ends, and the next one is asked.
      (error: unknown) =>
        this.#options.world.note("submit.refused", error instanceof RuntimeError ? error.code : String(error)),
    );
  }

  #cancelAt(id: string, director: ClusterDirector): void {
    director.cancel(id).then(
      () => undefined,
      (error: unknown) =>
        this.#options.world.note("cancel.refused", error instanceof RuntimeError ? error.code : String(error)),
    );
  }

  #hear(status: JobStatus): void {
    const { id, state } = status;
    if (!isEnded(state)) return;
    const known = this.#ends.get(id)?.state;
    if (known !== undefined && known !== state && !this.#options.mayForget()) {
      this.#report(`job ${id} was ${known}, and is ${state}`);
    }
    this.#ends.set(id, status);
  }

  #report(what: string): void {
    this.#options.problems.report("promises", what);
  }
}

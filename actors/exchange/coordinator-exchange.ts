/**
 * Brings here what the coordinator writes itself.
 *
 * Owns: what was brought for a job, until it ends.
 * Never: checks a byte: whoever asked does.
 */
import type { Clock } from "../../runtime/clock.ts";
import { SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { BlockSource, Located, ReferenceExchange } from "./messages.ts";
import { Mirror } from "./mirror.ts";
import { PatientFetch, Unavailable, type Wanted } from "./patient-fetch.ts";
import { writerOf } from "./segment-names.ts";

export interface CoordinatorExchangeOptions {
  readonly clock: Clock;
  readonly segmentDirectory: string;
  readonly source: BlockSource;
  /** Told of each job that is closed. */
  readonly noteClosed?: (job: string) => void;
}

export function createCoordinatorExchange(options: CoordinatorExchangeOptions): ReferenceExchange {
  return new OutputExchange(options);
}

class OutputExchange implements ReferenceExchange {
  readonly #noteClosed: CoordinatorExchangeOptions["noteClosed"];
  readonly #mirror: Mirror;
  readonly #fetch: PatientFetch;
  /** Aborted when the job is closed. */
  readonly #jobs = new Map<string, AbortController>();

  constructor(options: CoordinatorExchangeOptions) {
    this.#noteClosed = options.noteClosed;
    this.#mirror = new Mirror(options.segmentDirectory);
    this.#fetch = new PatientFetch(options);
  }

  async bring(job: string, references: readonly SegmentReference[]): Promise<void> {
    const missing = references.filter((reference) => !this.#mirror.has(job, reference));
    await this.#fetchAll(job, missing, (reference, bytes) => this.#mirror.write(job, reference, bytes));
  }

  async read(job: string, references: readonly SegmentReference[]): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    const read = new Map<SegmentReference, Uint8Array<ArrayBuffer>>();
    await this.#fetchAll(job, references, (reference, bytes) => read.set(reference, bytes));
    return references.map((reference) => {
      const bytes = read.get(reference);
      if (bytes === undefined) throw new SegmentDamageError([reference]);
      return bytes;
    });
  }

  noteDirectory(members: readonly Located[]): void {
    this.#fetch.noteDirectory(members);
  }

  close(job: string): void {
    this.#jobs.get(job)?.abort();
    this.#jobs.delete(job);
    this.#mirror.close(job);
    this.#noteClosed?.(job);
  }

  async #fetchAll(job: string, references: readonly SegmentReference[], take: Wanted["take"]): Promise<void> {
    const signal = this.#signalOf(job);
    const byWriter = new Map<string, SegmentReference[]>();
    for (const reference of references) {
      const writer = writerOf(reference.segment);
      if (writer === undefined) continue;
      const list = byWriter.get(writer);
      if (list === undefined) byWriter.set(writer, [reference]);
      else list.push(reference);
    }
    await Promise.all(
      [...byWriter].map(([worker, list]) => this.#orDamage(worker, { job, references: list, signal, take })),
    );
  }

  async #orDamage(worker: string, wanted: Wanted): Promise<void> {
    try {
      await this.#fetch.fetch(worker, wanted);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      throw new SegmentDamageError(wanted.references, error);
    }
  }

  #signalOf(job: string): AbortSignal {
    const closing = this.#jobs.get(job) ?? new AbortController();
    this.#jobs.set(job, closing);
    return closing.signal;
  }
}

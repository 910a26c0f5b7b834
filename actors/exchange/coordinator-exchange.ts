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
import { PatientFetch, Unavailable } from "./patient-fetch.ts";
import { writerOf } from "./segment-names.ts";

export interface CoordinatorExchangeOptions {
  readonly clock: Clock;
  readonly segmentDirectory: string;
  readonly source: BlockSource;
}

export function createCoordinatorExchange(options: CoordinatorExchangeOptions): ReferenceExchange {
  return new OutputExchange(options);
}

class OutputExchange implements ReferenceExchange {
  readonly #mirror: Mirror;
  readonly #fetch: PatientFetch;
  /** Aborted when the job is closed. */
  readonly #jobs = new Map<string, AbortController>();

  constructor(options: CoordinatorExchangeOptions) {
    this.#mirror = new Mirror(options.segmentDirectory);
    this.#fetch = new PatientFetch(options);
  }

  async bring(job: string, references: readonly SegmentReference[]): Promise<void> {
    const signal = this.#signalOf(job);
    const missing = new Map<string, SegmentReference[]>();
    for (const reference of references) {
      const writer = writerOf(reference.segment);
      if (writer === undefined || this.#mirror.has(job, reference)) continue;
      const list = missing.get(writer);
      if (list === undefined) missing.set(writer, [reference]);
      else list.push(reference);
    }
    const take = (reference: SegmentReference, bytes: Uint8Array): void => this.#mirror.write(job, reference, bytes);
    await Promise.all(
      [...missing].map(([worker, list]) => this.#orDamage(worker, { job, references: list, signal, take })),
    );
  }

  noteDirectory(members: readonly Located[]): void {
    this.#fetch.noteDirectory(members);
  }

  close(job: string): void {
    this.#jobs.get(job)?.abort();
    this.#jobs.delete(job);
    this.#mirror.close(job);
  }

  async #orDamage(worker: string, wanted: Parameters<PatientFetch["fetch"]>[1]): Promise<void> {
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

/**
 * Brings the blocks of other workers here before a task that reads them is run.
 *
 * Owns: what is being fetched, from whom, and when it is given up.
 * Never: checks a byte: the task does, and what does not fit is made again.
 *
 * X1. A stretch is fetched once, however many tasks wait for it.
 * X2. A worker that cannot be reached is asked again until it is no member any more; then what it held is damage.
 * X3. Bytes that a member says it does not have are damage at once.
 */
import type { Clock } from "../../runtime/clock.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReference } from "../../runtime/journal/segment-files.ts";
import type { Task } from "../executor/messages.ts";
import { FETCH_REFERENCES_MAX, FETCH_RETRY_MS } from "../options.ts";
import type { BlockSource, ReferenceExchange, SubmitCommand, WorkerExchange } from "./messages.ts";
import { Mirror } from "./mirror.ts";
import { bodiesOf, indexesOf } from "./needs.ts";
import { writerOf } from "./segment-names.ts";

export interface ExchangeOptions {
  readonly clock: Clock;
  /** This worker's id; empty for the coordinator, which writes no blocks. */
  readonly self: string;
  readonly segmentDirectory: string;
  readonly source: BlockSource;
  readonly partitionsOf: (job: string) => number;
}

/** What of a task's input cannot be had. */
class Unreachable extends Error {
  readonly worker: string;

  constructor(worker: string, cause: unknown) {
    super(`the blocks of worker ${worker} cannot be had: ${cause instanceof Error ? cause.message : String(cause)}`);
    this.worker = worker;
  }
}

export function createExchange(options: ExchangeOptions): WorkerExchange & ReferenceExchange {
  return new Exchange(options);
}

class Exchange implements WorkerExchange, ReferenceExchange {
  readonly #options: ExchangeOptions;
  readonly #mirror: Mirror;
  /** By job and stretch. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** Aborted when the worker is given up. */
  readonly #peers = new Map<string, AbortController>();

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#mirror = new Mirror(options.segmentDirectory);
  }

  submit(command: SubmitCommand, pass: (command: SubmitCommand) => void): void {
    const { job, task, tag, owner } = command;
    if (this.#foreign(indexesOf(task)).length === 0) {
      pass(command);
      return;
    }
    this.#bringAll(job, task).then(
      () => pass(command),
      (error: unknown) => {
        if (!(error instanceof Unreachable)) throw error;
        const damage = storedIn(task).filter(({ segment }) => writerOf(segment) === error.worker);
        owner.send({
          type: "task.failed",
          tag,
          failure: { code: "BLOCK_UNREACHABLE", message: error.message, damage },
        });
      },
    );
  }

  async bring(job: string, references: readonly SegmentReference[]): Promise<void> {
    try {
      await this.#bring(job, references);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      throw new SegmentDamageError(
        references.filter(({ segment }) => writerOf(segment) === error.worker),
        error,
      );
    }
  }

  noteDirectory(members: readonly { readonly id: string; readonly exchange: string }[]): void {
    this.#options.source.noteDirectory(members);
    const present = new Set(members.map(({ id }) => id));
    for (const id of present) if (!this.#peers.has(id)) this.#peers.set(id, new AbortController());
    for (const [id, peer] of this.#peers) {
      if (present.has(id)) continue;
      this.#peers.delete(id);
      peer.abort();
    }
  }

  close(job: string): void {
    this.#mirror.close(job);
  }

  #foreign(references: readonly SegmentReference[]): readonly SegmentReference[] {
    return references.filter(({ segment }) => {
      const writer = writerOf(segment);
      return writer !== undefined && writer !== this.#options.self;
    });
  }

  async #bringAll(job: string, task: Task): Promise<void> {
    await this.#bring(job, indexesOf(task));
    const read = (at: SegmentReference): Uint8Array =>
      this.#foreign([at]).length === 0 ? new Uint8Array(0) : this.#mirror.read(job, at);
    await this.#bring(job, bodiesOf(task, this.#options.partitionsOf(job), read));
  }

  async #bring(job: string, references: readonly SegmentReference[]): Promise<void> {
    const waiting: Promise<void>[] = [];
    const missing = new Map<string, SegmentReference[]>();
    for (const reference of this.#foreign(references)) {
      if (this.#mirror.has(job, reference)) continue;
      const known = this.#underWay.get(nameOf(job, reference));
      if (known !== undefined) {
        waiting.push(known);
        continue;
      }
      const writer = writerOf(reference.segment) as string;
      const list = missing.get(writer);
      if (list === undefined) missing.set(writer, [reference]);
      else list.push(reference);
    }
    for (const [worker, list] of missing) {
      const fetched = this.#fetch(job, worker, list);
      const names = list.map((reference) => nameOf(job, reference));
      for (const name of names) this.#underWay.set(name, fetched);
      const forget = (): void => {
        for (const name of names) this.#underWay.delete(name);
      };
      fetched.then(forget, forget);
      waiting.push(fetched);
    }
    await Promise.all(waiting);
  }

  /** X2, X3. */
  async #fetch(job: string, worker: string, references: readonly SegmentReference[]): Promise<void> {
    for (;;) {
      const peer = this.#peers.get(worker);
      if (peer === undefined) throw new Unreachable(worker, "it is not a member");
      try {
        await this.#copy(job, worker, references, peer.signal);
        return;
      } catch (error) {
        const isGone = error instanceof RuntimeError && error.code === "BLOCK_GONE";
        if (isGone || !(error instanceof RuntimeError)) throw new Unreachable(worker, error);
        await this.#pause(peer.signal);
      }
    }
  }

  async #copy(job: string, worker: string, all: readonly SegmentReference[], signal: AbortSignal): Promise<void> {
    for (let first = 0; first < all.length; first += FETCH_REFERENCES_MAX) {
      await this.#copyFew(job, worker, all.slice(first, first + FETCH_REFERENCES_MAX), signal);
    }
  }

  async #copyFew(
    job: string,
    worker: string,
    references: readonly SegmentReference[],
    signal: AbortSignal,
  ): Promise<void> {
    let next = 0;
    let filled = 0;
    let bytes = new Uint8Array(references[0].byteLength);
    for await (const piece of this.#options.source.fetch(worker, { job, references, signal })) {
      for (let taken = 0; taken < piece.length; ) {
        const count = Math.min(piece.length - taken, bytes.length - filled);
        bytes.set(piece.subarray(taken, taken + count), filled);
        taken += count;
        filled += count;
        if (filled < bytes.length) continue;
        this.#mirror.write(job, references[next], bytes);
        next += 1;
        filled = 0;
        bytes = new Uint8Array(references[next]?.byteLength ?? 0);
      }
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clock.clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = clock.setTimeout(end, FETCH_RETRY_MS);
      signal.addEventListener("abort", end);
    });
  }
}

function storedIn(task: Task): readonly SegmentReference[] {
  if (task.kind === "reduce") return task.inputs;
  return task.kind === "split" ? [] : task.runs.map(({ at }) => at);
}

function nameOf(job: string, { segment, offset, byteLength }: SegmentReference): string {
  return `${job}/${segment}:${offset}:${byteLength}`;
}

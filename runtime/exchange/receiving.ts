/**
 * One fetch at the fetcher: takes what comes, hands it over, and gives credit for what was read.
 *
 * Owns: the bytes that came and were not read yet; how the fetch ends.
 * Never: dials; knows of other fetches.
 *
 * F1. Bytes come out in the order of the references, all of them before the error, if there is one.
 * F2. It has its turn until its consumer has come back for what follows the last buffer: what is unread counts as under
 *     way.
 * F3. Credit is given for what the consumer has finished with: it asks for the next buffer, so it has used the last.
 */
import type { Clock, TimerHandle } from "../clock.ts";
import type { SegmentReference } from "../journal/segment-files.ts";
import { ExchangeError } from "./exchange-error.ts";
import { type Answered, type Asked, bytesOf } from "./protocol.ts";

export interface ReceivingOptions {
  readonly peer: string;
  readonly job: string;
  readonly references: readonly SegmentReference[];
  readonly windowBytes: number;
  readonly clock: Clock;
  readonly stallTimeoutMs: number;
  /** It has ended in whatever way, or is given up by its consumer. */
  readonly ended: (receiving: Receiving) => void;
}

export interface FetchFailure {
  readonly code: string;
  readonly message: string;
  readonly cause?: unknown;
}

export class Receiving {
  readonly #options: ReceivingOptions;
  readonly #buffers: Buffer[] = [];
  readonly #byteLength: number;
  #received = 0;
  #handedOver = 0;
  /** Given to the consumer, which has not come back yet. */
  #reading = 0;
  /** Read, and not yet told to the server: told together, four times a window. */
  #uncredited = 0;
  #underWay = 0;
  #failure: FetchFailure | undefined;
  #say: ((asked: Asked) => void) | undefined;
  #id = 0;
  #wake: (() => void) | undefined;
  #stallTimer: TimerHandle | undefined;
  #ended = false;

  constructor(options: ReceivingOptions) {
    this.#options = options;
    this.#byteLength = bytesOf(options.references);
  }

  /** Its turn has come: asks the server. */
  begin(id: number, say: (asked: Asked) => void): void {
    const { job, references, windowBytes } = this.#options;
    this.#id = id;
    this.#say = say;
    say({ type: "fetch", id, job, windowBytes, references });
    if (this.#wake !== undefined) this.#armStall();
  }

  /** Returns what is wrong with what the server said. */
  take(answered: Answered): string | undefined {
    if (answered.type === "failed") {
      const reference = this.#options.references[answered.index];
      if (reference === undefined) return "a failure at a reference that was not asked for";
      const { segment, offset, byteLength } = reference;
      const place = `${segment} at ${offset}, ${byteLength} bytes`;
      this.fail({ code: answered.code, message: `${this.#options.peer}, job ${this.#options.job}: ${place}` });
      return undefined;
    }
    const { bytes } = answered;
    if (this.#received + bytes.length > this.#byteLength) return "more bytes than were asked for";
    if (this.#underWay + bytes.length > this.#options.windowBytes) return "more bytes than there was credit for";
    this.#received += bytes.length;
    this.#underWay += bytes.length;
    this.#buffers.push(bytes);
    this.#awake();
    return undefined;
  }

  /** The next bytes; undefined at the end. Errors: ExchangeError. */
  async next(): Promise<Buffer | undefined> {
    this.#credit();
    while (this.#buffers.length === 0 && this.#failure === undefined && !this.#isWhole) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (this.#say !== undefined) this.#armStall();
      });
    }
    const buffer = this.#buffers.shift();
    if (buffer !== undefined) {
      this.#reading = buffer.length;
      return buffer;
    }
    if (this.#failure === undefined) {
      this.#end();
      return undefined;
    }
    const { peer } = this.#options;
    throw new ExchangeError({ ...this.#failure, peer, referencesDone: this.#referencesDone() });
  }

  /** The first failure counts; when all has come, there is none any more. */
  fail(failure: FetchFailure): void {
    if (this.#ended || this.#isWhole) return;
    this.#failWith(failure);
  }

  /** The consumer wants no more. */
  cancel(): void {
    if (this.#ended) return;
    this.#sayCancel();
    this.#end();
  }

  /** Someone else wants the consumer to stop. */
  abort(): void {
    if (this.#ended) return;
    this.#sayCancel();
    this.#buffers.length = 0;
    this.#failWith({ code: "FETCH_CANCELLED", message: `the fetch from ${this.#options.peer} was cancelled` });
  }

  get #isWhole(): boolean {
    return this.#received === this.#byteLength;
  }

  #failWith(failure: FetchFailure): void {
    this.#failure = failure;
    this.#end();
    this.#awake();
  }

  #sayCancel(): void {
    if (!this.#isWhole) this.#say?.({ type: "cancel", id: this.#id });
  }

  #credit(): void {
    this.#handedOver += this.#reading;
    this.#uncredited += this.#reading;
    this.#reading = 0;
    if (this.#ended || this.#isWhole || this.#uncredited < this.#options.windowBytes / 4) return;
    this.#underWay -= this.#uncredited;
    this.#say?.({ type: "credit", id: this.#id, byteLength: this.#uncredited });
    this.#uncredited = 0;
  }

  #awake(): void {
    this.#disarmStall();
    this.#wake?.();
    this.#wake = undefined;
  }

  #end(): void {
    this.#ended = true;
    this.#disarmStall();
    this.#options.ended(this);
  }

  #armStall(): void {
    const { clock, stallTimeoutMs, peer } = this.#options;
    this.#disarmStall();
    this.#stallTimer = clock.setTimeout(() => {
      this.#sayCancel();
      this.fail({ code: "FETCH_TIMED_OUT", message: `${peer} sent nothing for ${stallTimeoutMs} ms` });
    }, stallTimeoutMs);
  }

  #disarmStall(): void {
    if (this.#stallTimer !== undefined) this.#options.clock.clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
  }

  #referencesDone(): number {
    let end = 0;
    let count = 0;
    for (const { byteLength } of this.#options.references) {
      end += byteLength;
      if (end > this.#handedOver) break;
      count += 1;
    }
    return count;
  }
}

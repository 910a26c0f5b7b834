/**
 * Puts what arrives from one life of a sender into order, once each.
 *
 * Owns: which messages of that direction were delivered and which are acknowledged.
 * Never: delivers, acknowledges; knows of time.
 *
 * I1. A message is released only when all before it were released to this life of the receiver, or are held by the
 *     sender no more.
 * I2. A message is released once.
 * I3. What comes too early is held back, at most so many; beyond that it is dropped, and comes again.
 * I4. Acknowledged is a prefix: were there gaps, a next life of the receiver would wait for messages that never come.
 */
import type { Envelope } from "./transport.ts";

export class Inbox {
  readonly #heldMax: number;
  readonly #held = new Map<number, Envelope>();
  /** Acknowledged by the handler before a message that precedes them. */
  readonly #acknowledgedEarly = new Set<number>();
  #nextSequence = 1;
  #acknowledgedThrough = 0;

  constructor(heldMax: number) {
    this.#heldMax = heldMax;
  }

  /** All up to this sequence need not come again; 0 while that is said of none. */
  get acknowledgedThrough(): number {
    return this.#acknowledgedThrough;
  }

  /** Takes what arrived; returns what is to be delivered now, in this order. */
  arrive(envelope: Envelope): Envelope[] {
    const { sequence, oldestUnacknowledged } = envelope;
    if (oldestUnacknowledged > this.#nextSequence) this.#skipTo(oldestUnacknowledged);
    if (sequence < this.#nextSequence) return [];
    if (this.#held.size < this.#heldMax || sequence === this.#nextSequence) this.#held.set(sequence, envelope);
    return this.#release();
  }

  /** Returns whether `acknowledgedThrough` moved. */
  acknowledge(sequence: number): boolean {
    if (sequence <= this.#acknowledgedThrough) return false;
    this.#acknowledgedEarly.add(sequence);
    const before = this.#acknowledgedThrough;
    while (this.#acknowledgedEarly.delete(this.#acknowledgedThrough + 1)) this.#acknowledgedThrough += 1;
    return this.#acknowledgedThrough > before;
  }

  /** The sender holds nothing before `sequence` any more. */
  #skipTo(sequence: number): void {
    for (const early of this.#held.keys()) if (early < sequence) this.#held.delete(early);
    for (const early of this.#acknowledgedEarly) if (early < sequence) this.#acknowledgedEarly.delete(early);
    this.#nextSequence = sequence;
    this.#acknowledgedThrough = sequence - 1;
  }

  #release(): Envelope[] {
    const released: Envelope[] = [];
    for (let next = this.#held.get(this.#nextSequence); next !== undefined; next = this.#held.get(this.#nextSequence)) {
      this.#held.delete(this.#nextSequence);
      released.push(next);
      this.#nextSequence += 1;
    }
    return released;
  }
}

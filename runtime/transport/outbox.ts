/**
 * What one life of a sender has sent to one peer and may have to send again.
 *
 * Owns: the sequence numbers of that direction.
 * Never: sends; knows of time.
 */
import assert from "node:assert/strict";
import type { ControlMessage } from "./transport.ts";

export interface OutboxEntry {
  readonly sequence: number;
  readonly message: ControlMessage;
}

export class Outbox {
  readonly #unacknowledgedMax: number;
  /** In the order of their sequences. */
  readonly #entries = new Map<number, OutboxEntry>();
  #lastSequence = 0;

  constructor(unacknowledgedMax: number) {
    assert(unacknowledgedMax > 0);
    this.#unacknowledgedMax = unacknowledgedMax;
  }

  /** Takes a message; undefined if too many are unacknowledged. */
  add(message: ControlMessage): OutboxEntry | undefined {
    if (this.#entries.size >= this.#unacknowledgedMax) return undefined;
    this.#lastSequence += 1;
    const entry = { sequence: this.#lastSequence, message };
    this.#entries.set(entry.sequence, entry);
    return entry;
  }

  /** All up to `through` need not be sent again; an acknowledgement that came twice, or late, does nothing. */
  acknowledge(through: number): void {
    for (const sequence of this.#entries.keys()) {
      if (sequence > through) return;
      this.#entries.delete(sequence);
    }
  }

  /** Drops what is unacknowledged. Sequences go on, so that the peer can tell what comes next from what it has seen. */
  clear(): void {
    this.#entries.clear();
  }

  /** What must be offered again, in order. */
  unacknowledged(): OutboxEntry[] {
    return [...this.#entries.values()];
  }

  get count(): number {
    return this.#entries.size;
  }

  /** The sequence of the oldest entry, or of the next one if there is none. */
  get oldestUnacknowledged(): number {
    return this.#entries.keys().next().value ?? this.#lastSequence + 1;
  }
}

/**
 * A heap of events, ordered by time, then by the sequence in which they were pushed.
 */

export interface HeapEvent {
  readonly atMs: number;
}

interface Entry<Event extends HeapEvent> {
  readonly event: Event;
  readonly sequence: number;
}

export class EventHeap<Event extends HeapEvent> {
  readonly #entries: Entry<Event>[] = [];
  #sequence = 0;

  push(event: Event): void {
    const entry = { event, sequence: this.#sequence };
    this.#sequence += 1;
    const entries = this.#entries;
    let index = entries.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, entries[parent])) break;
      entries[index] = entries[parent];
      index = parent;
    }
    entries[index] = entry;
  }

  pop(): Event | undefined {
    const entries = this.#entries;
    const [first] = entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return last?.event;
    let index = 0;
    for (let child = 1; child < entries.length; child = 2 * index + 1) {
      if (child + 1 < entries.length && isBefore(entries[child + 1], entries[child])) child += 1;
      if (!isBefore(entries[child], last)) break;
      entries[index] = entries[child];
      index = child;
    }
    entries[index] = last;
    return first.event;
  }
}

function isBefore(left: Entry<HeapEvent>, right: Entry<HeapEvent>): boolean {
  const { atMs } = left.event;
  return atMs < right.event.atMs || (atMs === right.event.atMs && left.sequence < right.sequence);
}

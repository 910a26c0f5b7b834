/**
 * What one life of a receiver hears of one life of a sender: each message at most once, in order, and nothing of an older
 * life or term after a newer one.
 */
import type { Envelope } from "../../../runtime/transport/transport.ts";
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

type Hearer = Parameters<NonNullable<Watch["heard"]>>[2];

interface Heard {
  term: number;
  incarnation: number;
  sequence: number;
}

export class DeliveryCheck implements Watch {
  readonly #problems: Problems;
  /** By the receiver's life and the sender's address. */
  readonly #heard = new Map<string, Heard>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  heard(_resident: Resident, { from, to, fence, sequence, message }: Envelope, by: Hearer): void {
    const key = `${by.life} ${from}`;
    const known = this.#heard.get(key);
    const report = (what: string): void =>
      this.#problems.report("delivery", `${to} hears ${message.type} ${sequence} of ${from} ${what}`);
    if (fence.term < by.term) report(`in term ${fence.term}, and is in term ${by.term} itself`);
    if (known !== undefined) {
      if (fence.term < known.term) report(`in term ${fence.term} after term ${known.term}`);
      if (fence.incarnation < known.incarnation) report(`of life ${fence.incarnation} after ${known.incarnation}`);
      if (fence.incarnation === known.incarnation && sequence <= known.sequence) report(`after ${known.sequence}`);
    }
    this.#heard.set(key, { ...fence, sequence });
  }
}

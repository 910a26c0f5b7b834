/**
 * The small area of memory where compiled code leaves what does not fit its return value.
 *
 * Owns: the layout, and the reading of it.
 */
import type { ArithmeticCause } from "../../../errors.ts";
import type { KernelInstance, Pointer } from "../instance.ts";
import { CAUSE_CODE, type CauseName, causeOf } from "./cause.ts";
import type { CodeWriter } from "./code-writer.ts";

/** What went wrong, and the pair that the operation was applied to. */
export interface ChainFailure {
  /** Index into `Plan.operations`. */
  readonly operation: number;
  readonly cause: ArithmeticCause;
  /** Of a function of the operator's own: what it threw, or gave. */
  readonly reason?: string | undefined;
  readonly key: bigint;
  readonly value: bigint;
}

/** Drops the pair by returning, or throws; then the columns' contents mean nothing. */
export type OnFailure = (failure: ChainFailure) => void;

const OUTCOME_BYTES = 40;

/** Byte offsets of 64-bit words. */
const KEY = 0;
const VALUE = 8;
const POSITION = 16;
/** Byte offsets of 32-bit words. */
const SITE = 24;
const ROW = 28;
const PRODUCED = 32;

/** Operation and cause in one number. */
export function siteOf(operation: number, cause: CauseName): number {
  return operation * 8 + CAUSE_CODE[cause];
}

export interface OutcomeLocals {
  readonly site?: number;
  readonly key?: number;
  readonly value?: number;
  readonly row?: number;
  readonly position?: number;
  readonly produced?: number;
}

/** Stores these locals into the area at `area`. */
export function emitOutcome(code: CodeWriter, area: Pointer, locals: OutcomeLocals): void {
  const store = (local: number | undefined, offset: number, instruction: "i32.store" | "i64.store") => {
    if (local !== undefined) code.i32(area).get(local).memory(instruction, offset);
  };
  store(locals.key, KEY, "i64.store");
  store(locals.value, VALUE, "i64.store");
  store(locals.position, POSITION, "i64.store");
  store(locals.site, SITE, "i32.store");
  store(locals.row, ROW, "i32.store");
  store(locals.produced, PRODUCED, "i32.store");
}

/** Reads the area; valid until compiled code runs again. */
export class OutcomeArea {
  readonly pointer: Pointer;
  readonly #instance: KernelInstance;

  constructor(instance: KernelInstance) {
    this.#instance = instance;
    this.pointer = instance.allocate(OUTCOME_BYTES);
  }

  failure(): ChainFailure {
    const [key, value] = this.#instance.int64s(this.pointer, 2);
    const site = this.#word(SITE);
    return { operation: site >>> 3, cause: causeOf(site & 7), key: key!, value: value! };
  }

  row(): number {
    return this.#word(ROW);
  }

  produced(): number {
    return this.#word(PRODUCED);
  }

  /** Unsigned. */
  position(): bigint {
    return BigInt.asUintN(64, this.#instance.int64s(this.pointer + POSITION, 1)[0]!);
  }

  #word(offset: number): number {
    return this.#instance.uint32s(this.pointer + offset, 1)[0]!;
  }
}

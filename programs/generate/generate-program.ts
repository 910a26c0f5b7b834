/**
 * Makes random programs that are valid, and that do not fail on inputs of `generate-input.ts`.
 *
 * Owns: what the program of a seed is.
 * Never: parses or plans it.
 *
 * G1. `valueMax` and `keyMax` bound every |v| and |k|; what could exceed VALUE_MAX is followed by a MOD.
 * G2. A sum of ROWS_MAX values of at most VALUE_MAX fits 64 bits.
 * G3. Between two reduces flatMaps multiply pairs by at most EXPANSION_MAX.
 */
import assert from "node:assert/strict";
import { PARTITION_COUNT_MAX } from "../limits.ts";
import { SeededRandom } from "./seeded-random.ts";

interface GeneratedOperation {
  readonly operator: "map" | "changeKey" | "filter" | "flatMap" | "reduce" | "repeat";
  readonly function?: string;
  readonly arg?: number;
  readonly expression?: string;
  readonly times?: number;
  readonly operations?: readonly GeneratedOperation[];
}

/** A program file, as JSON. The command line names its input. */
export interface GeneratedProgram {
  readonly name: string;
  readonly partitions: number;
  readonly operations: readonly GeneratedOperation[];
}

export interface ProgramOptions {
  /** 1..GENERATED_OPERATIONS_MAX, written operations of the outermost list. */
  readonly operations: number;
  /** A safe integer. */
  readonly seed: number;
  /** The input's largest key and value, and the largest argument; 1..2^31. */
  readonly max?: number;
  /** 1 to 16, random, unless given. */
  readonly partitions?: number;
}

export const GENERATED_OPERATIONS_MAX = 10_000;
/** G1. */
const VALUE_MAX = 2 ** 32;
/** G2. Pairs of one key, with G3: 64 million rows. */
const ROWS_MAX = 2 ** 30;
/** G3. */
const EXPANSION_MAX = 16;
const MAX_MAX = 2 ** 31;

/** The same program for the same options. */
export function generateProgram(options: ProgramOptions): GeneratedProgram {
  const { operations: count, seed, max = 1_000_000 } = options;
  assert(Number.isInteger(count) && count >= 1 && count <= GENERATED_OPERATIONS_MAX, `${count} operations`);
  assert(Number.isSafeInteger(seed), `${seed} is no seed`);
  assert(Number.isInteger(max) && max >= 1 && max <= MAX_MAX, `a largest value of ${max}`);
  const random = new SeededRandom(seed);
  const partitions = options.partitions ?? random.integer(1, 16);
  assert(Number.isInteger(partitions) && partitions >= 1 && partitions <= PARTITION_COUNT_MAX);
  const writer = new OperationWriter(random, max);
  return {
    name: `generated-${seed}`,
    partitions,
    operations: Array.from({ length: count }, () => writer.next()),
  };
}

class OperationWriter {
  readonly #random: SeededRandom;
  readonly #max: number;
  /** G1. */
  #valueMax: number;
  #keyMax: number;
  /** G3. */
  #expansion = 1;
  /** Filters that drop half of the pairs: few, so that something remains to be computed. */
  #halvingsLeft = 2;
  /** FlatMaps that make two different values of one: no reduce undoes what they do to the number of keys. */
  #splitsLeft = 2;

  constructor(random: SeededRandom, max: number) {
    this.#random = random;
    this.#max = max;
    this.#valueMax = max;
    this.#keyMax = max;
  }

  next(): GeneratedOperation {
    if (this.#valueMax > VALUE_MAX) return this.#modulo("map");
    const dice = this.#random.integer(1, 100);
    if (dice <= 50) return this.#map();
    if (dice <= 65) return this.#changeKey();
    if (dice <= 75) return this.#filter();
    if (dice <= 82) return this.#flatMap();
    if (dice <= 95) return this.#reduce();
    return this.#repeat();
  }

  #argument(): number {
    return this.#random.integer(1, this.#max);
  }

  #modulo(operator: "map" | "changeKey"): GeneratedOperation {
    const arg = this.#argument();
    if (operator === "map") this.#valueMax = arg;
    else this.#keyMax = arg;
    return { operator, function: "MOD", arg };
  }

  #map(): GeneratedOperation {
    const name = this.#random.pick([
      ...["ADD", "SUB", "MUL", "DIV", "MOD", "MIN", "MAX", "AND", "OR", "XOR", "POW"],
      ...["ABS", "NEG", "IDENTITY", "ADD", "SUB", "MUL", "expression"],
    ]);
    const arg = this.#argument();
    switch (name) {
      case "ABS":
      case "NEG":
      case "IDENTITY":
        return { operator: "map", function: name };
      case "ADD":
      case "SUB":
        this.#valueMax += arg;
        break;
      case "MUL":
        return this.#multiply();
      case "POW":
        return this.#power();
      case "MOD":
        return this.#modulo("map");
      case "DIV":
        break;
      case "expression":
        return this.#mapExpression();
      default:
        // MIN and MAX stay below the larger of both, bitwise operators below the next power of two.
        this.#valueMax = 2 * Math.max(this.#valueMax, arg);
    }
    return { operator: "map", function: name, arg };
  }

  /** G1: the product stays far below 2^53, and the next operation brings it down. */
  #multiply(): GeneratedOperation {
    const arg = this.#random.integer(2, Math.max(2, Math.min(this.#max, 1000)));
    this.#valueMax *= arg;
    return { operator: "map", function: "MUL", arg };
  }

  #power(): GeneratedOperation {
    if (this.#valueMax > 2 ** 24) return this.#modulo("map");
    this.#valueMax **= 2;
    return { operator: "map", function: "POW", arg: 2 };
  }

  #mapExpression(): GeneratedOperation {
    const [factor, divisor] = [this.#random.integer(1, 100), this.#random.integer(2, Math.max(2, this.#max))];
    const keyed = this.#keyMax <= VALUE_MAX;
    const expression = this.#random.pick([
      `(v * ${factor} ${keyed ? "+ k" : "- 1"}) % ${divisor}`,
      `v % 2 == 0 ? v / 2 % ${divisor} : (3 * v + 1) % ${divisor}`,
      `clamp(v, ${-divisor}, ${divisor})`,
      `max(v, ${keyed ? "k" : "0"}) % ${divisor}`,
    ]);
    this.#valueMax = divisor;
    return { operator: "map", expression };
  }

  #changeKey(): GeneratedOperation {
    if (this.#random.oneIn(3)) return this.#modulo("changeKey");
    const arg = this.#argument();
    this.#keyMax = this.#valueMax + arg;
    if (this.#random.oneIn(2)) return { operator: "changeKey", function: this.#random.pick(["ADD", "SUB"]), arg };
    this.#keyMax = arg;
    return { operator: "changeKey", expression: `abs(v) % ${arg}` };
  }

  #filter(): GeneratedOperation {
    if (this.#halvingsLeft > 0 && this.#random.oneIn(4)) {
      this.#halvingsLeft -= 1;
      return { operator: "filter", function: this.#random.pick(["EVEN", "ODD"]) };
    }
    if (this.#random.oneIn(2)) return { operator: "filter", function: "NE", arg: this.#argument() };
    return { operator: "filter", expression: `v % ${this.#random.integer(5, 50)} != 3 && k != ${this.#argument()}` };
  }

  #flatMap(): GeneratedOperation {
    if (this.#expansion * 2 > EXPANSION_MAX) return this.#reduce();
    this.#expansion *= 2;
    if (this.#splitsLeft === 0 || this.#random.oneIn(2)) return { operator: "flatMap", function: "REPEAT", arg: 2 };
    this.#splitsLeft -= 1;
    this.#valueMax += 1;
    return { operator: "flatMap", expression: "v % 2 == 0 ? [v, -v] : [v + 1]" };
  }

  #reduce(): GeneratedOperation {
    const name = this.#random.pick(["SUM", "ADD", "COUNT", "MIN", "MAX", "MEAN", "MEDIAN", "DISTINCT", "expression"]);
    this.#expansion = 1;
    if (name === "expression") {
      this.#valueMax = 2 * this.#valueMax + 10;
      return { operator: "reduce", expression: "max(V) - min(V) + count(V) % 10" };
    }
    if (name === "SUM" || name === "ADD") this.#valueMax *= ROWS_MAX;
    if (name === "COUNT" || name === "DISTINCT") this.#valueMax = ROWS_MAX;
    // A reduce may carry an argument without a meaning.
    return this.#random.oneIn(2)
      ? { operator: "reduce", function: name }
      : { operator: "reduce", function: name, arg: this.#argument() };
  }

  #repeat(): GeneratedOperation {
    const [first, divisor] = [this.#argument(), this.#argument()];
    this.#valueMax = divisor;
    return {
      operator: "repeat",
      times: this.#random.integer(2, 5),
      operations: [
        { operator: "map", function: this.#random.pick(["ADD", "SUB"]), arg: first },
        { operator: "map", function: "MOD", arg: divisor },
      ],
    };
  }
}

/**
 * Cuts a long chain into parts that are compiled to one function each, equal parts only once.
 *
 * Owns: where the cuts are. A repeat's body, unrolled, is cut at the same places every time if at all possible.
 *
 * Cost: linear in the number of steps, plus the sizes of the distinct expressions.
 */
import type { IntExpression } from "../../../expression/tree.ts";
import type { ChainStep } from "./emit-chain.ts";

/** A function of more steps takes the engine's optimizing compiler too long. */
const PART_STEPS_MAX = 200;
/** Nodes of expressions in a part, for the same reason; one step may have more. */
const PART_NODES_MAX = 2000;

export interface ChainParts {
  readonly distinct: readonly (readonly ChainStep[])[];
  /** Indexes into `distinct`, in order of execution. */
  readonly sequence: readonly number[];
}

export function splitChain(steps: readonly ChainStep[]): ChainParts {
  const numbers = numberSteps(steps);
  const places: Places = { numbers, nextOf: nextOccurrences(numbers), counts: countOccurrences(numbers) };
  const sizes = new Map<ChainStep, number>();
  const distinct: (readonly ChainStep[])[] = [];
  const indexOf = new Map<string, number>();
  const sequence: number[] = [];
  /** A cut that a longer repetition asks for. */
  let boundary = 0;
  for (let from = 0; from < steps.length; ) {
    if (from >= boundary) boundary = from + stretch(places, from);
    const to = partEnd(steps, sizes, from, boundary);
    const identity = numbers.subarray(from, to).join();
    let index = indexOf.get(identity);
    if (index === undefined) {
      index = distinct.push(steps.slice(from, to)) - 1;
      indexOf.set(identity, index);
    }
    sequence.push(index);
    from = to;
  }
  return { distinct, sequence };
}

/** Equal numbers for identical step objects. */
function numberSteps(steps: readonly ChainStep[]): Int32Array {
  const numberOf = new Map<ChainStep, number>();
  return Int32Array.from(steps, (step) => {
    const known = numberOf.get(step);
    if (known !== undefined) return known;
    numberOf.set(step, numberOf.size);
    return numberOf.size - 1;
  });
}

/** For each place the next place of the same step, or the length if there is none. */
function nextOccurrences(numbers: Int32Array): Int32Array {
  const next = new Int32Array(numbers.length);
  const last = new Int32Array(numbers.length).fill(numbers.length);
  for (let index = numbers.length - 1; index >= 0; index--) {
    next[index] = last[numbers[index]!]!;
    last[numbers[index]!] = index;
  }
  return next;
}

function countOccurrences(numbers: Int32Array): Int32Array {
  const counts = new Int32Array(numbers.length);
  for (const number of numbers) counts[number]!++;
  return counts;
}

interface Places {
  readonly numbers: Int32Array;
  /** By place. */
  readonly nextOf: Int32Array;
  /** By number. */
  readonly counts: Int32Array;
}

/**
 * How many steps to go before a cut that the next round of a repeat will have too: whole rounds of a repetition that
 * begins here; else up to the rarest step ahead, which in nested repeats begins or ends a round; else as many as a part takes.
 */
function stretch(places: Places, from: number): number {
  const { numbers, nextOf } = places;
  const period = nextOf[from]! - from;
  const wanted = Math.max(period, PART_STEPS_MAX);
  let repeated = 0;
  while (from + repeated + period < numbers.length && repeated < wanted) {
    if (numbers[from + repeated] !== numbers[from + repeated + period]) break;
    repeated++;
  }
  if (repeated < wanted) return distanceToRarest(places, from);
  return period > PART_STEPS_MAX ? period : PART_STEPS_MAX - (PART_STEPS_MAX % period);
}

function distanceToRarest({ numbers, counts }: Places, from: number): number {
  let distance = PART_STEPS_MAX;
  let fewest = counts[numbers[from]!]!;
  for (let ahead = PART_STEPS_MAX / 2; ahead < PART_STEPS_MAX && from + ahead < numbers.length; ahead++) {
    const count = counts[numbers[from + ahead]!]!;
    if (count >= fewest) continue;
    distance = ahead;
    fewest = count;
  }
  return distance;
}

/** The end of a part that begins at `from`: at the boundary, or before if the part would be too large. */
function partEnd(steps: readonly ChainStep[], sizes: Map<ChainStep, number>, from: number, boundary: number): number {
  const limit = Math.min(steps.length, boundary, from + PART_STEPS_MAX);
  let nodes = 0;
  for (let to = from; to < limit; to++) {
    const step = steps[to]!;
    const size = sizes.get(step) ?? nodeCount(step.expression);
    sizes.set(step, size);
    nodes += size;
    if (nodes > PART_NODES_MAX && to > from) return to;
  }
  return limit;
}

function nodeCount(expression: IntExpression): number {
  switch (expression.kind) {
    case "unary":
    case "aggregate":
      return 1 + nodeCount(expression.operand);
    case "binary":
    case "logical":
      return 1 + nodeCount(expression.left) + nodeCount(expression.right);
    case "conditional":
      return 1 + nodeCount(expression.test) + nodeCount(expression.consequent) + nodeCount(expression.alternate);
    case "call":
      return expression.operands.reduce((sum, operand) => sum + nodeCount(operand), 1);
    default:
      return 1;
  }
}

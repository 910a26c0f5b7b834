/**
 * The workload of the simulation as files says what the simulation computes.
 */
import test from "ava";
import { parseProgram } from "../../../programs/parse-program.ts";
import type { Operation } from "../../../programs/program.ts";
import { fileWorkload } from "./file-work.ts";

const SEEDS = 60;

/** Without what is told of it to people, and with the promise in the words that it has. */
function meaning(operations: readonly Operation[]): string {
  return JSON.stringify(operations, (name, value: unknown) => {
    if (name === "origin") return undefined;
    if (typeof value === "bigint") return `${value}n`;
    return isKind(value, "conditional") && isKind(value.consequent, "copies")
      ? { ...value, consequent: { kind: "range", from: { kind: "literal", value: 0n }, below: value.consequent.count } }
      : value;
  });
}

function isKind(value: unknown, kind: string): value is { readonly kind: string; readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

test.serial(
  `file of work: the program files of ${SEEDS} seeds are read as the programs that are simulated`,
  async (t) => {
    let jobs = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      for (const { text, work } of await fileWorkload(seed)) {
        const parsed = parseProgram(text, work.program.name);
        t.is(meaning(parsed.operations), meaning(work.program.operations), `seed ${seed}`);
        const { partitions, integers, onError, output } = work.program;
        t.deepEqual([parsed.partitions, parsed.integers, parsed.onError], [partitions, integers, onError]);
        t.is(parsed.output.order, output.order);
        jobs += 1;
      }
    }
    t.true(jobs >= SEEDS);
  },
);

/**
 * The workload of a seed as files: what is submitted to real processes, and to the simulation beside them.
 *
 * Owns: that both have the same programs, inputs and cuts, down to the texts that reports quote.
 *
 * F1. A program of the simulation is no text; it is given the words of the text that says the same, which rejects quote.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseProgram } from "../../../programs/parse-program.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import type { Operation, Program } from "../../../programs/program.ts";
import { INPUT_DIRECTORY, makeWorkload, SHARED_NODE, type Work } from "../workload.ts";
import { Disks } from "../world/disk.ts";
import { mountFiles } from "../world/node-files.ts";
import { World } from "../world/world.ts";
import { programText } from "./program-text.ts";

export interface FiledWork {
  readonly work: Work;
  /** The program file. */
  readonly text: string;
  /** The input files, by name. */
  readonly inputs: readonly { readonly name: string; readonly text: string }[];
}

export async function fileWorkload(seed: number): Promise<FiledWork[]> {
  const disks = new Disks();
  const unmount = mountFiles({ world: new World(seed), diskOf: (node) => disks.of(node) });
  try {
    disks.of(SHARED_NODE).makeDirectory(INPUT_DIRECTORY);
    return (await makeWorkload(seed)).map((work) => {
      const inputs = work.job.files.map(({ name, absolutePath }) => ({
        ...{ name, text: readFileSync(absolutePath, "utf8") },
      }));
      return { work, inputs, text: programText(work.program) };
    });
  } finally {
    unmount();
  }
}

/** F1. For `simulate`, whose files hold the inputs by then. */
export async function makeFiledWorks(seed: number): Promise<Work[]> {
  return (await makeWorkload(seed)).map((work) => {
    const parsed = parseProgram(programText(work.program), work.program.name);
    const program: Program = { ...work.program, operations: worded(work.program.operations, parsed.operations) };
    return { ...work, program, job: { ...work.job, program, plan: makePlan(program) } };
  });
}

function worded(operations: readonly Operation[], parsed: readonly Operation[]): Operation[] {
  return operations.map((operation, index) => {
    const { origin, ...twin } = parsed[index]!;
    assert(operation.operator === twin.operator && operation.origin.place === origin.place, "both are one program");
    if (operation.operator !== "repeat" || twin.operator !== "repeat") return { ...operation, origin };
    return { ...operation, origin, operations: worded(operation.operations, twin.operations) };
  });
}

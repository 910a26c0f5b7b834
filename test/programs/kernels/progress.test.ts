/**
 * A task tells that it gets on while it computes, although nothing comes out of it for long.
 */
import { readFileSync } from "node:fs";
import test from "ava";
import { createBigintKernelSet } from "../../../programs/kernels/bigint/bigint-kernel-set.ts";
import { createInt64KernelSet } from "../../../programs/kernels/int64/int64-kernel-set.ts";
import { BATCH_PAIRS } from "../../../programs/limits.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import { binary, filter, flatMap, literal, program, v } from "../build-program.ts";
import { CSV } from "./compare-with-oracle.ts";

const kernels = new WebAssembly.Module(
  readFileSync(new URL("../../../programs/kernels/int64/kernels.wasm", import.meta.url)),
);

for (const integers of ["int64", "bigint"] as const) {
  test(`progress: told many times of one pair that becomes many, of which none is kept (${integers})`, (t) => {
    const pairs = 20 * BATCH_PAIRS;
    const expansion = flatMap({ kind: "range", from: literal(0), below: v });
    const plan = makePlan(program([expansion, filter(binary(v, "<", literal(0)))], { integers }));
    const set = integers === "int64" ? createInt64KernelSet(kernels, plan) : createBigintKernelSet(plan);
    let told = 0;
    const nothing = (): void => t.fail("nothing comes out");
    const progressed = (): void => {
      told += 1;
    };
    const task = set.openStage(0).beginSplit(CSV, { bundle: nothing, run: nothing, reject: nothing, progressed });
    const line = Buffer.from(`1,${pairs}\n`);
    task.window(line.length).set(line);
    task.push(line.length);
    t.is(task.finish().pairsOut, 0);
    t.true(told >= 20, `told ${told} times`);
  });
}

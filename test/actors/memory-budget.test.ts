import test from "ava";
import { executorMemory } from "../../actors/memory-budget.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import { makePlan } from "../../programs/plan/make-plan.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { systemMemory } from "../../runtime/system-memory.ts";

const MEBIBYTE = 2 ** 20;

function planOf(settings: object): Plan {
  const source = { partitions: 4, operations: [{ operator: "reduce", function: "SUM" }], ...settings };
  return makePlan(parseProgram(JSON.stringify(source), "test"));
}

test("memory budget: executors share what the process itself does not need", (t) => {
  const plan = planOf({});
  const share = (memoryBytes: number, executorCount: number) => executorMemory({ memoryBytes, executorCount, plan });
  const [one, two] = [share(2 ** 30, 1), share(2 ** 30, 2)];
  t.true(one > 2 * two, "each executor needs something beside its kernels");
  t.is(share(2 ** 31, 2) - two, 2 ** 29);
  t.true(2 * two < 2 ** 30);
});

test("memory budget: without a wish it is a share of the system's", (t) => {
  const bytes = executorMemory({ memoryBytes: undefined, executorCount: 1, plan: planOf({}) });
  t.true(bytes < systemMemory());
  const crowded = executorMemory({ memoryBytes: undefined, executorCount: 256, plan: planOf({}) });
  t.true(crowded > 0, "nobody asked for a bound: the least is taken rather than refused");
});

for (const { circumstance, settings } of [
  { circumstance: "a plain program", settings: {} },
  { circumstance: "integers of any size", settings: { integers: "bigint" } },
  {
    circumstance: "a combiner with many columns",
    settings: {
      operations: [{ operator: "reduce", expression: "mean(v) + mean(v * 2) + mean(v * 3) + sum(v * 4) + min(V)" }],
    },
  },
]) {
  test(`memory budget: ${circumstance} in too little is refused with what it needs, and runs in that`, (t) => {
    const plan = planOf(settings);
    const wish = { executorCount: 2, plan };
    const error = t.throws(() => executorMemory({ ...wish, memoryBytes: 100 * MEBIBYTE }), {
      instanceOf: RuntimeError,
    });
    t.is(error?.code, "MEMORY_TOO_SMALL");
    const needed = Number(/at least (\d+) MiB/.exec(error?.message ?? "")?.[1]);
    t.notThrows(() => executorMemory({ ...wish, memoryBytes: needed * MEBIBYTE }));
    t.throws(() => executorMemory({ ...wish, memoryBytes: (needed - 1) * MEBIBYTE }));
  });
}

/**
 * How a thread's memory is divided among its jobs.
 */
import test from "ava";
import fc from "fast-check";
import { KernelShares } from "../../../actors/executor/kernel-shares.ts";

test("shares: a job alone has all, two have half each, and what is free again goes to those that are left (M1, M3)", (t) => {
  const shares = new KernelShares(1_000);
  shares.open("a", 10);
  t.deepEqual(shares.take("a"), { memoryBytes: 1_000, evicted: [] });
  shares.open("b", 10);
  t.deepEqual(shares.take("b"), { memoryBytes: 500, evicted: ["a"] }, "what a has was given when it was alone");
  t.deepEqual(shares.take("a"), { memoryBytes: 500, evicted: [] });
  t.deepEqual(shares.take("b"), { memoryBytes: 500, evicted: [] });
  shares.close("b");
  t.deepEqual(shares.take("a"), { memoryBytes: 1_000, evicted: [] });
});

test("shares: where not all can be held at once, those that rested longest go; one that needs more is alone (M2)", (t) => {
  const shares = new KernelShares(100);
  for (const job of ["a", "b", "c"]) shares.open(job, 40);
  shares.open("large", 150);
  t.deepEqual(shares.take("a").memoryBytes, 40);
  t.deepEqual(shares.take("b"), { memoryBytes: 40, evicted: [] });
  t.deepEqual(shares.take("a").evicted, []);
  t.deepEqual(shares.take("c"), { memoryBytes: 40, evicted: ["b"] });
  t.deepEqual(shares.take("large"), { memoryBytes: 150, evicted: ["a", "c"] });
  t.deepEqual(shares.take("b"), { memoryBytes: 40, evicted: ["large"] });
});

test("shares: without a bound, no kernels go", (t) => {
  const shares = new KernelShares(Number.POSITIVE_INFINITY);
  for (const job of ["a", "b"]) shares.open(job, 40);
  for (const job of ["a", "b", "a"])
    t.deepEqual(shares.take(job), { memoryBytes: Number.POSITIVE_INFINITY, evicted: [] });
});

type Move = readonly [kind: "open" | "close" | "take", job: number];

test("shares: whatever comes and goes, kernels together have no more than the thread, or one has more alone (M2)", (t) => {
  const move: fc.Arbitrary<Move> = fc.tuple(fc.constantFrom("open", "close", "take", "take", "take"), fc.nat(5));
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), fc.integer({ min: 1, max: 300 }), (moves, bytes) => {
      const shares = new KernelShares(bytes);
      const opened = new Set<string>();
      const held = new Map<string, number>();
      for (const [kind, number] of moves) {
        const job = `job-${number}`;
        if (kind === "open") {
          shares.open(job, 20 * (number + 1));
          opened.add(job);
        } else if (kind === "close") {
          shares.close(job);
          opened.delete(job);
          held.delete(job);
        } else if (opened.has(job)) {
          const { memoryBytes, evicted } = shares.take(job);
          for (const other of evicted) t.true(other !== job && held.delete(other));
          held.set(job, memoryBytes);
          t.true(memoryBytes >= Math.max(20 * (number + 1), Math.floor(bytes / opened.size)));
        }
        const sum = [...held.values()].reduce((total, each) => total + each, 0);
        t.true(sum <= bytes || held.size === 1);
      }
    }),
    { numRuns: 300 },
  );
});

/**
 * Arithmetic rejects in order, whether they fit into memory or not.
 */
import { readdirSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { RejectSorter } from "../../../actors/output/sort-rejects.ts";
import type { ArithmeticReject } from "../../../programs/errors.ts";
import { hardInteger } from "../../programs/kernels/bigint/hard-integer.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const small = fc.bigInt({ min: -30n, max: 30n });
const integer = fc.oneof(small, hardInteger);
const rejects: fc.Arbitrary<ArithmeticReject[]> = fc.array(
  fc.record({
    kind: fc.constant("arithmetic" as const),
    operation: fc.nat(3),
    key: integer.map(String),
    value: fc.option(integer.map(String)),
    reason: fc.constantFrom("division by zero", "the result does not fit 64 bits", "ünïcode\nand lines"),
  }),
  { maxLength: 400, size: "max" },
);

function compare(one: ArithmeticReject, two: ArithmeticReject): number {
  const sign = (left: bigint, right: bigint): number => Number(left > right) - Number(left < right);
  return (
    one.operation - two.operation ||
    sign(BigInt(one.key), BigInt(two.key)) ||
    sign(BigInt(one.value ?? 0), BigInt(two.value ?? 0)) ||
    Number(one.reason > two.reason) - Number(one.reason < two.reason)
  );
}

/** What cannot be told apart by the order may come in any. */
function texts(sorted: readonly ArithmeticReject[]): string[] {
  return sorted.map((reject) => JSON.stringify({ ...reject, value: reject.value ?? "0" }));
}

for (const heldCharactersMax of [1 << 20, 300, 1]) {
  test(`rejects are in order when ${heldCharactersMax} characters of them are held, and no file is left`, (t) => {
    const directory = temporaryDirectory(t);
    fc.assert(
      fc.property(rejects, (added) => {
        const sorter = new RejectSorter(directory, "rejects", heldCharactersMax);
        const storedCount = added.filter((reject) => sorter.add(reject)).length;
        const sorted = [...sorter.sorted()];
        // 16 runs of a size become one.
        t.true(readdirSync(directory).length <= 15 * Math.ceil(Math.log(storedCount + 2) / Math.log(16)));
        sorter.dispose();
        t.deepEqual(readdirSync(directory), []);
        t.deepEqual(texts(sorted), texts([...added].sort(compare)));
      }),
      { numRuns: 12 },
    );
  });
}

/**
 * The memory of one kernel instance.
 */
import test from "ava";
import { KernelMemoryError } from "../../../../programs/errors.ts";
import { newInstance } from "./aggregation-driver.ts";

test("memory: a piece beyond what the allocator can give is an error with a name, and later ones are given", (t) => {
  const instance = newInstance();
  const error = t.throws(() => instance.allocate(1_200_000_000), { instanceOf: KernelMemoryError });
  t.is(error.code, "KERNEL_MEMORY_EXHAUSTED");
  t.regex(error.message, /1145 MiB in one piece/);
  const pointer = instance.allocate(16);
  instance.int64s(pointer, 2).set([1n, 2n]);
  t.deepEqual([...instance.int64s(pointer, 2)], [1n, 2n]);
});

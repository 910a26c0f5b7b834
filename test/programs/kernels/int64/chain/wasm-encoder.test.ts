/**
 * The encoder: what it writes is what the engine reads.
 */
import test from "ava";
import fc from "fast-check";
import { CodeWriter } from "../../../../../programs/kernels/int64/chain/code-writer.ts";
import { encodeModule, IMPORT_MODULE } from "../../../../../programs/kernels/int64/chain/wasm-encoder.ts";
import { freshKernels, integers } from "./generators.ts";

const kernels = freshKernels();

function instantiate(...functions: CodeWriter[]): Record<string, (...operands: unknown[]) => unknown> {
  const module = new WebAssembly.Module(encodeModule({ imports: [], functions }));
  return new WebAssembly.Instance(module, { [IMPORT_MODULE]: kernels.exports }).exports as never;
}

test("encoder: 64-bit and 32-bit constants are read as they were written", (t) => {
  fc.assert(
    fc.property(integers, (integer) => {
      const small = Number(BigInt.asIntN(32, integer));
      const { f0, f1 } = instantiate(new CodeWriter([], "i64").i64(integer), new CodeWriter([], "i32").i32(small));
      t.is(f0!(), integer);
      t.is(f1!(), small);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test("encoder: locals of mixed types come after the parameters, hundreds of them too", (t) => {
  const code = new CodeWriter(["i32", "i64"], "i64");
  const locals = Array.from({ length: 300 }, (_, index) => code.local(index % 3 === 0 ? "i32" : "i64"));
  for (const [index, local] of locals.entries()) {
    if (index % 3 === 0) code.get(0).set(local);
    else code.get(1).i64(BigInt(index)).op("i64.add").set(local);
  }
  code.get(locals.at(-1)!).get(locals[297]!).op("i64.extend_i32_u", "i64.add");
  t.is(instantiate(code).f0!(5, 1000n), 1304n);
});

test("encoder: a released temporary is used again for its own type", (t) => {
  const code = new CodeWriter([], undefined);
  const first = code.temporary("i64");
  code.release("i64", first);
  t.not(code.temporary("i32"), first);
  t.is(code.temporary("i64"), first);
});

test("encoder: branches leave the block they name, however deep", (t) => {
  const code = new CodeWriter(["i32"], "i32");
  const count = code.local("i32");
  const labels = Array.from({ length: 200 }, () => code.block());
  code.get(0).branchIf(labels[40]!);
  // Each block that is left by its end adds one.
  for (const _ of labels) code.end().get(count).i32(1).op("i32.add").set(count);
  code.get(count);
  t.is(instantiate(code).f0!(0), 200);
  t.is(instantiate(code).f0!(1), 41);
});

test("encoder: a block that is not ended is a programmer's error", (t) => {
  const code = new CodeWriter([], undefined);
  code.block();
  t.throws(() => code.encode(), { message: /every block is ended/ });
});

test("encoder: loads and stores reach the kernels' memory at their offset", (t) => {
  const pointer = kernels.allocate(200_000);
  const code = new CodeWriter(["i32"], "i64");
  code.get(0).i64(-7n).memory("i64.store", 131_072);
  code.get(0).memory("i64.load", 131_072);
  t.is(instantiate(code).f0!(pointer), -7n);
  t.is(kernels.int64s(pointer + 131_072, 1)[0], -7n);
});

test("encoder: a module without functions is one too", (t) => {
  t.notThrows(() => instantiate());
});

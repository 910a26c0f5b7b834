/**
 * Measures a call of a function of the operator's own for each pair of a batch, three ways, in turns, in one process.
 *
 *   npm run build && node bench/registered-functions.js [--rounds 300]
 *
 * `loop`: as the kernels do it, over the columns, with checks and notes. `wasm`: called out of WebAssembly as an import,
 * with the same checks and notes, and a flag that is looked at after each call. `bare`: the loop without checks and notes.
 * Nanoseconds a pair, the best of all rounds.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { NoteTaker, THREAD_NOTES_BYTES } from "../dist/actors/executor/thread-notes.js";
import { CodeWriter } from "../dist/programs/kernels/int64/chain/code-writer.js";
import { encodeModule } from "../dist/programs/kernels/int64/chain/wasm-encoder.js";
import { instantiateKernels } from "../dist/programs/kernels/int64/instance.js";
import { registeredChain } from "../dist/programs/kernels/int64/registered-steps.js";
import { GuardedFunctions } from "../dist/programs/registered/guarded-functions.js";

const PAIRS = 16_384;
const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "300" } } });

const kernels = readFileSync(new URL("../dist/programs/kernels/int64/kernels.wasm", import.meta.url));
const instance = instantiateKernels(new WebAssembly.Module(kernels));
const columns = { keys: instance.allocate(PAIRS * 8), values: instance.allocate(PAIRS * 8) };
const flag = instance.allocate(8);
instance.uint32s(flag, 2).fill(0);

const work = (v) => (v * 3n + 1n) % 1000003n;
const recorder = new NoteTaker(new SharedArrayBuffer(THREAD_NOTES_BYTES));
const functions = [{ operator: "map", name: "WORK", takesArg: false, apply: work }];
const guarded = new GuardedFunctions({ functions, recorder }, "int64");
const call = { kind: "registered", operator: "map", name: "WORK", arg: undefined };

const chain = registeredChain({ kind: "map", operation: 0, call }, instance, guarded);
const callOut = compileCallOut();

const ways = {
  wasm: () => callOut(columns.values, PAIRS),
  loop: () => chain.run(columns, PAIRS, () => {}),
  bare: () => {
    const values = instance.int64s(columns.values, PAIRS);
    for (let row = 0; row < PAIRS; row += 1) values[row] = work(values[row]);
  },
};
const best = Object.fromEntries(Object.keys(ways).map((name) => [name, Number.POSITIVE_INFINITY]));
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const [name, run] of Object.entries(ways)) {
    fill();
    const begun = performance.now();
    run();
    best[name] = Math.min(best[name], ((performance.now() - begun) * 1e6) / PAIRS);
  }
}
for (const [name, nanoseconds] of Object.entries(best)) console.log(`${name} ${nanoseconds.toFixed(1)} ns a pair`);

function fill() {
  const [keys, values] = [instance.int64s(columns.keys, PAIRS), instance.int64s(columns.values, PAIRS)];
  for (let row = 0; row < PAIRS; row += 1) {
    keys[row] = BigInt(row);
    values[row] = BigInt(row % 1000);
  }
}

/** `(values, count)`: replaces each value by what the import gives, until a flag in memory says that one failed. */
function compileCallOut() {
  const code = new CodeWriter(["i32", "i32"], undefined);
  const [at, end] = [code.local("i32"), code.local("i32")];
  code.get(0).set(at).get(0).get(1).i32(3).op("i32.shl", "i32.add").set(end);
  const done = code.block();
  const rows = code.loop();
  code.get(at).get(at).memory("i64.load").call(0).memory("i64.store");
  code.i32(flag).memory("i32.load").branchIf(done);
  code.get(at).i32(8).op("i32.add").set(at).get(at).get(end).op("i32.lt_u").branchIf(rows);
  code.end().end();
  const imports = [{ name: "work", parameters: ["i64"], result: "i64" }];
  const module = new WebAssembly.Module(encodeModule({ imports, functions: [code] }));
  const apply = guarded.integer(call);
  const imported = (value) => {
    recorder.enter(0, 1, 0, 0, 0, 0);
    const result = apply(value);
    recorder.leave();
    if (typeof result !== "object") return result;
    instance.uint32s(flag, 1)[0] = 1;
    return 0n;
  };
  const kernelsWithImport = { ...instance.exports, work: imported };
  return new WebAssembly.Instance(module, { kernels: kernelsWithImport }).exports.f0;
}

/**
 * The compiled int64 kernels.
 *
 * Owns: where they lie.
 * Never: compiles more than once a process: threads share the module.
 */
import { readFileSync } from "node:fs";

let compiled: WebAssembly.Module | undefined;

/** Sent to threads, which share the machine code. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    readFileSync(new URL("../../programs/kernels/int64/kernels.wasm", import.meta.url)),
  );
  return compiled;
}

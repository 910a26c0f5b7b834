/**
 * Writes the body of a WebAssembly function, with structured control.
 *
 * Owns: opcodes, labels, pools of temporary locals.
 * Never: knows what the code computes; checks types (the engine validates).
 * Source: WebAssembly Core Specification 1.0, section 5.4 "Instructions".
 */
import assert from "node:assert/strict";
import { ByteWriter } from "./byte-writer.ts";

export type ValueType = "i32" | "i64";

export const VALUE_TYPE: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e };
const EMPTY_BLOCK = 0x40;

/** Instructions without immediate operands. */
const OPCODE = {
  else: 0x05,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  "i32.eqz": 0x45,
  "i32.eq": 0x46,
  "i32.ne": 0x47,
  "i32.lt_u": 0x49,
  "i32.gt_u": 0x4b,
  "i32.ge_u": 0x4f,
  "i64.eqz": 0x50,
  "i64.eq": 0x51,
  "i64.ne": 0x52,
  "i64.lt_s": 0x53,
  "i64.lt_u": 0x54,
  "i64.gt_s": 0x55,
  "i64.gt_u": 0x56,
  "i64.le_s": 0x57,
  "i64.ge_s": 0x59,
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.and": 0x71,
  "i32.or": 0x72,
  "i32.shl": 0x74,
  "i32.shr_u": 0x76,
  "i64.add": 0x7c,
  "i64.sub": 0x7d,
  "i64.mul": 0x7e,
  "i64.div_s": 0x7f,
  "i64.rem_s": 0x81,
  "i64.and": 0x83,
  "i64.or": 0x84,
  "i64.xor": 0x85,
  "i64.shl": 0x86,
  "i64.shr_s": 0x87,
  "i64.shr_u": 0x88,
  "i32.wrap_i64": 0xa7,
  "i64.extend_i32_u": 0xad,
} as const;

export type Instruction = keyof typeof OPCODE;

/** Loads and stores, with the alignment they promise (log2 of bytes; a promise only, never required). */
const MEMORY_OPCODE = {
  "i32.load": [0x28, 2],
  "i64.load": [0x29, 3],
  "i32.load8_u": [0x2d, 0],
  "i32.store": [0x36, 2],
  "i64.store": [0x37, 3],
  "i32.store8": [0x3a, 0],
} as const;

export type MemoryInstruction = keyof typeof MEMORY_OPCODE;

/** A block that can be branched out of (a loop: back to its start); the nesting depth at which it was opened. */
export type Label = number & { readonly brand: "Label" };

/** The body of one function. Locals 0.. are its parameters. */
export class CodeWriter {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
  readonly #code = new ByteWriter();
  readonly #locals: ValueType[] = [];
  readonly #free: Record<ValueType, number[]> = { i32: [], i64: [] };
  #depth = 0;

  constructor(parameters: readonly ValueType[], result: ValueType | undefined) {
    this.parameters = parameters;
    this.result = result;
  }

  get byteLength(): number {
    return this.#code.length;
  }

  /** A new local for the whole function; 0 at its start. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.parameters.length + this.#locals.length - 1;
  }

  /** A local of unknown content, to be given back by `release`. */
  temporary(type: ValueType): number {
    return this.#free[type].pop() ?? this.local(type);
  }

  release(type: ValueType, ...locals: readonly number[]): this {
    this.#free[type].push(...locals);
    return this;
  }

  op(...instructions: readonly Instruction[]): this {
    for (const instruction of instructions) this.#code.byte(OPCODE[instruction]);
    return this;
  }

  i32(value: number): this {
    this.#code.byte(0x41);
    this.#code.signed(value | 0);
    return this;
  }

  i64(value: bigint): this {
    this.#code.byte(0x42);
    this.#code.signedLarge(value);
    return this;
  }

  get(local: number): this {
    return this.#indexed(0x20, local);
  }

  set(local: number): this {
    return this.#indexed(0x21, local);
  }

  tee(local: number): this {
    return this.#indexed(0x22, local);
  }

  call(functionIndex: number): this {
    return this.#indexed(0x10, functionIndex);
  }

  /** The address is on the stack (below the value, for a store); `offset` bytes are added without wrapping. */
  memory(instruction: MemoryInstruction, offset = 0): this {
    const [opcode, alignment] = MEMORY_OPCODE[instruction];
    this.#code.byte(opcode);
    this.#code.unsigned(alignment);
    this.#code.unsigned(offset);
    return this;
  }

  block(result?: ValueType): Label {
    return this.#open(0x02, result);
  }

  loop(): Label {
    return this.#open(0x03, undefined);
  }

  if(result?: ValueType): Label {
    return this.#open(0x04, result);
  }

  else(): this {
    return this.op("else");
  }

  end(): this {
    assert(this.#depth > 0, "end without a block");
    this.#depth--;
    this.#code.byte(0x0b);
    return this;
  }

  branch(label: Label): this {
    return this.#indexed(0x0c, this.#depth - label);
  }

  branchIf(label: Label): this {
    return this.#indexed(0x0d, this.#depth - label);
  }

  /** The body as the code section holds it, without its byte length. */
  encode(): Uint8Array {
    assert.equal(this.#depth, 0, "every block is ended");
    const out = new ByteWriter();
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    out.unsigned(runs.length);
    for (const { type, count } of runs) {
      out.unsigned(count);
      out.byte(VALUE_TYPE[type]);
    }
    out.bytes(this.#code.view());
    out.byte(0x0b);
    return out.view();
  }

  #open(opcode: number, result: ValueType | undefined): Label {
    this.#code.byte(opcode);
    this.#code.byte(result === undefined ? EMPTY_BLOCK : VALUE_TYPE[result]);
    this.#depth++;
    return this.#depth as Label;
  }

  #indexed(opcode: number, index: number): this {
    this.#code.byte(opcode);
    this.#code.unsigned(index);
    return this;
  }
}

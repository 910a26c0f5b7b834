/**
 * The part of the WebAssembly interface that the kernels use; Node has it, TypeScript's `es2023` library does not.
 */
declare namespace WebAssembly {
  type ExportValue = ((...operands: never[]) => unknown) | Memory | Global | Table;
  type Exports = Readonly<Record<string, ExportValue>>;
  type Imports = Record<string, Record<string, unknown>>;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Global {
    value: number | bigint;
  }
  class Table {
    readonly length: number;
  }
}

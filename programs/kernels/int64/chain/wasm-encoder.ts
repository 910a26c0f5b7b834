/**
 * Writes WebAssembly modules in the binary format: the sections around function bodies.
 *
 * Owns: the order and layout of sections.
 * Source: WebAssembly Core Specification 1.0, section 5.5 "Modules".
 */
import { ByteWriter } from "./byte-writer.ts";
import { type CodeWriter, VALUE_TYPE, type ValueType } from "./code-writer.ts";

const FUNCTION_TYPE = 0x60;

export interface FunctionImport {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
}

/** One module: everything is imported from module `kernels`, where its memory is called `memory`. */
export interface ModuleDescription {
  /** They have the function indexes 0... */
  readonly imports: readonly FunctionImport[];
  /** Exported as `f0`, `f1`, … */
  readonly functions: readonly CodeWriter[];
}

export const IMPORT_MODULE = "kernels";

/** The bytes of a module. Cost: one copy of each body. */
export function encodeModule({ imports, functions }: ModuleDescription): Uint8Array {
  const out = new ByteWriter();
  out.bytes(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
  const signatures = [...imports, ...functions];
  section(out, 1, signatures, (body, { parameters, result }) => {
    body.byte(FUNCTION_TYPE);
    body.unsigned(parameters.length);
    for (const type of parameters) body.byte(VALUE_TYPE[type]);
    body.unsigned(result === undefined ? 0 : 1);
    if (result !== undefined) body.byte(VALUE_TYPE[result]);
  });
  section(out, 2, [undefined, ...imports.keys()], (body, index) => {
    body.name(IMPORT_MODULE);
    body.name(index === undefined ? "memory" : imports[index]!.name);
    // A memory of at least 0 pages with no maximum, or a function of the type at this index.
    body.byte(index === undefined ? 0x02 : 0x00);
    if (index === undefined) body.bytes(new Uint8Array([0x00, 0x00]));
    else body.unsigned(index);
  });
  section(out, 3, [...functions.keys()], (body, index) => body.unsigned(imports.length + index));
  section(out, 7, [...functions.keys()], (body, index) => {
    body.name(`f${index}`);
    body.byte(0x00);
    body.unsigned(imports.length + index);
  });
  section(out, 10, functions, (body, code) => {
    const encoded = code.encode();
    body.unsigned(encoded.length);
    body.bytes(encoded);
  });
  return out.view();
}

/** A section that is a vector of items. */
function section<Item>(
  out: ByteWriter,
  id: number,
  items: readonly Item[],
  write: (body: ByteWriter, item: Item) => void,
): void {
  const body = new ByteWriter();
  body.unsigned(items.length);
  for (const item of items) write(body, item);
  out.byte(id);
  out.unsigned(body.length);
  out.bytes(body.view());
}

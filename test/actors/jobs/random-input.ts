/**
 * Random input files for whole jobs: CSV and NDJSON, plain and compressed, several and empty ones, with bad records.
 *
 * Owns: the arbitraries, and how a record is written in each format.
 */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { InputSpecification, IntegerMode } from "../../../programs/program.ts";
import { hardInteger as longInteger } from "../../programs/kernels/bigint/hard-integer.ts";
import { int64 } from "../../programs/kernels/random-program.ts";

export interface RandomInput {
  readonly specification: Partial<InputSpecification>;
  /** By name, in the order of the specification's paths. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

type Cell = { readonly key: bigint; readonly value: bigint } | { readonly bad: string };

/** Bad in either format and in both modes of integers, but for the two that may be too long. */
const BAD_LINES = ["x,1", "1", "1,", "1.5,2", "1,2e3", '{"k":1}', '{"k":1,"v":1.5}', "[1]", "é,1", "9,9,9,9", "-,1"];

const EXTENSIONS = ["csv", "csv", "ndjson", "csv.gz", "ndjson.gz"] as const;

interface Layout {
  readonly named: boolean;
  readonly delimiter: string;
  readonly lineEnd: string;
}

function linesOf(
  cells: readonly Cell[],
  extension: (typeof EXTENSIONS)[number],
  { named, delimiter, lineEnd }: Layout,
): string {
  const isCsv = extension.startsWith("csv");
  const lines = cells.map((cell) => {
    if ("bad" in cell) return cell.bad;
    const { key, value } = cell;
    if (!isCsv) return named ? `{"b":${value},"x":[null],"a":"${key}"}` : `{"k":${key},"v":${value}}`;
    return named ? `${value}${delimiter}7${delimiter}"${key}"` : `${key}${delimiter}${value}`;
  });
  if (isCsv && named) lines.unshift(`b${delimiter}x${delimiter}a`);
  return lines.map((line) => line + lineEnd).join("");
}

function cell(integers: IntegerMode, badWeight: number): fc.Arbitrary<Cell> {
  const integer = integers === "bigint" ? fc.oneof(int64, longInteger) : int64;
  return fc.oneof(
    { weight: 20, arbitrary: fc.record({ key: integer, value: integer }) },
    { weight: badWeight, arbitrary: fc.record({ bad: fc.constantFrom(...BAD_LINES, "") }) },
  );
}

export function randomInput(integers: IntegerMode, { badWeight }: { badWeight: number }): fc.Arbitrary<RandomInput> {
  const file = fc.record({
    cells: fc.array(cell(integers, badWeight), { maxLength: 24 }),
    extension: fc.constantFrom(...EXTENSIONS),
    hasMark: fc.boolean(),
    endsOpen: fc.boolean(),
  });
  const layout = fc.record({
    named: fc.boolean(),
    delimiter: fc.constantFrom(",", ";", "\t"),
    lineEnd: fc.constantFrom("\n", "\r\n"),
  });
  return fc
    .tuple(layout, fc.array(file, { minLength: 1, maxLength: 3 }))
    .map(([{ named, delimiter, lineEnd }, drafts]): RandomInput => {
      const entries = drafts.map(({ cells, extension, hasMark, endsOpen }, index) => {
        const lines = linesOf(cells, extension, { named, delimiter, lineEnd });
        const text = `${hasMark ? "\uFEFF" : ""}${endsOpen ? lines.slice(0, -lineEnd.length) : lines}`;
        return [`${index}.${extension}`, extension.endsWith("gz") ? gzipSync(text) : Buffer.from(text)] as const;
      });
      const names = named ? { header: true, key: "a", value: "b" } : {};
      return {
        specification: { paths: entries.map(([name]) => name), delimiter, ...names },
        files: Object.fromEntries(entries),
      };
    });
}

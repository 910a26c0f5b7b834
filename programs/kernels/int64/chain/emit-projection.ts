/**
 * Compiles one expression over rows to a loop that writes every row's value and cause.
 *
 * Owns: the loop, the table of column pointers.
 *
 * Signature: `(keys, values, count, out, causesOut, table) -> failed rows`. The table holds, for each column, the pointers
 * to its values and to its causes (0: none).
 */
import type { IntExpression } from "../../../expression/tree.ts";
import { ANY_PAIR, type Analysed, analyse } from "./analyse.ts";
import { CAUSE_CODE } from "./cause.ts";
import { CodeWriter, type Label } from "./code-writer.ts";
import type { Surroundings } from "./emit-checks.ts";
import { emitValue } from "./emit-expression.ts";

/** Bytes of the table for one column. */
export const TABLE_ENTRY_BYTES = 8;

const [KEYS, VALUES, COUNT, OUT, CAUSES_OUT, TABLE] = [0, 1, 2, 3, 4, 5] as const;

export interface ProjectionCode {
  readonly code: CodeWriter;
  /** Whether any row can fail; if not, no cause is written. */
  readonly fallible: boolean;
}

export function emitProjection(expression: IntExpression): ProjectionCode {
  const analysed = analyse(expression, ANY_PAIR);
  const code = new CodeWriter(["i32", "i32", "i32", "i32", "i32", "i32"], "i32");
  const fallible = analysed.checkCount > 0;
  const [row, offset, site, failures] = Array.from({ length: 4 }, () => code.local("i32")) as [
    number,
    number,
    number,
    number,
  ];
  const [key, value] = [code.local("i64"), code.local("i64")];
  const columns = emitColumnLocals(code, analysed);
  const done = code.block();
  const rows = code.loop();
  code.get(row).get(COUNT).op("i32.ge_u").branchIf(done);
  code.get(row).i32(3).op("i32.shl").set(offset);
  if (analysed.readsKey) code.get(KEYS).get(offset).op("i32.add").memory("i64.load").set(key);
  if (analysed.readsValue) code.get(VALUES).get(offset).op("i32.add").memory("i64.load").set(value);
  const next = code.block();
  const failed = code.block();
  code.get(OUT).get(offset).op("i32.add");
  emitValue(surroundingsOf({ code, key, value, site, offset, row, columns, failed }), analysed);
  code.memory("i64.store");
  if (fallible) code.get(CAUSES_OUT).get(row).op("i32.add").i32(0).memory("i32.store8");
  code.branch(next).end();
  code.get(OUT).get(offset).op("i32.add").i64(0n).memory("i64.store");
  code.get(CAUSES_OUT).get(row).op("i32.add").get(site).memory("i32.store8");
  code.get(failures).i32(1).op("i32.add").set(failures);
  code.end();
  code.get(row).i32(1).op("i32.add").set(row).branch(rows);
  code.end().end();
  code.get(failures);
  return { code, fallible };
}

interface ColumnLocals {
  readonly values: number;
  readonly causes: number;
}

/** Loads the pointers of the columns that are read, once for all rows. */
function emitColumnLocals(code: CodeWriter, analysed: Analysed): ReadonlyMap<number, ColumnLocals> {
  const columns = new Map<number, ColumnLocals>();
  const visit = ({ expression, operands }: Analysed): void => {
    if (expression.kind === "column" && !columns.has(expression.index)) {
      const locals = { values: code.local("i32"), causes: code.local("i32") };
      const offset = expression.index * TABLE_ENTRY_BYTES;
      code.get(TABLE).memory("i32.load", offset).set(locals.values);
      code
        .get(TABLE)
        .memory("i32.load", offset + 4)
        .set(locals.causes);
      columns.set(expression.index, locals);
    }
    operands.forEach(visit);
  };
  visit(analysed);
  return columns;
}

interface RowLocals {
  readonly code: CodeWriter;
  readonly key: number;
  readonly value: number;
  readonly site: number;
  readonly offset: number;
  readonly row: number;
  readonly columns: ReadonlyMap<number, ColumnLocals>;
  readonly failed: Label;
}

function surroundingsOf({ code, key, value, site, offset, row, columns, failed }: RowLocals): Surroundings {
  return {
    code,
    key,
    value,
    fail: (cause) => {
      code.i32(CAUSE_CODE[cause]).set(site).branchIf(failed);
    },
    column: (index) => {
      const { values, causes } = columns.get(index)!;
      code.get(causes).if();
      code.get(causes).get(row).op("i32.add").memory("i32.load8_u").tee(site).branchIf(failed);
      code.end();
      code.get(values).get(offset).op("i32.add").memory("i64.load");
    },
  };
}

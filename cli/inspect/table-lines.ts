/**
 * Aligns cells in columns.
 *
 * Owns: widths. Cells are short and may carry colours, which take no room.
 */
import { stripVTControlCharacters } from "node:util";

export interface TableStyle {
  /** Heads of the columns whose cells begin at the left; all others are numbers. */
  readonly left: readonly string[];
  readonly head: (text: string) => string;
}

export function tableLines(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): string[] {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => widthOf(row[column]))));
  const align = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const room = " ".repeat(widths[column] - widthOf(cell));
        return style.left.includes(heads[column]) ? `${cell}${room}` : `${room}${cell}`;
      })
      .join("  ")
      .trimEnd();
  return [style.head(align(heads)), ...rows.map(align)];
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

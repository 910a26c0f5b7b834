/**
 * What a text format does with lines.
 *
 * Owns: the interface.
 */
import type { Integer } from "./integer.ts";

export type TakePair = (key: Integer, value: Integer) => void;

export interface LineReader {
  /** The pair of the line that was read last. */
  readonly key: Integer;
  readonly value: Integer;
  /**
   * The quick way: gives the pairs of whole lines from `from` on, up to the first line that is not quite usual or not
   * whole. Returns where that begins and how many lines there were. At `end` stands a line feed that is no text.
   */
  readUsual(bytes: Buffer, from: number, end: number, pair: TakePair): { readonly at: number; readonly lines: number };
  isBlank(bytes: Buffer, start: number, end: number): boolean;
  /** Reads a line that is not blank, line end left out, by the whole grammar; returns why it is no pair, if it is none. */
  read(bytes: Buffer, start: number, end: number): string | undefined;
}

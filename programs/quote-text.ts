/**
 * Shows text that others wrote: nothing in it can steer a terminal, break a line, or grow a message without bound.
 *
 * Owns: which characters are escaped and how.
 * Never: decides what is worth showing.
 */
import { OFFENDING_TEXT_MAX } from "./limits.ts";

/** Controls, formatting marks that reorder text, line separators and halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const SHORT_ESCAPES = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** Escapes unprintable characters as JSON does and cuts after `charactersMax` characters with an ellipsis. */
export function escapeText(text: string, charactersMax = OFFENDING_TEXT_MAX): string {
  let escaped = "";
  let count = 0;
  for (const character of text) {
    if (count === charactersMax) return `${escaped}…`;
    escaped += showCharacter(character);
    count += 1;
  }
  return escaped;
}

/** Like `escapeText`, between double quotes. */
export function quoteText(text: string): string {
  return `"${escapeText(text)}"`;
}

/** `a, b or c` */
export function alternatives(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** The character itself, or what stands for one that cannot be printed: `\n`, `\u001b`, `\u{e0001}`. */
export function showCharacter(character: string): string {
  if (!UNPRINTABLE.test(character)) return character;
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) return short;
  const codePoint = character.codePointAt(0)!.toString(16);
  return codePoint.length > 4 ? `\\u{${codePoint}}` : `\\u${codePoint.padStart(4, "0")}`;
}

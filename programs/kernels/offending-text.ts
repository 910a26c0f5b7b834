/**
 * Shows input that was not understood: decoded, made harmless, cut.
 *
 * Owns: which characters are escaped, and how.
 * Never: judges the text.
 */
import { OFFENDING_TEXT_MAX } from "../limits.ts";

/** UTF-8 needs at most four bytes a character: more can not be shown. */
const SHOWN_BYTES_MAX = OFFENDING_TEXT_MAX * 4;

/** Controls, invisible formatting (it can reorder a terminal's line), line and paragraph separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * At most OFFENDING_TEXT_MAX characters. Unsafe characters become \xNN, \uNNNN or \u{N…}; no escape is cut in two.
 * Bytes that are not UTF-8 show as U+FFFD.
 */
export function offendingText(bytes: Uint8Array): string {
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, SHOWN_BYTES_MAX));
  let shown = "";
  let length = 0;
  for (const character of decoded) {
    const piece = UNSAFE.test(character) ? escapeCharacter(character.codePointAt(0)!) : character;
    const pieceLength = piece === character ? 1 : piece.length;
    if (length + pieceLength > OFFENDING_TEXT_MAX) break;
    shown += piece;
    length += pieceLength;
  }
  return shown;
}

function escapeCharacter(codePoint: number): string {
  const digits = codePoint.toString(16);
  if (codePoint < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return codePoint < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`;
}

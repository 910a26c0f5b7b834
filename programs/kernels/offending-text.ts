/**
 * Shows input that was not understood: decoded, made harmless, cut.
 *
 * Owns: how much of it is shown.
 * Never: judges the text.
 */
import { OFFENDING_TEXT_MAX } from "../limits.ts";
import { showCharacter } from "../quote-text.ts";

/** UTF-8 needs at most four bytes a character: more can not be shown. */
const SHOWN_BYTES_MAX = OFFENDING_TEXT_MAX * 4;

/**
 * At most OFFENDING_TEXT_MAX characters. What cannot be printed is escaped; no escape is cut in two.
 * Bytes that are not UTF-8 show as U+FFFD.
 */
export function offendingText(bytes: Uint8Array): string {
  const decoded = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, SHOWN_BYTES_MAX));
  let shown = "";
  let length = 0;
  for (const character of decoded) {
    const piece = showCharacter(character);
    const pieceLength = piece === character ? 1 : piece.length;
    if (length + pieceLength > OFFENDING_TEXT_MAX) break;
    shown += piece;
    length += pieceLength;
  }
  return shown;
}

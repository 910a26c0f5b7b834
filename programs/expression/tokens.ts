/**
 * Cuts the source of an expression into tokens, as JavaScript would, so that nothing means here what it does not mean there.
 *
 * Owns: the spelling of numbers, names and operators.
 * Never: knows which operators exist where; see `parse-syntax.ts`.
 */
import { quoteText } from "../quote-text.ts";

export interface Token {
  readonly kind: "number" | "name" | "symbol" | "end";
  /** As written; empty at the end. */
  readonly text: string;
  /** UTF-16 offsets into the source: from, up to but without. */
  readonly start: number;
  readonly end: number;
}

/** Thrown inside the parser only; `parseExpression` turns it into a problem. */
export class ExpressionSyntaxError extends Error {
  /** UTF-16 offset into the source. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = "ExpressionSyntaxError";
    this.offset = offset;
  }
}

/** The tokens of the source, an `end` token behind them. Errors: `ExpressionSyntaxError` for the first one that is none. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(BLANKS, source, at).length;
    if (at === source.length) break;
    const token = readToken(source, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "", start: at, end: at });
  return tokens;
}

const BLANKS = /\s*/y;
const NUMBER_LIKE = /\d[\w.$]*/y;
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;
const DECIMAL = /^(?:0|[1-9]\d*(?:_\d+)*)$/;

/** Longest first, as JavaScript cuts them. */
const SYMBOLS = [
  ...[">>>", "===", "!=="],
  ...["==", "!=", "<=", ">=", "<<", ">>", "&&", "||", "**", "=>", "??", "?.", "++", "--", "//", "/*"],
  ...["+", "-", "*", "/", "%", "&", "|", "^", "~", "!", "<", ">", "=", "?", ":", "(", ")", "[", "]", ",", "."],
];

const NO_ASSIGNMENT = "there is no assignment; compare with ==";
const NO_COMMENT = "there are no comments in an expression";
const NO_NULL = "there is nothing null here; decide with ?:";
const NO_TEXT = "there is no text in an expression, only integers";
const NO_DOUBLE_SIGN = "there is no increment or decrement; put a blank between two signs";
const REFUSALS = new Map([
  [">>>", "there is no unsigned shift; use >>"],
  ["=", NO_ASSIGNMENT],
  ["=>", "no function can be defined here"],
  ["??", NO_NULL],
  ["?.", NO_NULL],
  ["++", NO_DOUBLE_SIGN],
  ["--", NO_DOUBLE_SIGN],
  ["//", NO_COMMENT],
  ["/*", NO_COMMENT],
  [".", "there are no members and no decimal points, only integers"],
  ['"', NO_TEXT],
  ["'", NO_TEXT],
  ["`", NO_TEXT],
  [";", "a program has one expression a step, no statements"],
]);

function readToken(source: string, start: number): Token {
  const digits = match(NUMBER_LIKE, source, start);
  if (digits !== "") {
    if (!DECIMAL.test(digits)) throw new ExpressionSyntaxError(refuseNumber(digits), start);
    return { kind: "number", text: digits, start, end: start + digits.length };
  }
  const name = match(NAME, source, start);
  if (name !== "") return { kind: "name", text: name, start, end: start + name.length };
  const symbol = SYMBOLS.find((known) => source.startsWith(known, start));
  const text = symbol ?? String.fromCodePoint(source.codePointAt(start)!);
  const refusal = REFUSALS.get(text);
  if (symbol === undefined || refusal !== undefined) {
    const reason = refusal === undefined ? "" : `: ${refusal}`;
    throw new ExpressionSyntaxError(`unexpected ${quoteText(text)}${reason}`, start);
  }
  return { kind: "symbol", text, start, end: start + text.length };
}

function refuseNumber(text: string): string {
  const problem = `${quoteText(text)} is not a decimal integer`;
  if (/^0[\d_]+$/.test(text)) return `${problem}: it has a leading zero`;
  if (/^[\d_]+$/.test(text)) return `${problem}: "_" may stand only between two digits`;
  if (/^[\d_]+n$/.test(text)) return `${problem}: write it without the "n"`;
  if (/^0[xob]/i.test(text)) return `${problem}: there are no other bases`;
  if (text.includes(".")) return `${problem}: it has a decimal point`;
  if (/^\d[\d_]*e\d*$/i.test(text)) return `${problem}: it has an exponent`;
  return `${problem}: put an operator between number and name`;
}

function match(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? "";
}

/**
 * Reads JSON text (RFC 8259) and, unlike `JSON.parse`, tells the line and column of an error, notices keys that are given
 * twice, and keeps the digits of numbers that a double would change.
 *
 * Owns: the grammar, the position of errors.
 * Never: knows what the values mean.
 */
import { quoteText } from "./quote-text.ts";

/** A number that is no integer within ±(2^53 - 1), as written. */
export class InexactNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** `__proto__` and `constructor` are keys like any other: ask with `Object.hasOwn` for keys that objects inherit. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A `number` is always a safe integer. */
export type JsonValue = null | boolean | string | number | InexactNumber | readonly JsonValue[] | JsonObject;

export type JsonPath = readonly (string | number)[];

export interface JsonText {
  readonly value: JsonValue;
  /** Where a key stands that its object had already; the last one counts, as in `JSON.parse`. */
  readonly repeatedKeys: readonly JsonPath[];
}

/** The text is no JSON. `line` and `column` count from 1; columns are UTF-16 units, as editors count them. */
export class JsonSyntaxError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.name = "JsonSyntaxError";
    this.line = line;
    this.column = column;
  }
}

/** Levels of arrays and objects: bounds recursion, and is beyond every valid program. */
export const JSON_DEPTH_MAX = 256;

/** Reads one value; a byte order mark before it is skipped. Errors: `JsonSyntaxError`. */
export function readJson(text: string): JsonText {
  return new JsonReader(text).readText();
}

const WORDS = new Map<string, JsonValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const BYTE_ORDER_MARK = "\uFEFF";
/** Characters: a safe integer has 16 digits; whoever writes it with more than this many zeros has no use for it. */
const EXACT_NUMBER_LENGTH_MAX = 400;
const NUMBER_PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

class JsonReader {
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  readonly #repeatedKeys: JsonPath[] = [];
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  }

  readText(): JsonText {
    const value = this.#readValue();
    this.#skipBlanks();
    if (this.#at < this.#text.length) this.#fail("expected the end of the text");
    return { value, repeatedKeys: this.#repeatedKeys };
  }

  #readValue(): JsonValue {
    this.#skipBlanks();
    const character = this.#text[this.#at];
    if (character === "{") return this.#readObject();
    if (character === "[") return this.#readArray();
    if (character === '"') return this.#readString();
    if (character === "-" || isDigit(character)) return this.#readNumber();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#fail("expected a value");
  }

  #readObject(): JsonObject {
    const object: { [key: string]: JsonValue } = {};
    this.#openBracket();
    if (this.#skipIf("}")) return object;
    do {
      this.#skipBlanks();
      if (this.#text[this.#at] !== '"') this.#fail("expected a key between double quotes");
      const key = this.#readString();
      if (!this.#skipIf(":")) this.#fail('expected ":" after the key');
      this.#path.push(key);
      if (Object.hasOwn(object, key)) this.#repeatedKeys.push([...this.#path]);
      const value = this.#readValue();
      // Assigning to `__proto__` would not make a key of that name.
      if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true, configurable: true });
      else object[key] = value;
      this.#path.pop();
    } while (this.#skipIf(","));
    if (!this.#skipIf("}")) this.#fail('expected "," or "}"');
    return object;
  }

  #readArray(): readonly JsonValue[] {
    const items: JsonValue[] = [];
    this.#openBracket();
    if (this.#skipIf("]")) return items;
    do {
      this.#path.push(items.length);
      items.push(this.#readValue());
      this.#path.pop();
    } while (this.#skipIf(","));
    if (!this.#skipIf("]")) this.#fail('expected "," or "]"');
    return items;
  }

  #openBracket(): void {
    if (this.#path.length >= JSON_DEPTH_MAX) this.#fail(`expected at most ${JSON_DEPTH_MAX} levels of nesting`);
    this.#at += 1;
  }

  #readString(): string {
    const start = this.#at;
    this.#at += 1;
    let isEscaped = false;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === '"') break;
      if (character === undefined) this.#fail("expected the closing double quote of a string");
      if (character < " ") this.#fail("expected no unescaped control character in a string");
      if (character === "\\") {
        isEscaped = true;
        this.#skipEscape();
      } else this.#at += 1;
    }
    this.#at += 1;
    if (!isEscaped) return this.#text.slice(start + 1, this.#at - 1);
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #skipEscape(): void {
    const letter = this.#text[this.#at + 1] ?? "";
    const length = letter === "u" ? 6 : 2;
    const isValid =
      letter === "u"
        ? /^[\dA-Fa-f]{4}$/.test(this.#text.slice(this.#at + 2, this.#at + 6))
        : /["\\/bfnrt]/.test(letter);
    if (!isValid) this.#fail("expected an escape sequence of JSON");
    this.#at += length;
  }

  #readNumber(): number | InexactNumber {
    const start = this.#at;
    if (this.#text[this.#at] === "-") this.#at += 1;
    if (this.#text[this.#at] === "0") this.#at += 1;
    else this.#skipDigits();
    if (isDigit(this.#text[this.#at])) this.#fail("expected no digit after a leading 0");
    if (this.#text[this.#at] === ".") {
      this.#at += 1;
      this.#skipDigits();
    }
    if (this.#text[this.#at] === "e" || this.#text[this.#at] === "E") {
      this.#at += 1;
      if (this.#text[this.#at] === "+" || this.#text[this.#at] === "-") this.#at += 1;
      this.#skipDigits();
    }
    return exactNumber(this.#text.slice(start, this.#at));
  }

  #skipDigits(): void {
    if (!isDigit(this.#text[this.#at])) this.#fail("expected a digit");
    while (isDigit(this.#text[this.#at])) this.#at += 1;
  }

  #skipBlanks(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character !== " " && character !== "\n" && character !== "\r" && character !== "\t") return;
      this.#at += 1;
    }
  }

  #skipIf(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #fail(expectation: string): never {
    const before = this.#text.slice(0, this.#at);
    const lineStart = before.lastIndexOf("\n") + 1;
    let line = 1;
    for (let at = before.indexOf("\n"); at !== -1; at = before.indexOf("\n", at + 1)) line += 1;
    const codePoint = this.#text.codePointAt(this.#at);
    const found = codePoint === undefined ? "the text ends" : `found ${quoteText(String.fromCodePoint(codePoint))}`;
    throw new JsonSyntaxError(`${expectation}, but ${found}`, line, before.length - lineStart + 1);
  }
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}

/** Decides by the digits whether a number is an integer: a double may have been rounded to one. */
function exactNumber(source: string): number | InexactNumber {
  const value = Number(source);
  if (!Number.isSafeInteger(value) || source.length > EXACT_NUMBER_LENGTH_MAX) return new InexactNumber(source);
  const [, , whole, fraction = "", exponent = "0"] = NUMBER_PARTS.exec(source)!;
  const digits = whole + fraction;
  let zeroCount = 0;
  while (zeroCount < digits.length && digits[digits.length - 1 - zeroCount] === "0") zeroCount += 1;
  const isZero = zeroCount === digits.length;
  if (!isZero && Number(exponent) - fraction.length + zeroCount < 0) return new InexactNumber(source);
  return value === 0 ? 0 : value;
}

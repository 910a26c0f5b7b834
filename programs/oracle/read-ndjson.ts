/**
 * Reads one line of NDJSON into a pair, digits exactly.
 *
 * Owns: what a pair looks like in JSON.
 * Never: lets a number pass through a double: JSON's numbers are kept as text before JSON.parse sees them.
 */
import { RECORD_REASON } from "../kernels/record-reasons.ts";
import type { IntegerMode } from "../program.ts";
import { type LineReading, readInteger, readPair } from "./line-reading.ts";

/** JSON's white space alone; a carriage return before the line feed is the line's end. */
export function isBlankNdjsonLine(line: string): boolean {
  return /^[ \t\r]*$/.test(line);
}

export function readNdjsonLine(line: string, keyName: string, valueName: string, integers: IntegerMode): LineReading {
  const toPair = (key: unknown, value: unknown) => readPair(readMember(key, integers), readMember(value, integers));
  const parsed = parseKeepingDigits(line);
  if (parsed === undefined) return RECORD_REASON.notJson;
  if (Array.isArray(parsed)) {
    if (parsed.length !== 2) return RECORD_REASON.wrongElementCount(parsed.length);
    return toPair(parsed[0], parsed[1]);
  }
  if (typeof parsed !== "object" || parsed === null) return RECORD_REASON.notAPair;
  const members = new Map<string, unknown>(Object.entries(parsed));
  const [key, value] = [`$${keyName}`, `$${valueName}`];
  if (!members.has(key)) return RECORD_REASON.noMember(keyName);
  if (!members.has(value)) return RECORD_REASON.noMember(valueName);
  return toPair(members.get(key), members.get(value));
}

/** As JSON.parse has it, but every string begins with `$`, and every number is a string that begins with `#`. */
function parseKeepingDigits(line: string): unknown {
  try {
    JSON.parse(line);
  } catch {
    return undefined;
  }
  const STRING_OR_NUMBER = /"((?:[^"\\]|\\.)*)"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/g;
  const kept = line.replace(STRING_OR_NUMBER, (token: string, inside: string | undefined) =>
    inside === undefined ? `"#${token}"` : `"$${inside}"`,
  );
  return JSON.parse(kept);
}

/** A number without point and exponent, or a string of digits with an optional sign. */
function readMember(marked: unknown, integers: IntegerMode): bigint | string {
  return readInteger(typeof marked === "string" ? marked.slice(1) : unmarked(marked), integers);
}

/** What stood there, but for its white space and escapes. */
function unmarked(marked: unknown): string {
  return JSON.stringify(marked)
    .replace(/"#([^"]*)"/g, "$1")
    .replace(/"\$/g, '"');
}

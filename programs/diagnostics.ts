/**
 * Collects what is wrong with a program, and checks objects of its file against their schemas.
 *
 * Owns: how places are written, and the words for missing, unknown and wrong members.
 * Never: throws for what an author can write.
 */
import type * as z from "zod";
import type { Diagnostic } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";
import { escapeText, quoteText } from "./quote-text.ts";
import { InexactNumber, type JsonObject, type JsonPath, type JsonValue } from "./read-json.ts";

export class Diagnostics {
  readonly #found: Diagnostic[] = [];

  get found(): readonly Diagnostic[] {
    return this.#found;
  }

  report(place: string, message: string): void {
    this.#found.push({ place, message });
  }

  /**
   * The value with its defaults, or undefined after every unknown, missing and wrong member has been reported.
   * `otherKeys` are known elsewhere: key to where it belongs.
   */
  check<Schema extends z.ZodObject>(
    schema: Schema,
    value: JsonValue,
    place: string,
    otherKeys: ReadonlyMap<string, string> = new Map(),
  ): z.infer<Schema> | undefined {
    // To a schema, a number that is not exact is an object like any other.
    const result = schema.safeParse(isJsonObject(value) ? value : null);
    if (!isJsonObject(value)) {
      this.report(place, `must be ${result.error?.issues[0].message}, but is ${describeValue(value)}`);
      return undefined;
    }
    const misspelt = this.checkKeys(value, Object.keys(schema.shape), place, otherKeys);
    for (const { code, path, message } of result.error?.issues ?? []) {
      if (code === "unrecognized_keys" || misspelt.has(String(path[0]))) continue;
      this.report(placeOf(place, path as JsonPath), expectation(message, valueAt(value, path as JsonPath)));
    }
    return result.success ? result.data : undefined;
  }

  /** Reports unknown keys; returns the known ones that they probably mean and that are missing. */
  checkKeys(
    value: JsonObject,
    known: readonly string[],
    place: string,
    otherKeys: ReadonlyMap<string, string> = new Map(),
  ): ReadonlySet<string> {
    const misspelt = new Set<string>();
    for (const key of Object.keys(value)) {
      if (known.includes(key)) continue;
      const absent = known.filter((candidate) => !Object.hasOwn(value, candidate));
      const meant = nearestName(key, absent);
      if (meant !== undefined) misspelt.add(meant);
      const owner = otherKeys.get(key);
      const nearest = meant ?? nearestName(key, known);
      let hint = nearest === undefined ? `; keys: ${known.join(", ")}` : `; did you mean "${nearest}"?`;
      if (owner !== undefined) hint = `; it belongs to ${owner}`;
      this.report(placeOf(place, [key]), `unknown key ${quoteText(key)}${hint}`);
    }
    return misspelt;
  }
}

/** `must be …, but is …` or `is required and must be …` */
export function expectation(phrase: string, found: JsonValue | undefined): string {
  return found === undefined ? `is missing; it must be ${phrase}` : `must be ${phrase}, but is ${describeValue(found)}`;
}

/** `; did you mean "map"? (operators: map, changeKey)`, or the names alone where none is near. */
export function suggest(nearest: string | undefined, known: readonly string[], kind: string): string {
  const names = `${kind}: ${known.join(", ")}`;
  return nearest === undefined ? `; ${names}` : `; did you mean "${nearest}"? (${names})`;
}

/** `operations[2].arg`; keys that are no names stand in brackets and quotes. */
export function placeOf(place: string, path: JsonPath): string {
  let written = place;
  for (const part of path) {
    if (typeof part === "number") written += `[${part}]`;
    else if (!/^[A-Za-z_$][\w$]{0,79}$/.test(part)) written += `[${quoteText(part)}]`;
    else written += written === "" ? part : `.${part}`;
  }
  return written;
}

export function describeValue(value: JsonValue): string {
  if (typeof value === "string") return quoteText(value);
  if (value instanceof InexactNumber) return escapeText(value.source);
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof InexactNumber);
}

function valueAt(value: JsonValue, path: JsonPath): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const part of path) found = (found as { readonly [key: string | number]: JsonValue | undefined } | null)?.[part];
  return found;
}

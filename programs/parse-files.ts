/**
 * The `input` and `output` of a program file.
 *
 * Owns: their short forms, and which of their keys contradict each other or the format.
 * Never: looks whether a file exists.
 */
import { type Diagnostics, expectation, isJsonObject, placeOf } from "./diagnostics.ts";
import { formatOfPath } from "./format-of-path.ts";
import type { InputSpecification, OutputSpecification } from "./program.ts";
import { quoteText } from "./quote-text.ts";
import type { JsonObject, JsonValue } from "./read-json.ts";
import { inputSchema, outputSchema, pathSchema, pathsSchema } from "./schema.ts";

/** Undefined if there is no input, or after what is wrong with it has been reported. */
export function parseInput(value: JsonValue | undefined, diagnostics: Diagnostics): InputSpecification | undefined {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) {
    const paths = parsePaths(value, "input", diagnostics);
    const defaults = { format: undefined, header: false, delimiter: ",", key: undefined, value: undefined };
    return paths === undefined ? undefined : { paths, ...defaults };
  }
  const members = diagnostics.check(inputSchema, value, "input");
  const paths = value.path === undefined ? undefined : parsePaths(value.path, "input.path", diagnostics);
  checkInput(value, paths ?? [], diagnostics);
  if (members === undefined || paths === undefined) return undefined;
  const { format, header, delimiter, key, value: valueColumn } = members;
  return { paths, format, header, delimiter, key, value: valueColumn };
}

/** The default if there is none, also after what is wrong with it has been reported. */
export function parseOutput(value: JsonValue | undefined, diagnostics: Diagnostics): OutputSpecification {
  const defaults: OutputSpecification = { path: undefined, format: undefined, order: "key" };
  if (value === undefined) return defaults;
  if (!isJsonObject(value)) {
    const { data, error } = pathSchema.safeParse(value);
    if (error !== undefined) diagnostics.report("output", expectation("a path, not empty, or an object", value));
    return { ...defaults, path: data };
  }
  return { ...defaults, ...diagnostics.check(outputSchema, value, "output") };
}

function parsePaths(
  value: JsonValue | undefined,
  place: string,
  diagnostics: Diagnostics,
): readonly string[] | undefined {
  const { data, error } = pathsSchema.safeParse(typeof value === "string" ? [value] : value);
  if (error === undefined) return data;
  for (const { path, message } of error.issues) {
    const index = typeof value === "string" ? undefined : (path[0] as number | undefined);
    const found = index === undefined ? value : (value as readonly JsonValue[])[index];
    diagnostics.report(placeOf(place, index === undefined ? [] : [index]), expectation(message, found));
  }
  return undefined;
}

/** Looks at members as they are written: one that is wrong hides no other. Of no known format, nothing is said. */
function checkInput(written: JsonObject, paths: readonly string[], diagnostics: Diagnostics): void {
  const formats = new Set<JsonValue>(written.format === undefined ? paths.map(formatOfPath) : [written.format]);
  if (formats.has("ndjson") && !formats.has("csv")) {
    for (const member of ["header", "delimiter"]) {
      if (Object.hasOwn(written, member)) diagnostics.report(`input.${member}`, "is for CSV, but the input is NDJSON");
    }
  }
  for (const member of ["key", "value"] as const) {
    const column = written[member];
    const hasNoHeader = written.header === undefined || written.header === false;
    if (typeof column === "string" && formats.has("csv") && hasNoHeader) {
      const advice = 'say "header": true, or give its number from 0';
      diagnostics.report(`input.${member}`, `${quoteText(column)} names a column, but there is no header: ${advice}`);
    }
    if (typeof column === "number" && formats.has("ndjson")) {
      diagnostics.report(`input.${member}`, `must be the name of a member, as the input is NDJSON, but is ${column}`);
    }
  }
}

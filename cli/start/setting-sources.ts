/**
 * Gathers the settings of `start` from a file, the environment and the command line; the last of these wins.
 *
 * Owns: how text becomes a value, and where each value came from.
 * Never: decides what settings mean together; see `settings.ts`.
 *
 * S1. Every value of every source is checked, also one that another source overrides: it is a mistake all the same.
 * S2. A relative path is relative to the file that it stands in, else to the working directory.
 * S3. An empty variable is one that is not set, as scripts write it.
 */
import { readFileSync, statSync } from "node:fs";
import nodePath from "node:path";
import { Diagnostics, isJsonObject } from "../../programs/diagnostics.ts";
import { quoteText } from "../../programs/quote-text.ts";
import { type JsonObject, JsonSyntaxError, type JsonValue, readJson } from "../../programs/read-json.ts";
import { optionOf, SETTING_KEYS, type SettingKey, variableOf } from "./setting-names.ts";
import { type GivenSettings, isPath, SETTINGS, sourceSchema } from "./setting-table.ts";

/** Not a setting: where the settings are. */
const FILE_VARIABLE = "ACTOR_DATAFLOW_CONFIG";
const FILE_BYTES_MAX = 1 << 20;

export interface SettingSources {
  /** `--config`. */
  readonly file: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** As commander gives them: texts, and true for flags. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface GatheredSettings {
  readonly given: GivenSettings;
  /** Settings with a wrong value, which has been reported: they are not missing. */
  readonly wrong: ReadonlySet<string>;
  /** How a person wrote a setting, or would write it: `--port`, `ACTOR_DATAFLOW_PORT`, `cluster.json: port`. */
  placeOf(key: SettingKey): string;
}

/** What is wrong is reported to `diagnostics`, and left out. */
export function gatherSettings(sources: SettingSources, diagnostics: Diagnostics): GatheredSettings {
  const file = sources.file ?? (sources.environment[FILE_VARIABLE] || undefined);
  const given: Record<string, unknown> = {};
  const places = new Map<SettingKey, string>();
  const report: Report = { diagnostics, wrong: new Set() };
  const take = (values: JsonObject, nameOf: (key: SettingKey) => string, baseDirectory: string): void => {
    for (const [key, value] of Object.entries(values) as [SettingKey, JsonValue][]) {
      given[key] = isPath(key) && value !== "-" ? nodePath.resolve(baseDirectory, String(value)) : value;
      places.set(key, nameOf(key));
    }
  };
  if (file !== undefined) take(readSettingsFile(file, report), fileNameOf(file), nodePath.dirname(file));
  const variables = Object.fromEntries(
    // The environment's data directory is the one in which each role, and each `run`, has one of its own.
    SETTING_KEYS.filter((key) => key !== "dataDir").map((key) => [
      key,
      sources.environment[variableOf(key)] || undefined,
    ]),
  );
  take(checkTexts(variables, variableOf, report), variableOf, ".");
  const options = Object.fromEntries(SETTING_KEYS.map((key) => [key, sources.options[key]]));
  take(checkTexts(options, optionOf, report), optionOf, ".");
  return { given, wrong: report.wrong, placeOf: (key) => places.get(key) ?? optionOf(key) };
}

interface Report {
  readonly diagnostics: Diagnostics;
  readonly wrong: Set<string>;
}

function fileNameOf(file: string): (key: SettingKey) => string {
  return (key) => `${file}: ${key}`;
}

function readSettingsFile(file: string, report: Report): JsonObject {
  const { diagnostics } = report;
  try {
    if (statSync(file).size > FILE_BYTES_MAX) {
      diagnostics.report(file, `is larger than ${FILE_BYTES_MAX} bytes`);
      return {};
    }
    const { value, repeatedKeys } = readJson(readFileSync(file, "utf8"));
    for (const [key] of repeatedKeys) diagnostics.report(file, `key ${quoteText(String(key))} is given twice`);
    return checkValues(value, (key) => (key === "" ? file : `${file}: ${key}`), report);
  } catch (error) {
    const syntax = error instanceof JsonSyntaxError;
    diagnostics.report(syntax ? `${file}:${error.line}:${error.column}` : file, (error as Error).message);
    return {};
  }
}

/** Values that are texts because a command line or an environment knows no others. */
function checkTexts(
  texts: Readonly<Record<string, unknown>>,
  nameOf: (key: SettingKey) => string,
  report: Report,
): JsonObject {
  const values = Object.entries(texts).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, valueOfText(key as SettingKey, text)] as const],
  );
  return checkValues(Object.fromEntries(values), (key) => nameOf(key as SettingKey), report);
}

/** What cannot be read as the setting's type stays text, which its schema then refuses. */
function valueOfText(key: SettingKey, text: unknown): JsonValue {
  if (typeof text !== "string") return text === true;
  const { def } = SETTINGS[key];
  if (def.type === "number" && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (def.type === "boolean") return { true: true, "1": true, false: false, "0": false }[text] ?? text;
  return def.type === "array" ? text.split(",").map((part) => part.trim()) : text;
}

/** The members that are right. */
function checkValues(value: JsonValue, nameOf: (place: string) => string, { diagnostics, wrong }: Report): JsonObject {
  const checked = new Diagnostics();
  checked.check(sourceSchema, value, "");
  const wrongHere = new Set<string>();
  for (const { place, message } of checked.found) {
    diagnostics.report(nameOf(place), message);
    wrongHere.add(place.replace(/\W.*/, ""));
  }
  for (const key of wrongHere) wrong.add(key);
  if (!isJsonObject(value)) return {};
  const right = Object.entries(value).filter(([key]) => Object.hasOwn(SETTINGS, key) && !wrongHere.has(key));
  return Object.fromEntries(right);
}

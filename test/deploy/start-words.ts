/**
 * What a deployment starts: its words and its environment, settled as `start` would.
 *
 * Owns: the reading of a command line that stands in somebody else's file.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { describeStart } from "../../cli/start/describe-start.ts";
import { SETTING_KEYS, variableOf } from "../../cli/start/setting-names.ts";
import { type StartSettings, settleStart } from "../../cli/start/settings.ts";

/** Of other files than `cli/start`, and of pods. */
const OTHER_VARIABLES = ["ACTOR_DATAFLOW_TOKEN", "NODE_ENV", "POD_NAME"];
const PEM = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

/** Variables that nobody reads: a misspelt one would be ignored. */
export function strangers(environment: Readonly<Record<string, string>>): string[] {
  const known = new Set([...SETTING_KEYS.map(variableOf), ...OTHER_VARIABLES]);
  return Object.keys(environment).filter((name) => !known.has(name));
}

/**
 * `words` are those after the command's name, `start` first. Files of TLS, which are not here, are made for the moment.
 *
 * Errors: those of commander and of the settings.
 */
export async function settleWords(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  file?: string,
): Promise<StartSettings> {
  if (words[0] !== "start") throw new Error(`it runs ${words[0]}`);
  const command = describeStart().exitOverride();
  const options = command.parse(words.slice(1), { from: "user" }).opts();
  const directory = mkdtempSync(path.join(os.tmpdir(), "deploy-test-"));
  try {
    const pem = path.join(directory, "pem");
    writeFileSync(pem, PEM, { mode: 0o600 });
    const own = Object.entries(environment).map(([name, value]) => [name, value.startsWith("/etc/") ? pem : value]);
    const sources = { file: options.config ?? file, environment: Object.fromEntries(own), options };
    return await settleStart(sources, Readable.from([]) as NodeJS.ReadStream);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * What the command `start` does with its options.
 *
 * Never: knows what a coordinator or a worker does; it is given that.
 */
import { refuseToken } from "../token.ts";
import { hostedBy } from "./hosted.ts";
import { runStart, type StartHow } from "./run-start.ts";
import { settleStart } from "./settings.ts";

export interface StartOptions extends Readonly<Record<string, unknown>> {
  readonly config?: string;
  readonly json?: boolean;
  readonly hosted?: string;
  readonly token?: unknown;
}

/** Returns the exit code. Errors: SettingsError, CommandError. */
export async function start(options: StartOptions, how: Pick<StartHow, "roles" | "roleProcess">): Promise<number> {
  refuseToken(options);
  const hosted = options.hosted === undefined ? undefined : hostedBy(options.hosted, process.stdin);
  const own = hosted === undefined ? {} : { tokenFile: "-", dataDir: options.dataDir ?? hosted.directory };
  const sources = { file: options.config, environment: process.env, options: { ...options, ...own } };
  const settings = await settleStart(sources);
  return await runStart(settings, { ...how, json: options.json === true, hosted });
}

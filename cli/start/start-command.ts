/**
 * The command `start`: its options, and what it does with them.
 *
 * Owns: the command's help.
 * Never: knows what a coordinator or a worker does; it is given that.
 */
import { Command, Option } from "commander";
import { refuseToken, tokenOptions } from "../token.ts";
import { hostedBy } from "./hosted.ts";
import { runStart, type StartHow } from "./run-start.ts";
import { optionOf, SETTING_KEYS, SETTINGS } from "./setting-table.ts";
import { settleStart } from "./settings.ts";

const HELP = `
Each option is also a setting: --drain-timeout-seconds is "drainTimeoutSeconds" in the file of --config,
and ACTOR_DATAFLOW_DRAIN_TIMEOUT_SECONDS in the environment. The command line wins, then the environment.

SIGTERM ends it in order: a worker hands over and leaves. A second one ends it at once.

Examples:
  $ actor-dataflow start --role both
  $ actor-dataflow start --role coordinator --host 10.0.0.1 --token-file token --tls-cert cert.pem --tls-key key.pem
  $ actor-dataflow start --role worker --join 10.0.0.1 --host 10.0.0.2 --config worker.json`;

/** Without its action. */
export function describeStart(): Command {
  const command = new Command("start")
    .description("Starts a coordinator, a worker, or both, and keeps it running.")
    .option("--config <FILE>", "settings, as a JSON object");
  for (const key of SETTING_KEYS.filter((one) => one !== "tokenFile")) {
    const { placeholder, description } = SETTINGS[key];
    command.addOption(
      new Option(`${optionOf(key)} ${placeholder === "" ? "[BOOLEAN]" : `<${placeholder}>`}`, description),
    );
  }
  for (const option of tokenOptions()) command.addOption(option);
  return command
    .option("--json", "a line on standard output for each that serves: role, host, port, pid")
    .addOption(new Option("--hosted <NAME>", "as run --hosts starts it").hideHelp())
    .addHelpText("after", HELP);
}

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
  const own = hosted === undefined ? {} : { tokenFile: "-", dataDir: hosted.directory };
  const sources = { file: options.config, environment: process.env, options: { ...options, ...own } };
  const settings = await settleStart(sources);
  return await runStart(settings, { ...how, json: options.json === true, hosted });
}

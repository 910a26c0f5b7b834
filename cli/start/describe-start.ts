/**
 * The options and the help of the command `start`.
 *
 * Never: loads what the command needs to do its work.
 */
import { Command, Option } from "commander";
import { tokenOptions } from "../token.ts";
import { optionOf, SETTING_KEYS, textsOf } from "./setting-names.ts";

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
    const { placeholder, description } = textsOf(key);
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

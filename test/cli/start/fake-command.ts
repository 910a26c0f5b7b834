/**
 * The command line with `start` alone, and roles of the tests.
 */
import { Command } from "commander";
import { tellError } from "../../../cli/command-error.ts";
import { describeStart } from "../../../cli/start/describe-start.ts";
import { start } from "../../../cli/start/start-command.ts";
import { fakeRoles } from "./fake-roles.ts";

const roleProcess = new URL("./fake-role-process.js", import.meta.url);
const command = describeStart().action(async (options) => {
  try {
    process.exit(await start(options, { roles: fakeRoles, roleProcess }));
  } catch (error) {
    const { lines, exitCode } = tellError(error);
    process.stderr.write(`${lines.join("\n")}\n`);
    process.exit(exitCode);
  }
});
await new Command().addCommand(command).parseAsync();

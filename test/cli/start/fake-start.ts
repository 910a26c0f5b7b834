/**
 * `start` with roles of the tests; its argument is the settings as JSON.
 */
import { runStart } from "../../../cli/start/run-start.ts";
import { settleStart } from "../../../cli/start/settings.ts";
import { fakeRoles } from "./fake-roles.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as Record<string, unknown>;
const settings = await settleStart({ file: undefined, environment: process.env, options });
const roleProcess = new URL("./fake-role-process.js", import.meta.url);
process.exit(await runStart(settings, { roles: fakeRoles, roleProcess, json: true }));

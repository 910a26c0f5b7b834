/**
 * `start`: a coordinator, a worker, or both.
 */
import { clusterRoles } from "../start/cluster-roles.ts";
import { type StartOptions, start as startRoles } from "../start/start-command.ts";

/** Returns the exit code. */
export async function start(options: StartOptions): Promise<number> {
  const roleProcess = new URL("../start/cluster-role-process.js", import.meta.url);
  return await startRoles(options, { roles: clusterRoles, roleProcess });
}

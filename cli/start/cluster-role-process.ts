/**
 * The process that plays one role of a cluster, as `start` starts it.
 */
import { clusterRoles } from "./cluster-roles.ts";
import { runRoleProcess } from "./role-process.ts";

await runRoleProcess(clusterRoles);

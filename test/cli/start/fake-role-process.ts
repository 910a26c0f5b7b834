/**
 * A process that plays a role of the tests.
 */
import { runRoleProcess } from "../../../cli/start/role-process.ts";
import { fakeRoles } from "./fake-roles.ts";

await runRoleProcess(fakeRoles);

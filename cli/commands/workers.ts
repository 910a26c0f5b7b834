/**
 * `workers`: lists the workers that a coordinator knows.
 *
 * Owns: nothing but the question.
 */
import { ClusterClient } from "../cluster/client.ts";
import { connectionOf } from "../cluster/connection.ts";
import { workerTable } from "../cluster/job-lines.ts";
import { type LookOptions, tell } from "../cluster/tell.ts";

/** Returns the exit code. */
export async function workers(options: LookOptions): Promise<number> {
  const found = await new ClusterClient(await connectionOf(options)).workers();
  return await tell(options, found, () => workerTable(found));
}

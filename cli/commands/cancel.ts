/**
 * `cancel`: stops a job for good.
 *
 * Owns: nothing but the request.
 */
import { escapeText } from "../../programs/quote-text.ts";
import { ClusterClient } from "../cluster/client.ts";
import { connectionOf } from "../cluster/connection.ts";
import { type LookOptions, tell } from "../cluster/tell.ts";

/** Returns the exit code. */
export async function cancel(id: string, options: LookOptions): Promise<number> {
  const job = await new ClusterClient(await connectionOf(options)).cancel(id);
  return await tell(options, job, () => [`job ${escapeText(job.id)} is ${job.state}`]);
}

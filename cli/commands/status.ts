/**
 * `status`: what is known of a job, and its story.
 *
 * Owns: nothing but the questions.
 */
import { ClusterClient } from "../cluster/client.ts";
import { connectionOf } from "../cluster/connection.ts";
import { statusLines } from "../cluster/job-lines.ts";
import { type LookOptions, tell } from "../cluster/tell.ts";

/** Returns the exit code. */
export async function status(id: string, options: LookOptions): Promise<number> {
  const client = new ClusterClient(await connectionOf(options));
  const [job, story] = await Promise.all([client.job(id), client.story(id)]);
  return await tell(options, { ...job, story }, () => statusLines(job, story));
}

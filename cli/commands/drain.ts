/**
 * `drain`: has a worker hand over what it does, and leave.
 *
 * Owns: nothing but the request; `workers` shows when the worker has left.
 */
import { escapeText } from "../../programs/quote-text.ts";
import { ClusterClient } from "../cluster/client.ts";
import { connectionOf } from "../cluster/connection.ts";
import { type LookOptions, tell } from "../cluster/tell.ts";

/** Returns the exit code. */
export async function drain(id: string, options: LookOptions): Promise<number> {
  const worker = await new ClusterClient(await connectionOf(options)).drain(id);
  const { state } = worker;
  const how = state === "left" ? "has left" : state === "draining" ? "is draining" : `is ${state}, and is to leave`;
  return await tell(options, worker, () => [`worker ${escapeText(worker.id)} ${how}`]);
}

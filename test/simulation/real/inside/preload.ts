/**
 * Loaded with `--import` into every process of a real cluster: takes hold of those that play a role.
 *
 * Never: touches threads, or processes that watch over others.
 */
import { isMainThread } from "node:worker_threads";

if (isMainThread && process.argv[1]?.endsWith("cluster-role-process.js") === true) {
  const { takeHold } = await import("./take-hold.js");
  await takeHold();
}

/**
 * Loaded with `--import` into every process of a real cluster, and into its threads: takes hold of those that play a role.
 *
 * Never: touches processes that watch over others.
 */
import { isMainThread } from "node:worker_threads";
import { HIDDEN_VARIABLE } from "./orders.js";

const hidden = process.env[HIDDEN_VARIABLE];
if (hidden !== undefined) {
  const { hideDirectory } = await import("./hide-directory.js");
  hideDirectory(hidden);
}

if (!isMainThread) {
  const { awaitHarm } = await import("./harm-thread.js");
  awaitHarm();
} else if (process.argv[1]?.endsWith("cluster-role-process.js") === true) {
  const { takeHold } = await import("./take-hold.js");
  await takeHold();
}

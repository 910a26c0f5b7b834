/**
 * Starts a Node.js process whose channel to this one carries its messages.
 *
 * Owns: how it is started: its streams are ours, its standard input is empty, nothing is in its `argv`.
 *
 * F1. The process finds its channel closed when this one ends, by whatever cause; see `child-side.ts`.
 */
import { fork } from "node:child_process";
import type { StartProcess } from "./messages.ts";

/** `module` is the file that runs in the process. */
export function forkedProcess(module: URL): StartProcess {
  return ({ onMessage, onExit }) => {
    const child = fork(module, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    let isOver = false;
    const over = (exit: Parameters<typeof onExit>[0]): void => {
      if (isOver) return;
      isOver = true;
      onExit(exit);
    };
    child.on("message", onMessage);
    child.on("error", (error) => {
      // Of a message that could not be sent, too: the process is on its way out then, and "exit" follows.
      if (child.pid === undefined) over({ code: null, signal: null, error });
    });
    child.on("exit", (code, signal) => over({ code, signal }));
    return {
      pid: child.pid,
      send: (message) => {
        if (child.connected) child.send(message, () => undefined);
      },
      kill: () => {
        child.kill("SIGKILL");
      },
    };
  };
}

/**
 * Makes executor threads misbehave; loaded into a command under test with `--import`.
 *
 * The variable TAMPER says how:
 *
 * - `hold:KIND`: a task of that kind is never done. The thread writes HELD to standard error when it is given one.
 * - `die:KIND`: a task of that kind ends its thread.
 * - `falsify:N`: threads of every run but the one in data directory N change the first byte of what they format.
 */
import { writeSync } from "node:fs";
import path from "node:path";
import { isMainThread, parentPort } from "node:worker_threads";
import type { ThreadCommand, ThreadEvent } from "../../../actors/executor/messages.ts";

const STANDARD_ERROR = 2;

if (!isMainThread && parentPort !== null) tamper(parentPort, process.env.TAMPER ?? "");

function tamper(port: NonNullable<typeof parentPort>, wish: string): void {
  const [deed, kind = ""] = wish.split(":");
  const listen = port.on.bind(port) as (name: string, listener: (command: ThreadCommand) => void) => typeof port;
  Object.assign(port, {
    on: (name: string, listener: (command: ThreadCommand) => void) =>
      listen(name, (command) => {
        if (deed === "falsify" && command.kind === "begin" && !liesIn(command.input.segmentDirectory, kind))
          falsify(port);
        if (command?.kind !== "run" || command.task.kind !== kind) listener(command);
        else if (deed === "die") process.exit(1);
        else writeSync(STANDARD_ERROR, "HELD\n");
      }),
  });
}

function liesIn(directory: string, name: string): boolean {
  return directory.split(path.sep).includes(name);
}

function falsify(port: NonNullable<typeof parentPort>): void {
  const post = port.postMessage.bind(port);
  Object.assign(port, {
    postMessage: (event: ThreadEvent, transfer: readonly ArrayBuffer[]) => {
      const bytes = event.kind === "done" ? event.result.text[0]?.bytes : undefined;
      if (bytes !== undefined && bytes.length > 0) bytes[0] = bytes[0] === 0x31 ? 0x32 : 0x31;
      post(event, transfer);
    },
  });
}

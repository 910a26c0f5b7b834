/**
 * The main part of a process that a supervisor started to play a role.
 *
 * Owns: the process: its signals, its log, what it does about errors that nobody expected.
 *
 * R1. SIGTERM asks it to end in order, as its parent does. SIGINT is for its parent: a terminal sends it to both.
 */
import { attachToParent } from "../../runtime/process/child-side.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { listenForStrikes, restartsMaxOf } from "../chaos/struck-process.ts";
import { tellError } from "../command-error.ts";
import { observeStandardStreams } from "../terminal.ts";
import { createPinoLog } from "./pino-log.ts";
import { playRole } from "./play-role.ts";
import type { RolePart, Roles } from "./roles.ts";

/** Ends the process. */
export async function runRoleProcess(roles: Roles): Promise<never> {
  observeStandardStreams();
  const parent = await attachToParent(systemClock);
  const part = parent.settings as RolePart;
  const { incarnation } = parent;
  const write = (lines: string): void => void process.stderr.write(lines);
  const log = createPinoLog({ ...part.log, write }).child({ role: part.role, pid: process.pid, incarnation });
  process.on("uncaughtException", (error) => {
    const { code, lines, exitCode } = tellError(error);
    log.error(lines.join("; "), { code });
    process.exit(exitCode);
  });
  // The whole group is sent these, by a terminal that is closed too; the parent ends this process in order.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  const terminated = new Promise((resolve) => process.once("SIGTERM", resolve));
  const exitCode = await playRole({
    ...{ roles, part },
    context: {
      ...{ log, incarnation, restartsMax: restartsMaxOf(process.env) },
      progressed: () => parent.tell({ type: "process.progressed" }),
    },
    drainRequested: Promise.race([parent.drainRequested, terminated]),
    onBegun: (role) => listenForStrikes(role, { environment: process.env, random: systemRandom }),
    onServing: (serving) => parent.tell({ type: "process.serving", detail: { ...serving, pid: process.pid } }),
  });
  await new Promise<void>((resolve) => process.stderr.write("", () => resolve()));
  process.exit(exitCode);
}

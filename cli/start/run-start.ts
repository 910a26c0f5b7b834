/**
 * `start`: from its settings to the end of what it started.
 *
 * Owns: which process plays which role, what signals mean, what is told when something serves.
 *
 * R1. A worker plays its role in a process of its own, which is watched over and started again; so does a coordinator
 *     beside a worker, or with `respawn`. A coordinator alone is its own process: what started that watches over it.
 * R2. The first SIGTERM, SIGINT or SIGHUP asks for an end in order, the second one ends everything at once.
 * R3. No process of ours outlives this one: they end when their channel to it closes.
 */
import { forkedProcess } from "../../runtime/process/forked-process.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { EXIT } from "../exit-codes.ts";
import { listenForStop, type StopSignal } from "../run/stop-signal.ts";
import { writeOut } from "../terminal.ts";
import type { Hosted } from "./hosted.ts";
import { createPinoLog } from "./pino-log.ts";
import { playRole } from "./play-role.ts";
import type { RoleName, Roles, Serving } from "./roles.ts";
import type { StartSettings } from "./settings.ts";
import { watchOver } from "./watch-over.ts";

export interface StartHow {
  readonly roles: Roles;
  /** The module of a process that plays a role; it calls `runRoleProcess`. */
  readonly roleProcess: URL;
  /** A line on standard output for each that serves. */
  readonly json: boolean;
  /** Undefined: signals alone end it. */
  readonly hosted?: Hosted;
}

/** Returns the exit code. */
export async function runStart(settings: StartSettings, how: StartHow): Promise<number> {
  const log = createPinoLog({ ...settings.log, write: writeLog }).child({ pid: process.pid });
  for (const warning of settings.warnings) log.warn(warning);
  const stop = listenForStop();
  const serve = (role: RoleName, serving: Serving & { readonly pid: number }, incarnation: number): void => {
    const facts = { role, ...serving, incarnation };
    log.info(`${role} serves`, facts);
    // Nobody has to read it.
    if (how.json) void writeOut(process.stdout, `${JSON.stringify({ event: "serving", ...facts })}\n`);
  };
  try {
    if (settings.worker === undefined && !settings.respawn) return await playHere(settings, { how, stop, serve });
    const start = forkedProcess(how.roleProcess);
    const watch = watchOver({
      ...{ settings, start, log, onServing: serve },
      ...{ clock: systemClock, random: systemRandom },
    });
    const stopAll = (): void => watch.stop();
    process.once("exit", stopAll);
    const end = await Promise.race([watch.ended, stop.requested, how.hosted?.dismissed() ?? NEVER]);
    if (typeof end === "number") return end;
    if (end === "abandoned") return EXIT.interrupted;
    log.info("asked to end; once more ends it at once");
    watch.drain();
    const exitCode = await watch.ended;
    if (end === "done") await how.hosted?.remove();
    return exitCode;
  } finally {
    stop.release();
  }
}

function writeLog(lines: string): void {
  process.stderr.write(lines);
}

const NEVER = new Promise<never>(() => undefined);

interface Here {
  readonly how: StartHow;
  readonly stop: StopSignal;
  readonly serve: (role: RoleName, serving: Serving & { readonly pid: number }, incarnation: number) => void;
}

/** R1. */
async function playHere({ coordinator, log: logSettings }: StartSettings, { how, stop, serve }: Here): Promise<number> {
  const own = { role: "coordinator", pid: process.pid, incarnation: 1 };
  const log = createPinoLog({ ...logSettings, write: writeLog }).child(own);
  return await playRole({
    roles: how.roles,
    part: { role: "coordinator", settings: coordinator!, log: logSettings },
    context: { log, incarnation: 1, restartsMax: undefined, progressed: () => undefined },
    drainRequested: stop.requested,
    onServing: (serving) => serve("coordinator", { ...serving, pid: process.pid }, 1),
  });
}

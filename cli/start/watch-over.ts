/**
 * Keeps the processes that play roles running: a supervisor with a child a role.
 *
 * Owns: which roles there are, in which order they are begun, what their ends mean together.
 *
 * W1. A worker beside its coordinator begins when that serves, and joins it where it listens. A coordinator that comes
 *     back listens there again, also if any port was fine the first time.
 * W2. When one role has ended for good, the others are asked to end, and then all have.
 * W3. Asked to end, the worker goes first.
 */
import { createActor } from "xstate";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { type ProcessOutput, processMachine } from "../../runtime/process/machine.ts";
import type { StartProcess } from "../../runtime/process/messages.ts";
import type { Random } from "../../runtime/random.ts";
import { supervisorLogic } from "../../runtime/supervision/machine.ts";
import type { SupervisorNotice } from "../../runtime/supervision/messages.ts";
import { type ChildSpecification, specifyChild } from "../../runtime/supervision/specification.ts";
import { type ChildExit, describeExit } from "../../runtime/supervision/supervision-error.ts";
import { EXIT } from "../exit-codes.ts";
import type { RoleName, RolePart, Serving } from "./roles.ts";
import type { StartSettings } from "./settings.ts";

/** A process that has not been heard of for so long is replaced. */
const SILENCE_MAX_MS = 30_000;
/** The program's own mistakes, and what a cluster refuses: another start would only repeat it. */
const FINAL_CODES = [EXIT.usage, EXIT.unreachable];

export interface WatchOptions {
  readonly settings: StartSettings;
  readonly start: StartProcess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onServing: (role: RoleName, serving: Serving & { readonly pid: number }, incarnation: number) => void;
}

export interface Watch {
  /** Resolves with the exit code when no process is left. */
  readonly ended: Promise<number>;
  /** Asks all to end in order; who takes longer than the settings allow is killed. */
  drain(): void;
  /** Kills all at once. */
  stop(): void;
}

export function watchOver({ settings, start, clock, random, log, onServing }: WatchOptions): Watch {
  let address: Serving | undefined;
  let exitCode: number = EXIT.done;
  const child = (role: RoleName): ChildSpecification =>
    specifyChild({
      id: role,
      logic: processMachine,
      shutdownMs: settings.drainTimeoutMs,
      input: (incarnation) => ({
        ...{ id: role, incarnation, start, clock },
        ...{ silenceMaxMs: SILENCE_MAX_MS, finalCodes: FINAL_CODES },
        settings: () => partOf(role, settings, address),
        onServing: (detail: unknown, life: number) => {
          const serving = detail as Serving & { readonly pid: number };
          onServing(role, serving, life);
          if (role === "worker") return;
          const isFirst = address === undefined;
          address = serving;
          if (isFirst && settings.worker !== undefined) {
            supervisor.send({ type: "child.start", specification: child("worker") });
          }
        },
      }),
    });
  const observer = (notice: SupervisorNotice): void => {
    tellNotice(log, notice);
    if (notice.type !== "child.exited") return;
    const code = exitCodeOf(notice.reason);
    if (code !== undefined && exitCode === EXIT.done) exitCode = code;
    if (notice.reason.kind === "completed") supervisor.send({ type: "supervisor.stop" });
  };
  const first = settings.coordinator === undefined ? child("worker") : child("coordinator");
  const intensity = { restartsMax: settings.restartsMax };
  const input = { clock, random, intensity, children: [first], observer };
  const supervisor = createActor(supervisorLogic, { clock, input });
  const ended = new Promise<number>((resolve) => {
    supervisor.subscribe({
      complete: () => resolve(exitCode),
      error: (error: unknown) => {
        log.error("gave up", { error: error instanceof Error ? error : String(error) });
        resolve(EXIT.gaveUp);
      },
    });
  });
  supervisor.start();
  return {
    ended,
    drain: () => supervisor.send({ type: "supervisor.stop" }),
    stop: () => {
      supervisor.stop();
    },
  };
}

/** W1. */
function partOf(role: RoleName, { coordinator, worker, log }: StartSettings, address: Serving | undefined): RolePart {
  const port = address?.port;
  if (role === "coordinator") {
    return { role, log, settings: { ...coordinator!, ...(port !== undefined && { port }) } };
  }
  const { join } = worker!;
  return { role, log, settings: { ...worker!, join: { ...join, ...(coordinator && port !== undefined && { port }) } } };
}

/** Undefined: it will be started again. */
function exitCodeOf(reason: ChildExit): number | undefined {
  if (reason.kind === "completed") {
    const { exitCode } = reason.output as ProcessOutput;
    return exitCode > 128 ? EXIT.interrupted : exitCode;
  }
  return reason.kind === "stopped" && reason.forced ? EXIT.interrupted : undefined;
}

function tellNotice(log: Log, notice: SupervisorNotice): void {
  switch (notice.type) {
    case "child.started":
      log.debug("process started", { process: notice.id, incarnation: notice.incarnation });
      break;
    case "child.restarting":
      log.warn("process is started again", {
        ...{ process: notice.id, incarnation: notice.incarnation, delayMs: Math.round(notice.delayMs) },
        reason: describeExit(notice.reason),
      });
      break;
    case "child.exited":
      log.debug("process ended", {
        ...{ process: notice.id, incarnation: notice.incarnation, reason: describeExit(notice.reason) },
      });
      break;
    case "child.gaveUp":
    case "child.refused":
    case "supervisor.failed":
      break;
  }
}

/**
 * The roles of a cluster: what a coordinator and a worker are to the processes of `start`.
 *
 * Owns: which parts a coordinator's process has besides its actors: the HTTP gateway.
 * Never: loads the modules of a role before it is played; whoever watches over a process needs none of them.
 */
import { mkdirSync } from "node:fs";
import type { StoryEvent } from "../../actors/cluster/control.ts";
import type { Log } from "../../runtime/log.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { version } from "../version.ts";
import type { RoleContext, Roles, RunningRole } from "./roles.ts";
import type { CoordinatorSettings, WorkerSettings } from "./settings.ts";

export const clusterRoles: Roles = { coordinator, worker };

async function coordinator(settings: CoordinatorSettings, context: RoleContext): Promise<RunningRole> {
  const { startCoordinator } = await import("../../actors/start-coordinator.ts");
  const { openGateway } = await import("../../actors/gateway/gateway.ts");
  const { uploadsDirectory } = await import("../../actors/cluster/data-root.ts");
  const { listen, dataDirectory, dataRoot } = settings;
  const { log, restartsMax, progressed: onCommitted } = context;
  mkdirSync(dataRoot, { recursive: true });
  const running = await startCoordinator({
    ...settings,
    version: version(),
    log,
    restartsMax,
    onStory: writeStory(log),
    onCommitted,
  });
  const gateway = await openGateway(running.httpServer, {
    ...{ control: running.control, clock: systemClock, log, version: version(), security: listen },
    uploadsDirectory: uploadsDirectory(dataDirectory),
  });
  const { ended, children, kill } = running;
  return {
    serving: running.address,
    ...{ ended, children, kill },
    drain: async () => {
      gateway.close();
      await running.stop();
    },
  };
}

async function worker(settings: WorkerSettings, context: RoleContext): Promise<RunningRole> {
  const { startWorker } = await import("../../actors/start-worker.ts");
  const { log, restartsMax, progressed: onCommitted } = context;
  const told = { log, onStory: writeStory(log), onCommitted };
  const running = await startWorker({ ...settings, ...told, version: version(), restartsMax });
  const { children, kill } = running;
  return {
    ...{ children, kill },
    serving: { ...running.address, id: running.id },
    ended: running.ended.then((end) => (end === "drained" ? "done" : "lost")),
    drain: async () => {
      running.drain();
      await running.ended;
      await running.stop();
    },
  };
}

function writeStory(log: Log): (event: StoryEvent) => void {
  return ({ kind, message, job, worker: id, term, detail }) => {
    const level = /lost|dead|failed|restart|suspect|gaveUp/.test(kind) ? "warn" : "info";
    log[level](message, { kind, job, worker: id, term, ...detail });
  };
}

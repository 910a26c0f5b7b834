/**
 * Roles without a cluster: they serve at once and do what their data directory's name says.
 *
 * Owns: the words: `crash` once serving, `refuse`, `locked`, `linger` when drained, `lose` a place.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { CommandError } from "../../../cli/command-error.ts";
import type { RoleContext, Roles, RunningRole } from "../../../cli/start/roles.ts";
import { RuntimeError } from "../../../runtime/errors.ts";

const NEVER = new Promise<never>(() => undefined);
/** Keeps the event loop alive, as listeners do. */
const LONG_MS = 2 ** 31 - 1;

export const fakeRoles: Roles = {
  coordinator: async (settings, context) => {
    const port = settings.port === 0 ? 40_000 + context.incarnation : settings.port;
    return play(path.basename(settings.dataDirectory), { host: settings.host, port }, context);
  },
  worker: async (settings, context) => {
    const { dataDirectory, join } = settings;
    mkdirSync(dataDirectory, { recursive: true });
    const [host, port] = [settings.exchange.host, join.port];
    return play(path.basename(dataDirectory), { host, port, id: `worker-${context.incarnation}` }, context);
  },
};

function play(word: string, serving: RunningRole["serving"], { log, incarnation }: RoleContext): RunningRole {
  setInterval(() => undefined, LONG_MS);
  if (word === "refuse") throw new CommandError("USAGE", "refused to begin");
  if (word === "locked") throw new RuntimeError("JOURNAL_LOCKED", "held by another");
  log.info("begun");
  if (word === "crash") {
    setImmediate(() => {
      throw new Error(`crashed in life ${incarnation}`);
    });
  }
  return {
    serving,
    children: () => [],
    kill: () => undefined,
    ended: word === "lose" && incarnation === 1 ? Promise.resolve("lost") : NEVER,
    drain: async () => {
      if (word === "linger") await NEVER;
    },
  };
}

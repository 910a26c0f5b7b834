/**
 * What a coordinator and a worker of the simulation have alike: transport, journal, root, and how they are looked at.
 *
 * Owns: the ports that a process is given.
 */

import { lifeName } from "../../../actors/cluster/same-directory.ts";
import type { Tale } from "../../../actors/cluster/story-book.ts";
import { taleOfNotice } from "../../../actors/cluster/tell-tales.ts";
import type { TaskFailure } from "../../../actors/executor/messages.ts";
import { clusterCodec } from "../../../actors/message-codec.ts";
import { MESSAGES_IN_FLIGHT_MAX } from "../../../actors/options.ts";
import { createProcessRoot, type ProcessRoot } from "../../../actors/process-root.ts";
import type { Journal } from "../../../runtime/journal/journal.ts";
import { createLevelJournal } from "../../../runtime/journal/level-journal.ts";
import { seededRandom } from "../../../runtime/random.ts";
import type { EndpointHandler } from "../../../runtime/transport/transport.ts";
import type { WallClock } from "../../../runtime/wall-clock.ts";
import type { Network, Speaker } from "../world/network.ts";
import { SIMULATED_ROOT } from "../world/node-files.ts";
import { simulatedLevel } from "../world/simulated-level.ts";
import { SimulatedTransport } from "../world/simulated-transport.ts";
import type { World } from "../world/world.ts";
import type { Resident, Watches } from "./watch.ts";

export interface Ground {
  readonly world: World;
  readonly network: Network;
  readonly watches: Watches;
}

/** Opened when this resolves. Errors: those of `Journal.open`. */
export async function openJournal(
  { world, watches }: Ground,
  resident: Resident,
  onFailure?: (error: unknown) => void,
): Promise<Journal> {
  const { disk, process, durable } = resident;
  const directory = `${SIMULATED_ROOT}/${process.node}/journal`;
  disk.makeDirectory(directory);
  const journal = createLevelJournal({
    directory,
    ...{ durability: durable ? "host" : "process", onFailure },
    makeLevel: () => simulatedLevel(world, disk, () => watches.tell("written", resident)),
    onBreak: ({ actor, sequence, reason, discardedCount }) => {
      world.note("journal.break", `${actor} ${sequence} ${reason} ${discardedCount}`);
      disk.level.reported(actor);
    },
  });
  await journal.open();
  const look = (actor: string): void => {
    if (disk.level.edits.isUnnoticed(actor)) watches.tell("unnoticed", resident, actor);
  };
  return {
    open: () => journal.open(),
    close: () => journal.close(),
    read: async (actor) => {
      const records = await journal.read(actor);
      look(actor);
      return records;
    },
    actors: (prefix) => journal.actors(prefix),
    commit: async (appends, drops) => {
      await journal.commit(appends, drops);
      for (const { actor } of appends) look(actor);
      for (const { actor, payload } of appends) world.note("committed", `${actor} ${payload.length}`, process);
      watches.tell("committed", resident, appends, drops ?? []);
    },
  };
}

interface RootParts {
  readonly onBroken: (error: unknown) => void;
  readonly onTale?: (tale: Tale) => void;
  /** Whether the process goes on speaking with that one; default: with whomever. */
  readonly recognizes?: (peer: Speaker) => boolean;
}

/** The resident has begun its life. */
export function openRoot(ground: Ground, resident: Resident, { onBroken, onTale, recognizes }: RootParts): ProcessRoot {
  const { world, network, watches } = ground;
  const { process } = resident;
  const transport = new SimulatedTransport({
    ...{ world, network, process, recognizes, unacknowledgedMax: MESSAGES_IN_FLIGHT_MAX },
    life: lifeName({ id: resident.id, count: resident.epoch }),
  });
  const watched = (handler: EndpointHandler, termNow: () => number): EndpointHandler => {
    const life = world.nextId();
    return {
      ...handler,
      receive: (delivery) => {
        const { from, to, sequence, message } = delivery.envelope;
        world.note("hears", `${from}>${to} ${sequence} ${message.type}`);
        watches.tell("heard", resident, delivery.envelope, { life, term: termNow() });
        handler.receive(delivery);
      },
    };
  };
  return createProcessRoot({
    ...{ clock: process.clock, random: seededRandom(world.seed ^ (resident.epoch * 0x9e3779b1)), onBroken },
    transport: {
      close: () => transport.close(),
      createEndpoint: (address, fence, handler) => {
        const endpoint = transport.createEndpoint(
          address,
          fence,
          watched(handler, () => endpoint.fence.term),
        );
        const send = endpoint.send.bind(endpoint);
        endpoint.send = (to, message) => {
          const outcome = send(to, message);
          watches.tell("waiting", resident, endpoint.unacknowledgedCount(to));
          return outcome;
        };
        return endpoint;
      },
    },
    codec: {
      decoder: () => clusterCodec.decoder(),
      encode: (message) => {
        if ("failure" in message)
          world.note("tells", `${message.type} ${failureIn(message.failure as TaskFailure)}`, process);
        watches.tell("told", resident, message);
        return clusterCodec.encode(message);
      },
    },
    onNotice: (supervisor, notice) => {
      const id =
        "id" in notice ? `${supervisor}/${notice.id}.${"incarnation" in notice ? notice.incarnation : ""}` : supervisor;
      world.note(notice.type, id, process);
      watches.tell("noticed", resident, supervisor, notice);
      const tale = taleOfNotice(supervisor, notice);
      if (tale !== undefined) onTale?.(tale);
    },
  });
}

function failureIn({ code, damage = [] }: TaskFailure): string {
  return `${code} ${damage.map(({ segment, offset }) => `${segment}:${offset}`).join(" ")}`;
}

/** Of an error, for the history: nothing that differs from machine to machine. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return "code" in error ? String(error.code) : error.name;
}

/** When a world began, by its time of day. */
const BEGAN_MS = 1e12;

/** The time of day is that of the world; a stamp tells it as ISO 8601 does, and orders as it does. */
export function wallClockOf(world: World): WallClock {
  return {
    nowMs: () => BEGAN_MS + world.nowMs,
    stamp: () => `${String(Math.floor(world.nowMs * 1000)).padStart(15, "0")}`,
  };
}

/**
 * Holds a process that plays a role, so that faults of a plan can be shown on it: obeys orders that come over a socket.
 *
 * Owns: the socket, the role that runs, the address that the process dials from.
 *
 * H1. A process does not outlive whoever gives the orders.
 */
import net from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { seededRandom } from "../../../../runtime/random.ts";
import { ArmedPoints } from "./armed-points.ts";
import { endAtOnce } from "./end-at-once.ts";
import { INSIDE_VARIABLES, type NumberedOrder, type Order, type Standing } from "./orders.ts";
import { SlowThreads } from "./slow-threads.ts";

interface Role {
  children(): readonly string[];
  kill(child: string, reason: string): void;
}

const REASON = "a planted fault";

/** Resolves when orders can be heard, before the role is begun. */
export async function takeHold(): Promise<void> {
  const [socket, node, seed, address, product] = Object.values(INSIDE_VARIABLES).map((name) => process.env[name] ?? "");
  dialFrom(address!);
  const line = net.connect({ path: socket! });
  line.on("error", endAtOnce).on("close", endAtOnce); // H1.
  const say = (message: object): boolean => line.write(`${JSON.stringify(message)}\n`);
  const load = (module: string): Promise<object> => importFrom(product!, module);
  const points = await ArmedPoints.watch(load, (stands) => say({ stands } satisfies Standing));
  const threads = new SlowThreads(seededRandom(Number(seed)), () => points.reach("runs"));
  let role: Role | undefined;
  await holdRoles(product!, (begun) => {
    role = begun;
  });
  say({ node, pid: process.pid });
  await new Promise<void>((resolve) => {
    createInterface({ input: line }).on("line", (text) => {
      const order = JSON.parse(text) as NumberedOrder;
      if (order.kind === "begin") resolve();
      say({ id: order.id, done: obey(order, { role, points, threads }) });
    });
  });
}

interface Held {
  readonly role: Role | undefined;
  readonly points: ArmedPoints;
  readonly threads: SlowThreads;
}

function obey(order: Order, { role, points, threads }: Held): string | undefined {
  switch (order.kind) {
    case "arm":
      points.arm(order);
      return order.point;
    case "begin":
      return order.kind;
    case "disarm":
      points.clear();
      return order.kind;
    case "killActor": {
      const children = role?.children() ?? [];
      const child = children[order.index % children.length];
      if (child !== undefined) role?.kill(child, REASON);
      return child;
    }
    case "killNamed":
      if (role?.children().includes(order.child) !== true) return undefined;
      role.kill(order.child, REASON);
      return order.child;
    case "crashThread":
      return threads.harmOne(order.index, "crash");
    case "hangThread":
      return threads.harmOne(order.index, "hang");
    case "slow":
      threads.factor = order.factor;
      return order.kind;
  }
}

/** The roles stand in an object: what they begin is seen as it passes. */
async function holdRoles(product: string, begun: (role: Role) => void): Promise<void> {
  type Roles = typeof import("../../../../cli/start/cluster-roles.ts");
  const { clusterRoles } = (await importFrom(product, "cli/start/cluster-roles.js")) as Roles;
  for (const name of ["coordinator", "worker"] as const) {
    const begin = clusterRoles[name] as (...given: readonly unknown[]) => Promise<Role>;
    Object.assign(clusterRoles, {
      [name]: async (...given: readonly unknown[]) => {
        const role = await begin(...given);
        begun(role);
        return role;
      },
    });
  }
}

async function importFrom(product: string, module: string): Promise<object> {
  return (await import(pathToFileURL(path.join(product, module)).href)) as object;
}

/** Whoever is dialled knows by the address who dials. */
function dialFrom(localAddress: string): void {
  const connect = net.Socket.prototype.connect as (...given: unknown[]) => net.Socket;
  Object.assign(net.Socket.prototype, {
    connect(this: net.Socket, ...given: unknown[]): net.Socket {
      // As `net.connect` passes it on, or as an agent does.
      const [options] = (Array.isArray(given[0]) ? given[0] : given) as unknown[];
      if (typeof options === "object" && options !== null && !("path" in options && options.path)) {
        Object.assign(options, { localAddress });
      }
      return connect.apply(this, given);
    },
  });
}

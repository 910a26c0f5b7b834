/**
 * The words and the environment with which a member of a real cluster is started.
 *
 * Owns: which options of `start` a fault plan asks for.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import type { FaultPlan } from "../plan/fault-plan.ts";
import { HIDDEN_VARIABLE, INSIDE_VARIABLES } from "./inside/orders.ts";
import { SPLIT_BYTES_VARIABLE } from "./product-copy.ts";

export interface MemberOptions {
  readonly name: string;
  readonly plan: FaultPlan;
  readonly token: string;
  /** The rooms of the product. */
  readonly product: string;
  readonly directory: string;
  /** Inputs lie here. */
  readonly files: string;
  /** Orders come over it. */
  readonly socket: string;
  /** From which it dials. */
  readonly address: string;
  /** At which others reach it. */
  readonly port: number;
  /** At which everybody reaches the coordinator. */
  readonly coordinatorPort: number;
  /** Of each job. */
  readonly splitBytes: readonly number[];
  /** Of its tasks' durations. */
  readonly seed: number;
}

export interface Launch {
  readonly command: string;
  readonly words: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

const PRELOAD = fileURLToPath(new URL("./inside/preload.js", import.meta.url));
const HOST = "127.0.0.1";
/** As in the simulation. */
const JOBS_RUNNING_MAX = 2;
/** As good as none: of a process that watches, which the simulation has not. */
const RESTARTS_MAX = 1_000_000_000;

export function launchOf(options: MemberOptions): Launch {
  const { product, directory, plan, name } = options;
  const own = name === COORDINATOR_NODE ? wordsOfCoordinator(options) : wordsOfWorker(options);
  const words = ["--data-dir", directory, "--host", HOST, "--port", "0", "--restarts-max", String(RESTARTS_MAX)];
  words.push("--durability", plan.durable ? "host" : "process", ...own);
  return {
    command: process.execPath,
    words: ["--import", PRELOAD, path.join(product, "cli/main.js"), "start", "--json", ...words],
    environment: environmentOf(options),
  };
}

function wordsOfCoordinator({ files, plan }: MemberOptions): string[] {
  const words = ["--role", "coordinator", "--respawn", "--data-root", files];
  return [...words, "--jobs-running-max", String(JOBS_RUNNING_MAX), "--replicas", String(plan.replicas)];
}

function wordsOfWorker({ coordinatorPort, port, plan }: MemberOptions): string[] {
  const words = ["--role", "worker", "--join", `${HOST}:${coordinatorPort}`, "--advertise", `${HOST}:${port}`];
  return [...words, "--slots", String(plan.slots)];
}

function environmentOf(options: MemberOptions): NodeJS.ProcessEnv {
  const { name, plan, files, socket, address, product, seed, splitBytes, token } = options;
  const { PATH, HOME } = process.env;
  return {
    ...{ PATH, HOME, ACTOR_DATAFLOW_TOKEN: token },
    [SPLIT_BYTES_VARIABLE]: JSON.stringify(splitBytes),
    [INSIDE_VARIABLES.socket]: socket,
    [INSIDE_VARIABLES.node]: name,
    [INSIDE_VARIABLES.seed]: String(seed),
    [INSIDE_VARIABLES.address]: address,
    [INSIDE_VARIABLES.product]: product,
    ...(plan.blind?.includes(name) === true && { [HIDDEN_VARIABLE]: files }),
  };
}

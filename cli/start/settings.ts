/**
 * Settles what `start` does: from the settings as given to what coordinator and worker are started with.
 *
 * Owns: defaults, and the rules between settings.
 * Never: starts anything, makes a directory.
 *
 * S1. All that is wrong is told at once, each with the place where it was written.
 * S2. The result is plain data: it goes to the process that plays the role, through a channel, never through `argv`.
 */
import os from "node:os";
import nodePath from "node:path";
import { EXECUTOR_COUNT_MAX } from "../../actors/options.ts";
import { Diagnostics } from "../../programs/diagnostics.ts";
import { alternatives } from "../../programs/quote-text.ts";
import { HEARTBEAT_OPTIONS } from "../../runtime/failure/heartbeat-decision.ts";
import { INTENSITY } from "../../runtime/supervision/specification.ts";
import { SettingsError, tellError } from "../command-error.ts";
import { COORDINATOR_PORT, type Endpoint, parseEndpoint } from "../endpoint.ts";
import { byteCountOf } from "../option-values.ts";
import { dataDirectoryRoot } from "../run/data-directory.ts";
import { findToken } from "../token.ts";
import type { LogFormat, LogLevel } from "./log-options.ts";
import { type DialSettings, type ListenSettings, type SecuritySettings, settleSecurity } from "./security-settings.ts";
import { optionOf, type SettingKey } from "./setting-names.ts";
import { type GatheredSettings, gatherSettings, type SettingSources } from "./setting-sources.ts";
import { type GivenSettings, ROLES } from "./setting-table.ts";

export interface CoordinatorSettings {
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly dataRoot: string;
  readonly durability: "process" | "host";
  readonly listen: ListenSettings;
  readonly dial: DialSettings;
  readonly limits: {
    readonly jobsRunningMax: number;
    readonly jobsQueuedMax: number;
    readonly historyMs: number;
    readonly resultsMs: number;
  };
  readonly heartbeat: { readonly heartbeatIntervalMs: number; readonly deadAfterMs: number };
  readonly replicas?: number;
  /** Undefined: for ever. */
  readonly workerWaitMs?: number;
  readonly functions?: string;
}

export interface WorkerSettings {
  readonly join: Endpoint;
  readonly dataDirectory: string;
  readonly slots: number;
  readonly advertise?: string;
  /** Where its blocks are served. */
  readonly exchange: { readonly host: string; readonly port: number };
  readonly durability: "process" | "host";
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
  readonly listen: ListenSettings;
  readonly dial: DialSettings;
  readonly functions?: string;
}

export interface StartSettings {
  /** One of the two, or both. */
  readonly coordinator?: CoordinatorSettings;
  readonly worker?: WorkerSettings;
  readonly respawn: boolean;
  /** Of one process within a minute. */
  readonly restartsMax: number;
  readonly drainTimeoutMs: number;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Of open doors; for the log. */
  readonly warnings: readonly string[];
}

const HOUR_MS = 3_600_000;
const LOOPBACK = "127.0.0.1";
const WORKER_WAIT_SECONDS = 300;
const DEAD_AFTER_HEARTBEATS_MIN = 4;
/** Settings that belong to one role. On another one's command line they are mistakes; a file may serve both. */
const OF_ONE_ROLE: ReadonlyMap<SettingKey, "coordinator" | "worker"> = new Map([
  ...(
    [
      "dataRoot",
      "jobsRunningMax",
      "jobsQueuedMax",
      "historyHours",
      "resultHours",
      "respawn",
      "replicas",
      "heartbeatMs",
      "deadAfterSeconds",
      "workerWaitSeconds",
    ] as const
  ).map((key) => [key, "coordinator"] as const),
  ...(["join", "slots", "memory", "disk", "advertise", "tlsServerName"] as const).map(
    (key) => [key, "worker"] as const,
  ),
]);

/** `standardInput` is read for a token file `-`. Errors: SettingsError. */
export async function settleStart(
  sources: SettingSources,
  standardInput: NodeJS.ReadStream = process.stdin,
): Promise<StartSettings> {
  const diagnostics = new Diagnostics();
  const gathered = gatherSettings(sources, diagnostics);
  requireRole(gathered, diagnostics);
  requirePatience(gathered, diagnostics);
  const token = await tokenOf(sources, gathered.given.tokenFile, standardInput, diagnostics);
  const security = settleSecurity(gathered, token, diagnostics);
  if (diagnostics.found.length > 0) throw new SettingsError(diagnostics.found);
  return settle(gathered.given, security);
}

/** That there is one, that it has what it needs, and that nothing is given that only another one has. */
function requireRole({ given, wrong, placeOf }: GatheredSettings, diagnostics: Diagnostics): void {
  const isMissing = (key: SettingKey): boolean => given[key] === undefined && !wrong.has(key);
  if (isMissing("role")) diagnostics.report(optionOf("role"), `is missing; it must be ${alternatives(ROLES)}`);
  for (const [key, role] of OF_ONE_ROLE) {
    if (given[key] === undefined || given.role === undefined || placeOf(key) !== optionOf(key)) continue;
    const isOwn = given.role === role || (given.role === "both" && key !== "join");
    if (!isOwn) diagnostics.report(placeOf(key), `belongs to role ${role}, but the role is ${given.role}`);
  }
  if (given.role === "worker" && isMissing("join")) {
    diagnostics.report(optionOf("join"), "is missing; a worker needs the HOST:PORT of its coordinator");
  }
}

/** A beat or two may be lost, or late, without a worker being given up. */
function requirePatience({ given, placeOf }: GatheredSettings, diagnostics: Diagnostics): void {
  if (given.heartbeatMs === undefined && given.deadAfterSeconds === undefined) return;
  const { heartbeatIntervalMs, deadAfterMs } = heartbeatOf(given);
  const leastMs = DEAD_AFTER_HEARTBEATS_MIN * heartbeatIntervalMs;
  if (deadAfterMs >= leastMs) return;
  const place = placeOf(given.deadAfterSeconds === undefined ? "heartbeatMs" : "deadAfterSeconds");
  diagnostics.report(
    place,
    `a worker would be given up after ${deadAfterMs / 1000} s, within ${DEAD_AFTER_HEARTBEATS_MIN} heartbeats of ` +
      `${heartbeatIntervalMs} ms: ${optionOf("deadAfterSeconds")} must be at least ${leastMs / 1000}`,
  );
}

/** Empty: there is one, but a wrong one. */
async function tokenOf(
  { environment }: SettingSources,
  tokenFile: string | undefined,
  standardInput: NodeJS.ReadStream,
  diagnostics: Diagnostics,
): Promise<string | undefined> {
  try {
    return await findToken({ tokenFile, environment, standardInput });
  } catch (error) {
    diagnostics.report("", tellError(error).lines.join(" "));
    return "";
  }
}

function settle(given: GivenSettings, security: SecuritySettings): StartSettings {
  const { role } = given;
  const coordinator = role === "worker" ? undefined : coordinatorOf(given, security);
  return {
    coordinator,
    worker: role === "coordinator" ? undefined : workerOf(given, security, coordinator),
    respawn: given.respawn ?? false,
    restartsMax: given.restartsMax ?? INTENSITY.restartsMax,
    drainTimeoutMs: (given.drainTimeoutSeconds ?? 60) * 1000,
    log: { level: given.logLevel ?? "info", format: given.logFormat ?? "text" },
    warnings: security.warnings,
  };
}

function coordinatorOf(given: GivenSettings, { listen, dial }: SecuritySettings): CoordinatorSettings {
  const dataDirectory = directoryOf("coordinator", given);
  return {
    ...{ listen, dial, dataDirectory },
    host: given.host ?? LOOPBACK,
    port: given.port ?? COORDINATOR_PORT,
    dataRoot: given.dataRoot ?? nodePath.join(dataDirectory, "files"),
    durability: given.durability ?? "host",
    limits: {
      jobsRunningMax: given.jobsRunningMax ?? 8,
      jobsQueuedMax: given.jobsQueuedMax ?? 1000,
      historyMs: (given.historyHours ?? 168) * HOUR_MS,
      resultsMs: (given.resultHours ?? 24) * HOUR_MS,
    },
    heartbeat: heartbeatOf(given),
    workerWaitMs: given.workerWaitSeconds === 0 ? undefined : (given.workerWaitSeconds ?? WORKER_WAIT_SECONDS) * 1000,
    ...{ replicas: given.replicas, functions: given.functions },
  };
}

function heartbeatOf({ heartbeatMs, deadAfterSeconds }: GivenSettings): CoordinatorSettings["heartbeat"] {
  return {
    heartbeatIntervalMs: heartbeatMs ?? HEARTBEAT_OPTIONS.heartbeatIntervalMs,
    deadAfterMs: deadAfterSeconds === undefined ? HEARTBEAT_OPTIONS.deadAfterMs : deadAfterSeconds * 1000,
  };
}

/** `beside` is the coordinator that is started with it: its port may be any until it listens. */
function workerOf(
  given: GivenSettings,
  { listen, dial }: SecuritySettings,
  beside: CoordinatorSettings | undefined,
): WorkerSettings {
  const { host = LOOPBACK, advertise, functions } = given;
  const own = { host: loopbackOf(host), port: beside?.port ?? COORDINATOR_PORT };
  return {
    ...{ listen, dial, advertise, functions },
    join: parseEndpoint(given.join ?? "") ?? own,
    dataDirectory: directoryOf("worker", given),
    slots: given.slots ?? Math.min(os.availableParallelism(), EXECUTOR_COUNT_MAX),
    exchange: { host, port: beside === undefined ? (given.port ?? 0) : 0 },
    durability: given.durability ?? "host",
    memoryBytes: given.memory === undefined ? undefined : byteCountOf(given.memory),
    diskBytes: given.disk === undefined ? undefined : byteCountOf(given.disk),
  };
}

/** As `run` has it: the one that is named, else one of its own below the root. */
function directoryOf(one: "coordinator" | "worker", { role, dataDir }: GivenSettings): string {
  if (dataDir === undefined) return nodePath.join(dataDirectoryRoot(), one);
  return role === "both" ? nodePath.join(dataDir, one) : dataDir;
}

/** A listener at every address is dialled at this host's own. */
function loopbackOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

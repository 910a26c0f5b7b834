/**
 * What each setting of `start` may be.
 *
 * Owns: the values' types and ranges.
 * Never: reads a file, a variable or an option.
 *
 * T1. Each schema's message completes the sentence "must be …".
 */
import * as z from "zod";
import { EXECUTOR_COUNT_MAX } from "../../actors/options.ts";
import { alternatives } from "../../programs/quote-text.ts";
import { parseEndpoint } from "../endpoint.ts";
import { byteCountOf } from "../option-values.ts";
import { LOG_FORMATS, LOG_LEVELS } from "./log-options.ts";
import type { SettingKey } from "./setting-names.ts";

export const ROLES = ["coordinator", "worker", "both"] as const;
const DURABILITIES = ["process", "host"] as const;

const [JOBS_RUNNING_MAX, JOBS_QUEUED_MAX] = [1000, 100_000];
/** Ten years. */
const KEEP_HOURS_MAX = 87_600;
const DRAIN_SECONDS_MAX = 86_400;
const REPLICAS_MAX = 3;
/** As often as an event loop that has work to do keeps to, and a minute. */
const [HEARTBEAT_MS_MIN, HEARTBEAT_MS_MAX] = [50, 60_000];
/** A second, and an hour. */
const [DEAD_SECONDS_MIN, DEAD_SECONDS_MAX] = [1, 3600];
/** A month. */
const WORKER_WAIT_SECONDS_MAX = 2_678_400;
/** As good as no limit, for whoever kills on purpose. */
const RESTARTS_MAX = 1_000_000_000;
const NAME = /^[A-Za-z0-9_.:-]{1,253}$/;

export const SETTINGS = {
  role: choice(ROLES),
  host: name("a host name or an IP address"),
  port: integer(0, 65_535),
  join: endpoint(),
  dataDir: path(),
  dataRoot: path(),
  durability: choice(DURABILITIES),
  slots: integer(1, EXECUTOR_COUNT_MAX),
  advertise: name("a host name or an IP address"),
  functions: path(),
  memory: byteSize(),
  disk: byteSize(),
  replicas: integer(1, REPLICAS_MAX),
  heartbeatMs: integer(HEARTBEAT_MS_MIN, HEARTBEAT_MS_MAX),
  deadAfterSeconds: seconds(),
  workerWaitSeconds: integer(0, WORKER_WAIT_SECONDS_MAX),
  tokenFile: path(),
  tlsCert: path(),
  tlsKey: path(),
  tlsCa: path(),
  tlsServerName: name("a host name"),
  clientCertificates: flag(),
  insecure: flag(),
  hostNames: names(),
  jobsRunningMax: integer(1, JOBS_RUNNING_MAX),
  jobsQueuedMax: integer(0, JOBS_QUEUED_MAX),
  historyHours: hours(),
  resultHours: hours(),
  drainTimeoutSeconds: integer(1, DRAIN_SECONDS_MAX),
  restartsMax: integer(0, RESTARTS_MAX),
  respawn: flag(),
  logLevel: choice(LOG_LEVELS),
  logFormat: choice(LOG_FORMATS),
} as const satisfies Record<SettingKey, z.ZodType>;

/** Values as given, each right by itself. */
export type GivenSettings = { readonly [Key in SettingKey]?: z.infer<(typeof SETTINGS)[Key]> };

/** Of one source: none of the settings has to be there. */
export const sourceSchema = z.strictObject(SETTINGS, 'an object such as { "role": "worker" }').partial();

export function isPath(key: SettingKey): boolean {
  return PATHS.has(key);
}

const PATHS: ReadonlySet<SettingKey> = new Set([
  ...(["dataDir", "dataRoot", "functions", "tokenFile", "tlsCert", "tlsKey", "tlsCa"] as const),
]);

function integer(minimum: number, maximum: number) {
  const phrase = `an integer from ${minimum} to ${maximum}`;
  return z.int(phrase).min(minimum, phrase).max(maximum, phrase);
}

/** Bytes with a unit. */
function byteSize() {
  const phrase = "a number with a unit, such as 512MiB or 2GB";
  return z.string(phrase).refine((text) => byteCountOf(text) !== undefined, phrase);
}

function seconds() {
  const phrase = `a number from ${DEAD_SECONDS_MIN} to ${DEAD_SECONDS_MAX}`;
  return z.number(phrase).min(DEAD_SECONDS_MIN, phrase).max(DEAD_SECONDS_MAX, phrase);
}

function hours() {
  const phrase = `a number from 0 to ${KEEP_HOURS_MAX}`;
  return z.number(phrase).min(0, phrase).max(KEEP_HOURS_MAX, phrase);
}

function choice<const Names extends readonly string[]>(known: Names) {
  return z.enum(known, alternatives(known));
}

function flag() {
  return z.boolean("true or false");
}

function path() {
  return z.string("a path").min(1, "a path");
}

function name(phrase: string) {
  return z.string(phrase).regex(NAME, phrase);
}

function names() {
  const phrase = "host names, with commas between them on the command line, as an array in a file";
  return z.array(name("a host name or an IP address"), phrase).max(100, phrase);
}

function endpoint() {
  const phrase = "HOST:PORT, such as coordinator.example:7411";
  return z.string(phrase).refine((text) => parseEndpoint(text) !== undefined, phrase);
}

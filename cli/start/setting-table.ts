/**
 * Every setting of `start`: its name, what it may be, and what it means.
 *
 * Owns: the table. A setting `drainTimeoutSeconds` is a key of the file, `--drain-timeout-seconds` on the command line,
 *       and ACTOR_DATAFLOW_DRAIN_TIMEOUT_SECONDS in the environment; no name is written twice.
 * Never: reads a file, a variable or an option.
 *
 * T1. Each schema's message completes the sentence "must be …".
 */
import * as z from "zod";
import { EXECUTOR_COUNT_MAX } from "../../actors/options.ts";
import { alternatives } from "../../programs/quote-text.ts";
import { COORDINATOR_PORT, parseEndpoint } from "../endpoint.ts";
import { LOG_FORMATS, LOG_LEVELS } from "./pino-log.ts";

export const ROLES = ["coordinator", "worker", "both"] as const;
const DURABILITIES = ["process", "host"] as const;

const [JOBS_RUNNING_MAX, JOBS_QUEUED_MAX] = [1000, 100_000];
/** Ten years. */
const KEEP_HOURS_MAX = 87_600;
const DRAIN_SECONDS_MAX = 86_400;
const NAME = /^[A-Za-z0-9_.:-]{1,253}$/;

export const SETTINGS = {
  role: setting(choice(ROLES), "ROLE", "coordinator, worker, or both on one host"),
  host: setting(name("a host name or an IP address"), "HOST", "where it listens (default: 127.0.0.1)"),
  port: setting(
    integer(0, 65_535),
    "PORT",
    `port to listen at, 0 for any (default: ${COORDINATOR_PORT}, of a worker any)`,
  ),
  join: setting(endpoint(), "HOST:PORT", "worker: the coordinator"),
  dataDir: setting(path(), "DIR", "journals and blocks (default: one a role, below $ACTOR_DATAFLOW_DATA_DIR)"),
  dataRoot: setting(
    path(),
    "DIR",
    "coordinator: where programs' inputs and outputs must lie (default: DATA-DIR/files)",
  ),
  durability: setting(
    choice(DURABILITIES),
    "KIND",
    "process survives kill -9, host survives power loss (default: host)",
  ),
  slots: setting(integer(1, EXECUTOR_COUNT_MAX), "N", "worker: tasks at once (default: one a core)"),
  advertise: setting(name("a host name or an IP address"), "HOST", "worker: the name under which others reach it"),
  functions: setting(path(), "FILE", "worker: a module of further named functions"),
  tokenFile: setting(path(), "FILE", "the cluster's token, mode 0600, - for standard input; or $ACTOR_DATAFLOW_TOKEN"),
  tlsCert: setting(path(), "FILE", "certificate, PEM: of the listener, and shown to whoever asks for one"),
  tlsKey: setting(path(), "FILE", "its private key, PEM, mode 0600"),
  tlsCa: setting(path(), "FILE", "who must have signed the certificates of others, PEM"),
  tlsServerName: setting(name("a host name"), "NAME", "worker: the name in the coordinator's certificate"),
  clientCertificates: setting(flag(), "", "let in only who shows a certificate that --tls-ca signed"),
  insecure: setting(flag(), "", "listen to others than this host without token or TLS"),
  hostNames: setting(names(), "NAME,NAME", "further names of this host that clients may use"),
  jobsRunningMax: setting(integer(1, JOBS_RUNNING_MAX), "N", "coordinator: jobs at once (default: 8)"),
  jobsQueuedMax: setting(integer(0, JOBS_QUEUED_MAX), "N", "coordinator: jobs that wait (default: 1000)"),
  historyHours: setting(hours(), "N", "coordinator: how long ended jobs are remembered (default: 168)"),
  resultHours: setting(hours(), "N", "coordinator: how long results wait to be fetched (default: 24)"),
  drainTimeoutSeconds: setting(
    integer(1, DRAIN_SECONDS_MAX),
    "N",
    "how long a worker may take to hand over (default: 60)",
  ),
  respawn: setting(flag(), "", "coordinator: restart it when it dies, as workers always are"),
  logLevel: setting(choice(LOG_LEVELS), "LEVEL", `${alternatives(LOG_LEVELS)} (default: info)`),
  logFormat: setting(choice(LOG_FORMATS), "FORMAT", `${alternatives(LOG_FORMATS)} (default: text)`),
} as const;

export type SettingKey = keyof typeof SETTINGS;
/** Values as given, each right by itself. */
export type GivenSettings = { readonly [Key in SettingKey]?: z.infer<(typeof SETTINGS)[Key]["schema"]> };

export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** Of one source: none of the settings has to be there. */
export const sourceSchema = z
  .strictObject(
    Object.fromEntries(SETTING_KEYS.map((key) => [key, SETTINGS[key].schema])),
    'an object such as { "role": "worker" }',
  )
  .partial();

interface Setting<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** Of its value in help texts; empty for a flag. */
  readonly placeholder: string;
  readonly description: string;
}

function setting<Schema extends z.ZodType>(schema: Schema, placeholder: string, description: string): Setting<Schema> {
  return { schema, placeholder, description };
}

/** `--drain-timeout-seconds` */
export function optionOf(key: SettingKey): string {
  return `--${words(key).join("-").toLowerCase()}`;
}

export function variableOf(key: SettingKey): string {
  return `ACTOR_DATAFLOW_${words(key).join("_").toUpperCase()}`;
}

export function isPath(key: SettingKey): boolean {
  return PATHS.has(key);
}

const PATHS: ReadonlySet<SettingKey> = new Set([
  ...(["dataDir", "dataRoot", "functions", "tokenFile", "tlsCert", "tlsKey", "tlsCa"] as const),
]);

function words(key: SettingKey): string[] {
  return key.split(/(?=[A-Z])/);
}

function integer(minimum: number, maximum: number) {
  const phrase = `an integer from ${minimum} to ${maximum}`;
  return z.int(phrase).min(minimum, phrase).max(maximum, phrase);
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

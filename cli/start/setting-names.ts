/**
 * The settings of `start` by name: what stands for each in help texts, and how each is written where.
 *
 * Owns: the names. A setting `drainTimeoutSeconds` is a key of the file, `--drain-timeout-seconds` on the command line, and
 *       ACTOR_DATAFLOW_DRAIN_TIMEOUT_SECONDS in the environment; no name is written twice.
 * Never: says what a value may be; see `setting-table.ts`, which is too much to load for a help text.
 */
import { alternatives } from "../../programs/quote-text.ts";
import { COORDINATOR_PORT } from "../endpoint.ts";
import { LOG_FORMATS, LOG_LEVELS } from "./log-options.ts";

/** What stands for the value, empty for a flag; and what it means. */
const TEXTS = {
  role: ["ROLE", "coordinator, worker, or both on one host"],
  host: ["HOST", "where it listens (default: 127.0.0.1)"],
  port: ["PORT", `port to listen at, 0 for any (default: ${COORDINATOR_PORT}, of a worker any)`],
  join: ["HOST:PORT", "worker: the coordinator"],
  dataDir: ["DIR", "journals and blocks (default: one a role, below $ACTOR_DATAFLOW_DATA_DIR)"],
  dataRoot: ["DIR", "coordinator: where programs' inputs and outputs must lie (default: DATA-DIR/files)"],
  durability: ["KIND", "process survives kill -9, host survives power loss (default: host)"],
  slots: ["N", "worker: tasks at once (default: one a core)"],
  advertise: ["HOST", "worker: the name under which others reach it"],
  functions: ["FILE", "a module of further named functions; the same for all"],
  memory: ["SIZE", "worker: what its process may have, such as 2GiB (default: half of the machine's)"],
  disk: ["SIZE", "worker: what blocks may take of the disk (default: all of it)"],
  replicas: ["N", "coordinator: workers that hold each committed result (default: 1)"],
  heartbeatMs: ["N", "coordinator: how often its workers say that they live, in milliseconds (default: 500)"],
  deadAfterSeconds: ["N", "coordinator: silence after which a worker is given up, at least 4 heartbeats (default: 5)"],
  workerWaitSeconds: ["N", "coordinator: how long a job may be without a worker, 0 for ever (default: 300)"],
  tokenFile: ["FILE", "the cluster's token, mode 0600, - for standard input; or $ACTOR_DATAFLOW_TOKEN"],
  tlsCert: ["FILE", "certificate, PEM: of the listener, and shown to whoever asks for one"],
  tlsKey: ["FILE", "its private key, PEM, mode 0600"],
  tlsCa: ["FILE", "who must have signed the certificates of others, PEM"],
  tlsServerName: ["NAME", "worker: the name in the coordinator's certificate"],
  clientCertificates: ["", "let in only who shows a certificate that --tls-ca signed"],
  insecure: ["", "listen to others than this host without token or TLS"],
  hostNames: ["NAME,NAME", "further names of this host that clients may use"],
  jobsRunningMax: ["N", "coordinator: jobs at once (default: 8)"],
  jobsQueuedMax: ["N", "coordinator: jobs that wait (default: 1000)"],
  historyHours: ["N", "coordinator: how long ended jobs are remembered (default: 168)"],
  resultHours: ["N", "coordinator: how long results wait to be fetched (default: 24)"],
  drainTimeoutSeconds: ["N", "how long a worker may take to hand over (default: 60)"],
  restartsMax: ["N", "restarts of a process within a minute before it is given up (default: 10)"],
  respawn: ["", "coordinator: restart it when it dies, as workers always are"],
  logLevel: ["LEVEL", `${alternatives(LOG_LEVELS)} (default: info)`],
  logFormat: ["FORMAT", `${alternatives(LOG_FORMATS)} (default: text)`],
} as const satisfies Record<string, readonly [placeholder: string, description: string]>;

export type SettingKey = keyof typeof TEXTS;

export const SETTING_KEYS = Object.keys(TEXTS) as readonly SettingKey[];

export function textsOf(key: SettingKey): { readonly placeholder: string; readonly description: string } {
  const [placeholder, description] = TEXTS[key];
  return { placeholder, description };
}

/** `--drain-timeout-seconds` */
export function optionOf(key: SettingKey): string {
  return `--${words(key).join("-").toLowerCase()}`;
}

export function variableOf(key: SettingKey): string {
  return `ACTOR_DATAFLOW_${words(key).join("_").toUpperCase()}`;
}

function words(key: SettingKey): string[] {
  return key.split(/(?=[A-Z])/);
}

/**
 * What Prometheus is told.
 *
 * Owns: names, labels and helps of the metrics. What the cluster knows is read when asked for; what happens is counted.
 *
 * M1. No label takes a value that a submitter or a worker can choose freely, but ids of jobs that run, which are few.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ClusterControl, JobState, JobStatus, WorkerState } from "../cluster/control.ts";

const JOB_STATES = ["queued", "running", "done", "failed", "cancelled"] as const satisfies readonly JobState[];
const WORKER_STATES = ["alive", "suspect", "dead", "draining", "left"] as const satisfies readonly WorkerState[];
const EVENT_KINDS_MAX = 100;
const RUNNING_JOBS_SHOWN_MAX = 100;
/** Seconds; long polls take up to a minute, streams longer. */
const BUCKETS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60];

export interface EndedRequest {
  readonly method: string;
  /** The route's path as the table has it, or `unknown`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #unsubscribe: () => void;
  readonly #requests: Counter<"method" | "route" | "status">;
  readonly #seconds: Histogram<"route">;
  readonly #refusals: Counter<"code">;
  readonly #uploaded: Counter;
  readonly #sent: Counter;

  /** `withProcess`: also of the process: CPU, memory, event loop. */
  constructor(control: ClusterControl, version: string, withProcess: boolean) {
    if (withProcess) collectDefaultMetrics({ register: this.#registry });
    const registers = [this.#registry];
    const prefix = "actor_dataflow_";
    this.#requests = new Counter({
      ...{ name: `${prefix}http_requests_total`, help: "Requests answered.", registers },
      labelNames: ["method", "route", "status"] as const,
    });
    this.#seconds = new Histogram({
      ...{ name: `${prefix}http_request_seconds`, help: "Time to the end of the answer.", registers },
      ...{ labelNames: ["route"] as const, buckets: BUCKETS },
    });
    this.#refusals = new Counter({
      ...{ name: `${prefix}http_refusals_total`, help: "Requests not let in.", registers },
      labelNames: ["code"] as const,
    });
    this.#uploaded = new Counter({ name: `${prefix}uploaded_bytes_total`, help: "Bytes of inputs taken.", registers });
    this.#sent = new Counter({ name: `${prefix}result_bytes_total`, help: "Bytes of results sent.", registers });
    addJobs(this.#registry, control);
    addWorkers(this.#registry, control);
    addCoordinator(this.#registry, control, version);
    this.#unsubscribe = countEvents(this.#registry, control);
  }

  requestEnded({ method, route, status, durationMs }: EndedRequest): void {
    this.#requests.inc({ method, route, status });
    this.#seconds.observe({ route }, durationMs / 1000);
  }

  refused(code: string): void {
    this.#refusals.inc({ code });
  }

  uploaded(byteCount: number): void {
    this.#uploaded.inc(byteCount);
  }

  resultSent(byteCount: number): void {
    this.#sent.inc(byteCount);
  }

  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  close(): void {
    this.#unsubscribe();
  }
}

function addJobs(registry: Registry, control: ClusterControl): void {
  const registers = [registry];
  new Gauge({
    ...{ name: "actor_dataflow_jobs", help: "Jobs known, by state.", registers, labelNames: ["state"] as const },
    collect() {
      const jobs = control.jobs();
      for (const state of JOB_STATES) this.set({ state }, jobs.filter((job) => job.state === state).length);
    },
  });
  const ofRunning: [string, string, (job: JobStatus) => number][] = [
    ["stage", "Index of the stage that runs.", (job) => job.stage],
    ["tasks_done", "Tasks of the stage that are done.", (job) => job.tasksDone],
    ["tasks", "Tasks of the stage.", (job) => job.tasksOfStage],
    ["pairs_in", "Pairs read.", (job) => job.pairsIn],
    ["shuffled_bytes", "Bytes moved between partitions.", (job) => job.shuffledBytes],
    ["tasks_repeated", "Tasks computed again.", (job) => job.tasksRepeated],
    ["restarts", "Restarts of whatever served the job.", (job) => job.restarts],
  ];
  for (const [name, help, of] of ofRunning) {
    new Gauge({
      ...{ name: `actor_dataflow_running_job_${name}`, help, registers, labelNames: ["job"] as const },
      collect() {
        this.reset();
        const running = control.jobs().filter(({ state }) => state === "running");
        for (const job of running.slice(0, RUNNING_JOBS_SHOWN_MAX)) this.set({ job: job.id }, of(job));
      },
    });
  }
}

function addWorkers(registry: Registry, control: ClusterControl): void {
  const registers = [registry];
  new Gauge({
    ...{ name: "actor_dataflow_workers", help: "Workers known, by state.", registers, labelNames: ["state"] as const },
    collect() {
      const workers = control.workers();
      for (const state of WORKER_STATES) this.set({ state }, workers.filter((one) => one.state === state).length);
    },
  });
  const living = () => control.workers().filter(({ state }) => state === "alive" || state === "draining");
  new Gauge({
    ...{ name: "actor_dataflow_slots", help: "Slots of workers that live.", registers },
    collect() {
      this.set(living().reduce((sum, { slots }) => sum + slots, 0));
    },
  });
  new Gauge({
    ...{ name: "actor_dataflow_tasks_running", help: "Tasks that workers compute.", registers },
    collect() {
      this.set(living().reduce((sum, { tasksRunning }) => sum + tasksRunning, 0));
    },
  });
}

function addCoordinator(registry: Registry, control: ClusterControl, version: string): void {
  const registers = [registry];
  new Gauge({
    ...{ name: "actor_dataflow_coordinator_term", help: "Raised by each start of the coordinator.", registers },
    collect() {
      this.set(control.term);
    },
  });
  new Gauge({
    ...{ name: "actor_dataflow_coordinator_ready", help: "1 when journals are open and members can join.", registers },
    collect() {
      this.set(control.isReady ? 1 : 0);
    },
  });
  const build = { name: "actor_dataflow_build", help: "1, with the version.", registers };
  new Gauge({ ...build, labelNames: ["version"] as const }).set({ version }, 1);
}

/** M1. Kinds are a fixed set; should they ever not be, the rest is counted together. */
function countEvents(registry: Registry, control: ClusterControl): () => void {
  const events = new Counter({
    ...{ name: "actor_dataflow_events_total", help: "Events of the story, by kind: restarts, deaths, placements." },
    ...{ registers: [registry], labelNames: ["kind"] as const },
  });
  const kinds = new Set<string>();
  return control.subscribe(({ kind }) => {
    if (kinds.size < EVENT_KINDS_MAX) kinds.add(kind);
    events.inc({ kind: kinds.has(kind) ? kind : "other" });
  });
}

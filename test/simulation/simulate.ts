/**
 * One simulation: the cluster of a seed, its jobs, its faults, and everything that must be true of it.
 *
 * Owns: the order of a run: with faults, then healed, until all jobs have ended.
 * Never: reads a clock, or anything else but its options.
 *
 * S1. The same options give the same history, on any machine and version of Node.
 */
import { readFileSync } from "node:fs";
import { RACE_LEAST_MS } from "../../actors/options.ts";
import { BlockContentsCheck } from "./checks/block-contents.ts";
import { BoundsCheck } from "./checks/bounds.ts";
import { DeliveryCheck } from "./checks/delivery.ts";
import { DeparturesCheck } from "./checks/departures.ts";
import { DiscoveriesCheck } from "./checks/discoveries.ts";
import { DurabilityCheck } from "./checks/durability.ts";
import { IncarnationsCheck } from "./checks/incarnations.ts";
import { LeftoversCheck } from "./checks/leftovers.ts";
import { LineageCheck } from "./checks/lineage.ts";
import { OutcomesCheck } from "./checks/outcomes.ts";
import { Problems } from "./checks/problems.ts";
import { RepetitionCheck } from "./checks/repetition.ts";
import { SupervisionCheck } from "./checks/supervision.ts";
import { SimulatedCluster } from "./cluster/cluster.ts";
import { COORDINATOR_NODE, outputFile, rejectsFile } from "./cluster/coordinator-process.ts";
import { Submitter } from "./cluster/submitter.ts";
import { type Watch, Watches } from "./cluster/watch.ts";
import { endWithout, figuresOf, type JobEnd } from "./job-end.ts";
import { applyFaults } from "./plan/apply-faults.ts";
import { CrashPoints } from "./plan/crash-points.ts";
import { drawPlan } from "./plan/draw-plan.ts";
import { allFaults, type FaultPlan } from "./plan/fault-plan.ts";
import { INPUT_DIRECTORY, makeWorkload, SHARED_NODE, type Work } from "./workload.ts";
import { Disks } from "./world/disk.ts";
import type { EditCounts } from "./world/journal-edits.ts";
import { Network } from "./world/network.ts";
import { mountFiles } from "./world/node-files.ts";
import { World } from "./world/world.ts";

/** All faults have come and gone, and all jobs have ended; everybody has had the time to clear up, too. */
export type RunsUntil = "ended" | "settled";

export interface SimulationOptions {
  readonly seed: number;
  /** Instead of the seed's own. */
  readonly plan?: FaultPlan;
  readonly keepsLines?: boolean;
  /** Instead of the seed's own. */
  readonly until?: RunsUntil;
  /** Instead of the seed's own. Called when the files of the simulation are there. */
  readonly makeWorks?: (seed: number) => Promise<Work[]>;
}

export interface Verdict {
  readonly seed: number;
  readonly plan: FaultPlan;
  readonly hash: string;
  readonly lines: readonly string[];
  readonly problems: readonly { readonly check: string; readonly message: string }[];
  readonly eventCount: number;
  /** Until all jobs had ended. */
  readonly simulatedMs: number;
  /** Of each job. */
  readonly ends: readonly JobEnd[];
  /** Of journals, by the fault `editStorage`. */
  readonly edits: EditCounts;
  /** By the same, of segments. */
  readonly editedBlocks: number;
}

/** Within which every job must have ended after healing: far more than all backoffs and deadlines one after the other. */
const END_WITHIN_MS = 400_000;

/** More than backoffs, and the time until silence is death: longer than most runs, so that few seeds go on so long. */
const SETTLED_EACH = 16;
const SETTLE_MS = 30_000;

export async function simulate(options: SimulationOptions): Promise<Verdict> {
  const { seed, keepsLines = false, makeWorks = makeWorkload } = options;
  const world = new World(seed, { keepsLines });
  const disks = new Disks();
  let watches: Watches | undefined;
  const blind = new Set<string>();
  const unmount = mountFiles({
    world,
    hides: (path) => path.startsWith(INPUT_DIRECTORY) && blind.has(world.current?.node ?? ""),
    diskOf: (node) => disks.of(node),
    renamed: (from, to) => watches?.tell("renamed", from, to),
  });
  try {
    disks.of(SHARED_NODE).makeDirectory(INPUT_DIRECTORY);
    const works = await makeWorks(seed);
    const plan = options.plan ?? drawPlan(seed, works.length);
    for (const worker of plan.blind ?? []) blind.add(worker);
    const problems = new Problems();
    const points = new CrashPoints();
    watches = new Watches([...openChecks({ world, works, plan, problems }), points]);
    const isSettled = seed % SETTLED_EACH === 0 || plan.faults.some(({ kind }) => kind === "drain");
    const until = options.until ?? (isSettled ? "settled" : "ended");
    const { submitter, simulatedMs } = await play({ world, disks, watches, works, plan, until, points, problems });
    return {
      ...{ seed, plan, hash: world.history.hash, lines: world.history.lines, problems: problems.found },
      ...{ eventCount: world.eventCount, simulatedMs },
      ends: works.map((work) => readEnd(work, submitter)),
      ...{ edits: disks.edits, editedBlocks: disks.editedBlocks },
    };
  } finally {
    unmount();
  }
}

interface Play {
  readonly world: World;
  readonly disks: Disks;
  readonly watches: Watches;
  readonly works: readonly Work[];
  readonly plan: FaultPlan;
  readonly until: RunsUntil;
  readonly points: CrashPoints;
  readonly problems: Problems;
}

interface Played {
  readonly submitter: Submitter;
  readonly simulatedMs: number;
}

async function play({ world, disks, watches, works, plan, until, points, problems }: Play): Promise<Played> {
  const network = new Network(world);
  const submitter = new Submitter({ world, works, problems, mayForget: () => mayForget(plan) });
  const ground = { world, network, watches };
  const cluster = new SimulatedCluster({ ...plan, ground, disks, submitter });
  cluster.start(COORDINATOR_NODE);
  for (const worker of plan.workers) cluster.addWorker(worker);
  for (const [index, work] of works.entries()) {
    world.schedule(undefined, plan.submitAtMs[index] ?? 0, () => {
      submitter.want(work, undefined);
      cluster.ask((director) => submitter.want(work, director));
    });
  }
  const cancel = (index: number): void => {
    submitter.cancel(works[index], undefined);
    cluster.ask((director) => submitter.cancel(works[index], director));
  };
  const drained = (worker: string): void => {
    const coordinator = cluster.residentOf(COORDINATOR_NODE);
    if (coordinator !== undefined) watches.tell("drained", coordinator, worker);
  };
  applyFaults(plan, { world, network, cluster, points, cancel, drained, healAtMs: plan.healAtMs });
  const isHealed = (): boolean => submitter.isDone && world.nowMs >= plan.healAtMs;
  const isEnded = (): boolean => (isHealed() && cluster.unendedJobs?.length === 0) || !problems.isEmpty;
  const end = await world.run(isEnded, plan.healAtMs + END_WITHIN_MS);
  const simulatedMs = world.nowMs;
  if (end === "reached" && problems.isEmpty && until === "settled") {
    await world.run(() => false, world.nowMs + SETTLE_MS);
    watches.tell("settled");
    for (const { id, state, tasksRunning } of cluster.coordinator?.director.workers() ?? []) {
      if (tasksRunning > 0) problems.report("leftovers", `worker ${id}, ${state}, is shown with ${tasksRunning} tasks`);
    }
  }
  if (end !== "reached") {
    const unfinished = new Set([...submitter.unfinished, ...(cluster.unendedJobs ?? [])]);
    problems.report("ending", `${[...unfinished].join(", ")} did not end (${end})`);
  }
  watches.tell("finished");
  return { submitter, simulatedMs };
}

function readEnd(work: Work, submitter: Submitter): JobEnd {
  const status = submitter.endOf(work);
  if (status?.state !== "done") return endWithout(status?.state ?? "unfinished", status?.failure);
  const { id } = work.job;
  const rejects = work.program.onError === "reject" ? readIfThere(rejectsFile(id)) : undefined;
  const output = readIfThere(outputFile(id));
  return { state: "done", failure: undefined, output, rejects, figures: figuresOf(status) };
}

/** What is not synced goes with the power. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

/** What is not synced goes with the power; what is damaged is gone. */
function mayForget(plan: FaultPlan): boolean {
  const { durable } = plan;
  return allFaults(plan).some((fault) => {
    if (!("node" in fault) || fault.node !== COORDINATOR_NODE) return false;
    if (fault.kind === "crash") return fault.loses === "disk" || (!durable && fault.loses === "power");
    if (fault.kind === "crashAt") return !durable && fault.losesPower;
    return fault.kind === "editStorage" || (fault.kind === "flipBit" && fault.where === "record");
  });
}

function openChecks({ world, works, plan, problems }: Pick<Play, "world" | "works" | "plan" | "problems">): Watch[] {
  const jumps = plan.faults.some(({ kind }) => kind === "clockJump");
  return [
    new OutcomesCheck(works, problems, plan),
    new BlockContentsCheck(problems),
    new LeftoversCheck(works, problems),
    new LineageCheck(problems),
    new DeparturesCheck(problems, mayForget(plan)),
    new DurabilityCheck(problems),
    new DeliveryCheck(problems),
    new DiscoveriesCheck(problems),
    new IncarnationsCheck(problems),
    new BoundsCheck(problems),
    new SupervisionCheck(problems, () => world.nowMs),
    new RepetitionCheck(problems, () => jumps || world.nowMs > RACE_LEAST_MS),
  ];
}

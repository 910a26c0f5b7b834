/**
 * Whatever is lost or damaged, and when: what a job asks for is asked of somebody who has it, and the job gets to its end.
 */
import test from "ava";
import fc from "fast-check";
import type { StoredReference } from "../../../actors/executor/messages.ts";
import type { TaskName } from "../../../actors/job/messages.ts";
import { taskName } from "../../../actors/job/placement.ts";
import { JobProgress } from "../../../actors/job/progress.ts";
import { referencesOf, type TaskCommit } from "../../../actors/partition/messages.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import { changeKey, program, reduce } from "../../programs/build-program.ts";

const WORKERS = ["a", "b", "c"];
const STAGES = 4;
/** More rounds of tasks than any repair takes. */
const ROUNDS_MAX = 10 * STAGES;

type Step =
  /** `through`: how many stages the task goes on, where it may. */
  | { readonly kind: "run"; readonly worker: string; readonly pick: number; readonly through: number }
  | { readonly kind: "copy"; readonly worker: string; readonly pick: number }
  | { readonly kind: "damage"; readonly pick: number }
  /** It begins anew, and its journal has lost its end: it may hold what was withdrawn before. */
  | { readonly kind: "loseEnd"; readonly worker: string; readonly pick: number }
  | { readonly kind: "leave" | "return" | "loseDisk"; readonly worker: string };

interface Shape {
  /** Of the input: the tasks of the first stage. */
  readonly splitCount: number;
  /** Few pairs: one task takes the whole of a stage, and may go on. */
  readonly isSmall: boolean;
  /** Names of tasks that reject something. */
  readonly rejecting: readonly string[];
}

function progressOf({ splitCount }: Shape): JobProgress {
  const made = program([changeKey(), reduce(), changeKey(), reduce(), changeKey(), reduce()]);
  const splits = Array.from({ length: splitCount }, (_, index) => ({ file: 0, start: index, end: index + 1 }));
  const plan = makePlan(made);
  return new JobProgress({ id: "job", program: made, plan, files: [], splits, splitBytes: 1, outputFormat: "csv" });
}

/** What a worker has journaled of a task: its commit, or that it is withdrawn. */
interface Entry {
  readonly name: string;
  readonly commit: TaskCommit | undefined;
}

/** Workers with what they hold: by task, each commit in files of its own. */
class Cluster {
  readonly progress: JobProgress;
  readonly #shape: Shape;
  readonly #disks = new Map<string, Map<string, TaskCommit>>(WORKERS.map((worker) => [worker, new Map()]));
  readonly #logs = new Map<string, Entry[]>(WORKERS.map((worker) => [worker, []]));
  readonly #present = new Set(WORKERS);
  /** Files that were deleted since the job had said that nobody needs them any more. */
  readonly #freed = new Set<string>();
  /** Files that a worker may have lost with the end of its journal. */
  readonly #forgotten = new Set<string>();
  #fileCount = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
    this.progress = progressOf(shape);
  }

  take(step: Step): void {
    if (step.kind === "run") this.#run(step);
    if (step.kind === "copy") this.#copy(step);
    if (step.kind === "damage") this.#damage(step.pick);
    if (step.kind === "return") this.#return(step.worker);
    if (step.kind === "loseEnd") this.#loseEnd(step);
    if (step.kind === "leave" || step.kind === "loseDisk") {
      if (step.kind === "loseDisk") this.#begin(step.worker, []);
      this.#present.delete(step.worker);
      this.progress.lose(step.worker);
    }
    this.#settle();
    this.#report();
    this.#free(this.progress.takeFreeable() ?? 0);
  }

  /** Files that the job has somebody read although nobody is there who has them. */
  readInVain(): readonly string[] {
    const stored = new Set(
      this.#commits()
        .flatMap(referencesOf)
        .map(({ segment }) => segment),
    );
    return this.#read().filter((segment) => !stored.has(segment) || this.#freed.has(segment));
  }

  /** Files that a task reads although the stages that they went through do not end before its own. */
  misread(): readonly string[] {
    const tasks = this.progress.outstanding().flatMap(({ tasks: of }) => of);
    return tasks.flatMap(({ stage, task }) => {
      const segments = task.kind === "reduce" ? task.inputs.map(({ segment }) => segment) : [];
      return segments.filter((segment) => !segment.endsWith(` through ${stage - 1}.`));
    });
  }

  /** Has all be run that is still to be run; false if there is no end to it. */
  runToEnd(): boolean {
    for (const worker of WORKERS) this.#return(worker);
    this.#settle();
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      if (this.progress.isComplete) return true;
      for (const _ of this.#outstanding()) this.#run({ worker: "a", pick: 0, through: 0 });
      this.#settle();
    }
    return false;
  }

  /** Names of tasks whose rejects the output hears of. */
  rejecting(): readonly string[] {
    return this.progress.rejects().map(taskName);
  }

  #commits(): readonly TaskCommit[] {
    return [...this.#disks].flatMap(([worker, commits]) => (this.#present.has(worker) ? [...commits.values()] : []));
  }

  #read(): readonly string[] {
    const { progress } = this;
    const tasks = progress.outstanding().flatMap(({ tasks: of }) => of.map(({ task }) => task));
    const inputs = tasks.flatMap((task) => (task.kind === "reduce" ? task.inputs : []));
    const runs = progress.outputRuns().map(({ at }) => at);
    const rejects = progress.rejects().flatMap(({ result }) => result.rejects);
    return (progress.isComplete ? [...runs, ...rejects] : inputs).map(({ segment }) => segment);
  }

  #free(below: number): void {
    const freed = this.#commits().filter(({ stage }) => stage < below);
    for (const { at } of freed.flatMap(({ result }) => result.bundles)) this.#freed.add(at.segment);
  }

  #outstanding(): readonly TaskName[] {
    return this.progress.outstanding().flatMap(({ partition, tasks }) => tasks.map((task) => ({ ...task, partition })));
  }

  #run({ worker, pick, through }: { readonly worker: string; readonly pick: number; readonly through: number }): void {
    const tasks = this.#outstanding();
    if (tasks.length === 0) return;
    const { stage, partition, sequence } = tasks[pick % tasks.length];
    const isWhole = this.#shape.isSmall && (stage > 0 || this.#shape.splitCount === 1);
    const reached = isWhole ? Math.min(STAGES - 1, stage + through) : stage;
    this.#store(worker, this.#resultOf({ stage, partition, sequence }, reached));
  }

  #resultOf(task: TaskName, through: number): TaskCommit {
    const counts = { pairsIn: 0, pairsOut: 0, lines: 0, bytesIn: 0, bytesOut: 0 };
    const at = { segment: "", offset: 0, byteLength: 1000, crc: 0 };
    const rejects = this.#shape.rejecting.includes(taskName(task)) ? [at] : [];
    const isLast = through === STAGES - 1;
    const bundles = isLast ? [] : [{ at, pairCount: this.#shape.isSmall ? 1 : 100_000 }];
    const runs = isLast ? [{ at, headerBytes: 1, pairCount: 1 }] : [];
    return { ...task, result: { ...counts, through, bundles, runs, rejectCount: rejects.length, rejects } };
  }

  #copy({ worker, pick }: { readonly worker: string; readonly pick: number }): void {
    const needed = [...this.progress.needed()].filter(({ isFreed }) => !isFreed);
    if (needed.length > 0) this.#store(worker, needed[pick % needed.length].commit);
  }

  #store(worker: string, { result, ...task }: TaskCommit): void {
    const disk = this.#disks.get(worker);
    if (disk === undefined || !this.#present.has(worker)) return;
    const known = disk.get(taskName(task));
    if (known !== undefined) {
      // As a partition does that is asked for what it has committed.
      this.progress.commit(known, worker);
      return;
    }
    const place = (at: StoredReference): StoredReference => {
      this.#fileCount += 1;
      return { ...at, segment: `${taskName(task)} on ${worker}, file ${this.#fileCount}, through ${result.through}.` };
    };
    const bundles = result.bundles.map((bundle) => ({ ...bundle, at: place(bundle.at) }));
    const runs = result.runs.map((run) => ({ ...run, at: place(run.at) }));
    const commit = { ...task, result: { ...result, bundles, runs, rejects: result.rejects.map(place) } };
    this.#journal(worker, { name: taskName(task), commit });
    this.progress.commit(commit, worker);
  }

  #damage(pick: number): void {
    const stored = this.#commits().flatMap(referencesOf);
    if (stored.length > 0) this.#withdraw([stored[pick % stored.length]]);
  }

  #withdraw(damage: readonly StoredReference[]): void {
    this.progress.withdraw(damage);
    this.#settle();
  }

  #settle(): void {
    this.progress.settle();
    for (const { worker, at, ...task } of this.progress.takeWithdrawn()) {
      const name = taskName(task);
      const held = this.#disks.get(worker)?.get(name);
      const isMeant = held !== undefined && referencesOf(held).some(({ segment }) => segment === at.segment);
      if (isMeant) this.#journal(worker, { name, commit: undefined });
    }
  }

  #journal(worker: string, entry: Entry): void {
    this.#logs.get(worker)?.push(entry);
    if (entry.commit === undefined) this.#disks.get(worker)?.delete(entry.name);
    else this.#disks.get(worker)?.set(entry.name, entry.commit);
  }

  /** The worker has that journal, and nothing else. */
  #begin(worker: string, log: readonly Entry[]): void {
    this.#logs.set(worker, []);
    this.#disks.set(worker, new Map());
    for (const entry of log) this.#journal(worker, entry);
  }

  #loseEnd({ worker, pick: kept }: { readonly worker: string; readonly pick: number }): void {
    if (!this.#present.has(worker)) return;
    const log = this.#logs.get(worker) ?? [];
    for (const commit of this.#disks.get(worker)?.values() ?? [])
      for (const { segment } of referencesOf(commit)) this.#forgotten.add(segment);
    this.#begin(worker, log.slice(0, kept % (log.length + 1)));
    this.#tellAll(worker);
  }

  #tellAll(worker: string): void {
    const commits = [...(this.#disks.get(worker)?.values() ?? [])];
    const gone = commits.filter(({ result }) => result.bundles.some(({ at }) => this.#freed.has(at.segment)));
    this.progress.restore(commits, worker, gone);
  }

  /** Whoever reads what a lost end of a journal has told of says that it is not there. */
  #report(): void {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const missing = this.readInVain().filter((segment) => this.#forgotten.has(segment));
      if (missing.length === 0) return;
      this.#withdraw(missing.map((segment) => ({ segment, offset: 0, byteLength: 1, crc: 0 })));
    }
  }

  #return(worker: string): void {
    if (this.#present.has(worker)) return;
    this.#present.add(worker);
    this.#tellAll(worker);
  }
}

const worker = fc.constantFrom(...WORKERS);
const pick = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant("run" as const), worker, pick, through: fc.nat({ max: STAGES }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("copy" as const), worker, pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("damage" as const), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("loseEnd" as const), worker, pick }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("leave", "return", "loseDisk"), worker }) },
);
const names = Array.from({ length: STAGES }, (_, stage) => [0, 1, 2, 3].map((partition) => `${stage}/${partition}/0`));
const shape: fc.Arbitrary<Shape> = fc.record({
  splitCount: fc.constantFrom(1, 4),
  isSmall: fc.boolean(),
  rejecting: fc.subarray(names.flat()),
});

function isOfInput(name: string): boolean {
  return name.startsWith("0/");
}

/** Whatever way the job went, these tasks were run. */
function rejectingInput({ rejecting, splitCount }: Shape): readonly string[] {
  return names[0].slice(0, splitCount).filter((name) => rejecting.includes(name));
}

test("progress: what is asked for is there, and the job ends, whatever was lost, damaged, copied or brought back before", (t) => {
  const property = fc.property(shape, fc.array(step, { minLength: 10, maxLength: 60, size: "max" }), (of, steps) => {
    const cluster = new Cluster(of);
    for (const one of steps) {
      cluster.take(one);
      t.deepEqual(cluster.readInVain(), []);
      t.deepEqual(cluster.misread(), []);
      t.true(!cluster.progress.isComplete || cluster.progress.outputRuns().length > 0);
    }
    t.true(cluster.runToEnd());
    t.deepEqual(cluster.rejecting().filter(isOfInput), rejectingInput(of));
  });
  fc.assert(property, { numRuns: 4000 });
});

/**
 * A job and its output on the coordinator's side: two actors, and whom they talk to.
 *
 * Owns: which worker computes a piece of the output.
 * Never: decides when a job begins or ends.
 */
import { specifyChild } from "../runtime/supervision/specification.ts";
import type { Plot, Repairs } from "./coordinator-plot.ts";
import { writerOf } from "./exchange/segment-names.ts";
import { jobMachine } from "./job/machine.ts";
import { canRun, type JobDescription, type OutputOrder } from "./job/messages.ts";
import { Placement } from "./job/placement.ts";
import { JobProgress } from "./job/progress.ts";
import type { Workplace } from "./job/worker-orders.ts";
import { type Member, workerAddress } from "./membership/messages.ts";
import { OUTPUT_RANGES_IN_FLIGHT_MAX } from "./options.ts";
import { outputMachine } from "./output/machine.ts";
import type { WorkerCommand } from "./worker/messages.ts";

export function tellWorker({ board, listener }: Plot, worker: string, command: WorkerCommand): void {
  listener?.workerCommanded(worker, command);
  board.tell("coordinator", workerAddress(worker), command);
}

export function startJob(plot: Plot, job: JobDescription, members: readonly Member[]): void {
  const { board, clock, ended, onOutcome, submitted, view } = plot;
  const { id } = job;
  if (ended.has(id)) return;
  view.jobs.set(id, job);
  const specification = specifyChild({
    id,
    logic: jobMachine,
    input: (incarnation) => {
      const progress = new JobProgress(job);
      view.progress.set(id, progress);
      const placement = new Placement();
      plot.placements.set(id, placement);
      const workplaces = new Map<string, Workplace>();
      plot.workplaces.set(id, workplaces);
      return {
        ...{ job, progress, placement, workplaces },
        members: incarnation === 1 ? members : [...view.members.values()],
        nowMs: () => clock.nowMs(),
        replicas: plot.replicas,
        send: (worker, command) => tellWorker(plot, worker, command),
        startOutput: (order) => startOutput(plot, job, order),
        noteTakenOver: ({ commits, unusable, lost }) => {
          // What a later incarnation finds was committed by this process.
          if (incarnation !== 1) return;
          view.takenOver.set(id, (view.takenOver.get(id) ?? 0) + commits);
          noteRepairs(plot, id, { lost, damaged: unusable, orphaned: 0 });
        },
        noteRace: (race) => plot.listener?.raceEnded(id, race),
        noteWithdrawn: (damaged) => noteRepairs(plot, id, { lost: 0, damaged, orphaned: 0 }),
        noteLost: (orphaned) => noteRepairs(plot, id, { lost: 0, damaged: 0, orphaned }),
        tell: (outcome) => {
          submitted.delete(id);
          ended.add(id);
          view.jobs.delete(id);
          onOutcome(id, outcome);
        },
      };
    },
  });
  board.start("jobs", specification);
}

function noteRepairs({ view }: Plot, job: string, { lost, damaged, orphaned }: Repairs): void {
  const known = view.repairs.get(job) ?? { lost: 0, damaged: 0, orphaned: 0 };
  view.repairs.set(job, {
    lost: known.lost + lost,
    damaged: known.damaged + damaged,
    orphaned: known.orphaned + orphaned,
  });
}

function startOutput(plot: Plot, job: JobDescription, order: OutputOrder): void {
  const { board, exchange, journal, outputOf, segmentDirectory, segmentName, view } = plot;
  const slots = [...view.members.values()].reduce((sum, member) => sum + member.slots, 0);
  const specification = specifyChild({
    id: job.id,
    logic: outputMachine,
    input: (incarnation) => ({
      job,
      ...order,
      ...outputOf(job.id),
      journal,
      segmentDirectory,
      ...(exchange === undefined
        ? {}
        : {
            bring: (references) => exchange.bring(job.id, references),
            readText: (references) => exchange.read(job.id, references),
            freeText: (segments) => freeText(plot, job.id, segments),
          }),
      segmentName: `${segmentName}-${job.id}-o${incarnation}`,
      inFlightMax: Math.max(1, slots) * OUTPUT_RANGES_IN_FLIGHT_MAX,
      submit: (tag, task) => {
        const worker = nextWorker(plot, job);
        if (worker === undefined) return;
        board.tell("coordinator", workerAddress(worker), { type: "worker.runOutput", job: job.id, tag, task });
      },
      tell: (fact) => {
        if ("totals" in fact) view.output.set(job.id, fact.totals);
        board.sendBelow("jobs", job.id, { ...fact });
      },
    }),
  });
  // The one that runs already is told where the blocks are now; it has all its pieces computed that it has not got.
  board.sendBelow("outputs", job.id, { type: "output.order", ...order });
  board.start("outputs", specification);
}

/** Tells those who hold text that nobody needs it any more; what a worker that is gone holds goes with its job. */
function freeText({ board, view }: Plot, job: string, segments: readonly string[]): void {
  for (const segment of segments) {
    const worker = writerOf(segment);
    if (worker === undefined || !view.members.has(worker)) continue;
    board.tell("coordinator", workerAddress(worker), { type: "worker.freeText", job, segments: [segment] });
  }
}

/** Workers take turns; without any, the job gives its order again when one has joined. */
function nextWorker(plot: Plot, job: JobDescription): string | undefined {
  const able = [...plot.view.members.values()].filter((member) => canRun(job, member));
  const open = able.filter(({ draining }) => !draining);
  const members = open.length > 0 ? open : able;
  plot.turn += 1;
  return members[plot.turn % members.length]?.id;
}

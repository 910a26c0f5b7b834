/**
 * Makes tales of what supervisors, the membership and workers say.
 *
 * Owns: which of it people want to know, the kinds of events, and their words.
 * Never: keeps them.
 */
import type { SupervisorNotice } from "../../runtime/supervision/messages.ts";
import { describeExit } from "../../runtime/supervision/supervision-error.ts";
import type { TaskRace } from "../job/messages.ts";
import type { Member, MembershipFact } from "../membership/messages.ts";
import type { WorkerFact } from "../worker/messages.ts";
import type { Tale } from "./story-book.ts";

/** Of a supervisor in this process; undefined: nobody needs to know. */
export function taleOfNotice(supervisor: string, notice: SupervisorNotice): Tale | undefined {
  switch (notice.type) {
    case "child.restarting": {
      const { id, incarnation, delayMs, reason } = notice;
      const why = describeExit(reason);
      const detail = { actor: `${supervisor}/${id}`, incarnation, delayMs: Math.round(delayMs), reason: why };
      return {
        kind: "actor.restarting",
        message: `${supervisor}/${id} ended (${why}); its incarnation ${incarnation} starts in ${Math.round(delayMs)} ms`,
        job: jobOf(supervisor, id),
        detail,
      };
    }
    case "child.gaveUp": {
      const { id, incarnation, reason } = notice;
      const message = `${supervisor}/${id} is given up after its incarnation ${incarnation}: ${describeExit(reason)}`;
      return { kind: "actor.gaveUp", message, job: jobOf(supervisor, id), detail: { actor: `${supervisor}/${id}` } };
    }
    case "supervisor.failed":
      return { kind: "supervisor.failed", message: `supervisor ${supervisor} failed: ${notice.error.message}` };
    default:
      return undefined;
  }
}

/** `known` is the member as it was before. */
export function taleOfMember(change: MembershipFact, known: Member | undefined): Tale | undefined {
  switch (change.type) {
    case "member.joined": {
      const { id, host, epoch, slots, version } = change.member;
      const verb = known === undefined ? "joined" : "returned";
      const message = `worker ${id} on ${host} ${verb} in its epoch ${epoch}, with ${slots} slots`;
      return { kind: `worker.${verb}`, message, worker: id, detail: { epoch, slots, version } };
    }
    case "member.changed": {
      const { id, status, draining } = change.member;
      if (draining && known?.draining !== true) {
        return {
          kind: "worker.draining",
          message: `worker ${id} gets nothing new, and goes when nobody needs it`,
          worker: id,
        };
      }
      if (known?.status === status) return undefined;
      return { kind: `worker.${status}`, message: `worker ${id} is ${status}`, worker: id };
    }
    case "member.lost": {
      const { worker, reason } = change;
      const kind = reason === LEFT ? "worker.left" : "worker.lost";
      return { kind, message: `worker ${worker} is lost: ${reason}`, worker, detail: { reason } };
    }
    case "member.gathered":
      return undefined;
  }
}

/** The membership's reason for whoever went by itself. */
const LEFT = "it left";

/** Of what a worker tells its job: a partition that goes on where another incarnation of it ended. */
export function taleOfFact(fact: WorkerFact & { readonly worker: string }): Tale | undefined {
  if (fact.type !== "partition.recovered" || fact.commits.length === 0) return undefined;
  const { job, worker, partition, incarnation, commits, unusableCount } = fact;
  const latest = commits[commits.length - 1];
  const place = `stage ${latest.stage}, block ${latest.sequence}`;
  return {
    kind: "partition.resumed",
    message: `partition ${partition} goes on behind ${place} on worker ${worker}, with ${commits.length} commits`,
    ...{ job, worker },
    detail: {
      ...{ partition, incarnation, commits: commits.length, unusable: unusableCount },
      ...{ stage: latest.stage, sequence: latest.sequence },
    },
  };
}

/** `task 1/3/0 of worker w-2 was also given to worker w-1, which was first` */
export function taleOfRace(job: string, { task, winner, losers, ownerWon }: TaskRace): Tale {
  const name = `${task.stage}/${task.partition}/${task.sequence}`;
  const others = (ids: readonly string[]): string => ids.map((id) => `worker ${id}`).join(" and ");
  const message = ownerWon
    ? `task ${name} of worker ${winner} was also given to ${others(losers)}; worker ${winner} was first`
    : `task ${name} of ${others(losers)} was also given to worker ${winner}, which was first`;
  return { kind: "task.raced", message, job, worker: winner, detail: { ...task, winner, losers: losers.join(" ") } };
}

/** Children of these supervisors are named by their job. */
function jobOf(supervisor: string, id: string): string | undefined {
  if (supervisor === "jobs" || supervisor === "outputs") return id;
  return supervisor === "partitions" ? id.slice(0, id.lastIndexOf("/")) : undefined;
}

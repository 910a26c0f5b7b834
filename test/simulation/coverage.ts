/**
 * Which transitions of which machines a simulation has taken: every (state, event) that a statechart names.
 *
 * Owns: the list of all of them, from the machines themselves, and the count of each.
 * Never: changes what a machine does.
 */
import { type AnyStateMachine, StateNode } from "xstate";
import { coordinatorMachine } from "../../actors/coordinator/machine.ts";
import { executorMachine } from "../../actors/executor/machine.ts";
import { poolMachine } from "../../actors/executor-pool/machine.ts";
import { jobMachine } from "../../actors/job/machine.ts";
import { membershipMachine } from "../../actors/membership/machine.ts";
import { outputMachine } from "../../actors/output/machine.ts";
import { partitionMachine } from "../../actors/partition/machine.ts";
import { workerMachine } from "../../actors/worker/machine.ts";
import { supervisorLogic } from "../../runtime/supervision/machine.ts";

const MACHINES: readonly AnyStateMachine[] = [
  ...[coordinatorMachine, membershipMachine, jobMachine, outputMachine],
  ...[workerMachine, partitionMachine, poolMachine, executorMachine, supervisorLogic],
];

/**
 * Transitions that no production process can take, each with the reason; they are not counted.
 *
 * A supervisor that is stopping, failing or regrouping comes to its end in the same turn: all children of the product end at
 * once when they are told to. Jobs, outputs, partitions and supervisors go to a final state, executors are ended without a
 * word, and every other machine has no `child.shutdown` and is ended so, too (`shutdownTimeMs`). Nothing comes in between.
 */
const UNREACHABLE: ReadonlyMap<string, string> = new Map([
  ["executor.serving child.shutdown", "executors are ended by force: their specification has shutdownMs 0"],
  ["supervisor child.send", "part of runtime/supervision for others: no actor of the product sends it"],
  ["supervisor child.working", "part of runtime/supervision for others: no actor of the product sends it"],
  ["supervisor.regrouping child.shutdown", "the root alone has groups, and nothing is above it"],
  ["supervisor.regrouping supervisor.fail", "a group ends in the turn in which it is told to"],
  ["supervisor.regrouping supervisor.stop", "a group ends in the turn in which it is told to"],
  ["supervisor.stopping child.start", "the children end in the turn in which they are told to"],
  ["supervisor.failing child.start", "the children end in the turn in which they are told to"],
]);

/** `job.running task.committed`, and which of several transitions of that event it is. */
type TransitionName = string;

export interface Coverage {
  readonly reached: number;
  readonly total: number;
  readonly never: readonly TransitionName[];
  /** With the reason for each; one that is reached all the same is counted. */
  readonly unreachable: ReadonlyMap<TransitionName, string>;
}

/** From now on transitions are counted; returns what tells of them. */
export function countTransitions(): () => Coverage {
  const all = new Set(MACHINES.flatMap((machine) => transitionsOf(machine.root)));
  const reached = new Set<TransitionName>();
  // Part of the class, though not of its published type.
  const prototype = StateNode.prototype as unknown as { next: Next };
  const { next } = prototype;
  prototype.next = function (this: AnyNode, ...told) {
    const taken = next.apply(this, told);
    for (const transition of taken ?? []) {
      for (const [eventType, listed] of this.transitions) {
        const place = listed.indexOf(transition);
        if (place >= 0) reached.add(nameOf(this, eventType, place));
      }
    }
    return taken;
  };
  return () => {
    const reachable = [...all].filter((name) => !UNREACHABLE.has(name) || reached.has(name));
    const never = reachable.filter((name) => !reached.has(name)).sort();
    return { reached: reachable.length - never.length, total: reachable.length, never, unreachable: UNREACHABLE };
  };
}

/** The transitions that an event takes from a state. */
type Next = (
  this: AnyNode,
  ...told: unknown[]
) => AnyNode["transitions"] extends Map<string, infer Listed> ? Listed | undefined : never;

// biome-ignore lint/suspicious/noExplicitAny: the nodes of all machines.
type AnyNode = StateNode<any, any>;

function transitionsOf(node: AnyNode): TransitionName[] {
  const own = [...node.transitions].flatMap(([eventType, listed]) =>
    listed.map((_transition, place) => nameOf(node, eventType, place)),
  );
  return [...own, ...Object.values(node.states).flatMap((below) => transitionsOf(below))];
}

function nameOf({ machine, path }: AnyNode, eventType: string, place: number): TransitionName {
  return `${[machine.id, ...path].join(".")} ${eventType}${place === 0 ? "" : ` (${place + 1})`}`;
}

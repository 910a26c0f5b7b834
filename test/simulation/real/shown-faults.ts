/**
 * Decides which faults of a plan real processes can show, and what of them.
 *
 * Owns: the table, with the reason for each that is left out.
 *
 * S1. What is left out for the processes is left out for the simulation too: both are given the same plan.
 */
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import type { Fault, FaultKind, FaultPlan } from "../plan/fault-plan.ts";

/** Why a kind is left out; undefined: it is shown. */
const LEFT_OUT: { readonly [Kind in FaultKind]: string | undefined } = {
  ...{ crash: undefined, crashAt: undefined, pause: undefined, killActor: undefined, killOften: undefined },
  ...{ crashThread: undefined, hangThread: undefined, slow: undefined, cut: undefined, isolate: undefined },
  ...{ weather: undefined, join: undefined, drain: undefined, leave: undefined, cancel: undefined, flipBit: undefined },
  ...{ whenAt: undefined, stop: undefined, stranger: undefined },
  clockJump: "monotonic time of a host does not jump",
  echo: "what TCP has delivered does not come once more",
  flipOnWire: "TCP's checksums take flipped bits away",
  diskFull: "it takes a file system of its own; see npm run faults",
  syncFails: "it takes strace; see npm run faults",
  writeFails: "it takes strace; see npm run faults",
  readsFail: "it takes strace; see npm run faults",
  slowDisk: "it takes a device of its own",
  editStorage: "of storage that is edited between two lives; see npm run faults",
};

/** Of a segment's bytes one can be edited at any time; those of a LevelDB that is open are in its process, too. */
const LEFT_OUT_RECORD = "what LevelDB has read is not read again; see npm run faults";

export interface ShownPlan {
  readonly plan: FaultPlan;
  readonly leftOut: readonly FaultKind[];
}

export function shownPlan(plan: FaultPlan): ShownPlan {
  const isShown = (fault: Fault): boolean => reasonOf(fault) === undefined;
  const leftOut = plan.faults.filter((fault) => !isShown(fault)).map(({ kind }) => kind);
  // How long a job waits for workers is one setting for all seeds.
  return { plan: { ...plan, workerWaitMs: undefined, faults: plan.faults.filter(isShown).map(withoutPower) }, leftOut };
}

function reasonOf(fault: Fault): string | undefined {
  if (fault.kind === "flipBit" && fault.where === "record") return LEFT_OUT_RECORD;
  if (fault.kind === "flipBit" && fault.where === "copy") return "a copy is there for a moment only";
  return LEFT_OUT[fault.kind === "whenAt" ? fault.what.kind : fault.kind];
}

/**
 * A process that is killed loses nothing that it has written, and the kernel gives its locks back. The coordinator keeps its
 * disk: results are fetched from it at the end.
 */
function withoutPower(fault: Fault): Fault {
  if (fault.kind === "crash") {
    const losesDisk = fault.loses === "disk" && fault.node !== COORDINATOR_NODE;
    return { ...fault, loses: losesDisk ? "disk" : "nothing", lockStaysMs: 0 };
  }
  // What TCP loses it sends again, and what comes twice it hands over once.
  if (fault.kind === "weather") return { ...fault, duplicateShare: 0 };
  if (fault.kind !== "crashAt") return fault;
  // From outside a batch that stands is one that was acknowledged.
  return { ...fault, losesPower: false, point: fault.point === "written" ? "committed" : fault.point };
}

/**
 * What goes wrong in a simulation, and when: plain data, so that a plan can be printed, shrunk and run again.
 *
 * Owns: the kinds of faults.
 */

/** Where in the protocol a process may be killed: at the how-manieth time that it gets there. */
export type CrashPoint =
  /** The life of a process is journaled: its actors are about to begin. Nobody is killed here. */
  | "started"
  /** A child of the root died, and is about to be started again with those that depend on it. Nobody is killed here. */
  | "restarts"
  /** A batch stands in the LevelDB, and the journal has not acknowledged it. */
  | "written"
  /** The journal has acknowledged, and nobody has been told. */
  | "committed"
  /** The same, of a piece of the output. */
  | "pieces"
  /** A task is about to be computed. */
  | "runs"
  /** The output is about to appear. */
  | "renames"
  /** A message is about to be sent. */
  | "tells";

/** What may befall a process without ending it. */
export type Disturbance =
  | { readonly kind: "pause"; readonly node: string; readonly forMs: number }
  | { readonly kind: "slowDisk"; readonly node: string; readonly factor: number; readonly forMs: number }
  | { readonly kind: "diskFull"; readonly node: string; readonly forMs: number }
  | { readonly kind: "syncFails"; readonly node: string }
  /** Of the LevelDB alone, once. */
  | { readonly kind: "writeFails"; readonly node: string }
  | { readonly kind: "readsFail"; readonly node: string; readonly forMs: number };

export type Fault = { readonly atMs: number } & (
  | Disturbance
  /** When the process gets to a point for the n-th time. */
  | {
      readonly kind: "whenAt";
      readonly node: string;
      readonly point: CrashPoint;
      readonly count: number;
      readonly what: Disturbance;
    }
  /** The process is killed; until it is back, somebody else writes to its disk. */
  | { readonly kind: "editStorage"; readonly node: string; readonly edits: number; readonly backAfterMs: number }
  /** The coordinator is asked to end in order. */
  | { readonly kind: "stop"; readonly node: string }
  /** A worker of another version comes. */
  | { readonly kind: "stranger"; readonly node: string }
  | {
      readonly kind: "crash";
      readonly node: string;
      readonly loses: "nothing" | "power" | "disk";
      /** Undefined: it does not come back. */
      readonly backAfterMs: number | undefined;
      /** The lock of its journal stays for so long. */
      readonly lockStaysMs: number;
    }
  | {
      readonly kind: "crashAt";
      readonly node: string;
      readonly point: CrashPoint;
      readonly count: number;
      readonly losesPower: boolean;
      readonly backAfterMs: number;
    }
  /** Of the actors that run on the node. */
  | { readonly kind: "killActor"; readonly node: string; readonly index: number }
  /** The same actor, again and again, as soon as it lives again or after a while. */
  | {
      readonly kind: "killOften";
      readonly node: string;
      readonly index: number;
      readonly times: number;
      readonly everyMs: number;
    }
  | { readonly kind: "crashThread"; readonly node: string; readonly index: number }
  | { readonly kind: "hangThread"; readonly node: string; readonly index: number }
  | { readonly kind: "clockJump"; readonly node: string; readonly byMs: number }
  | { readonly kind: "slow"; readonly node: string; readonly factor: number; readonly forMs: number }
  | { readonly kind: "flipBit"; readonly node: string; readonly where: "segment" | "copy" | "record" }
  | { readonly kind: "flipOnWire"; readonly share: number; readonly forMs: number }
  | {
      readonly kind: "cut";
      readonly from: string;
      readonly to: string;
      readonly how: "cut" | "clogged";
      readonly forMs: number;
    }
  /** What the node has sent lately arrives once more, whatever has become of the node. */
  | { readonly kind: "echo"; readonly node: string; readonly withinMs: number }
  /** Both directions, to everybody. */
  | { readonly kind: "isolate"; readonly node: string; readonly forMs: number }
  | {
      readonly kind: "weather";
      readonly dropShare: number;
      readonly duplicateShare: number;
      readonly delayShare: number;
      readonly delayMaxMs: number;
      readonly forMs: number;
    }
  | { readonly kind: "join"; readonly node: string }
  | { readonly kind: "drain"; readonly node: string }
  | { readonly kind: "leave"; readonly node: string }
  /** By its place among the jobs. */
  | { readonly kind: "cancel"; readonly job: number }
);

export type FaultKind = Fault["kind"];

export interface FaultPlan {
  readonly workers: readonly string[];
  /** Those of them that do not see the input. */
  readonly blind?: readonly string[];
  readonly slots: number;
  readonly durable: boolean;
  /** Workers that hold each committed result. */
  readonly replicas: number;
  /** After which a job without a worker ends; absent: never. */
  readonly workerWaitMs?: number;
  /** When each job is submitted. */
  readonly submitAtMs: readonly number[];
  readonly faults: readonly Fault[];
  /** From then on nothing is wrong any more. */
  readonly healAtMs: number;
}

/** Everything that may happen, those things too that wait for a point. */
export function allFaults({ faults }: FaultPlan): readonly (Fault | Disturbance)[] {
  return [...faults, ...faults.flatMap((fault) => (fault.kind === "whenAt" ? [fault.what] : []))];
}

/**
 * Draws the fault plan of a seed.
 *
 * Owns: which faults a seed has. Each seed has a few kinds only, so that some runs are full of one kind (swarm testing).
 *
 * Source: Groce, Zhang, Eide, Chen, Regehr, "Swarm Testing", ISSTA 2012.
 */
import { type Random, seededRandom } from "../../../runtime/random.ts";
import { INTENSITY } from "../../../runtime/supervision/specification.ts";
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import { STRANGER_NODE } from "../cluster/worker-process.ts";
import { pick } from "../workload.ts";
import type { CrashPoint, Disturbance, Fault, FaultKind, FaultPlan } from "./fault-plan.ts";

const KINDS: readonly FaultKind[] = [
  ...(["crash", "crash", "crash", "crashAt", "crashAt", "pause", "killActor", "crashThread", "hangThread"] as const),
  ...(["clockJump", "slow", "slowDisk", "diskFull", "syncFails", "flipBit", "flipOnWire", "cut", "isolate"] as const),
  ...([
    "weather",
    "weather",
    "echo",
    "join",
    "drain",
    "leave",
    "cancel",
    "killOften",
    "readsFail",
    "writeFails",
    "whenAt",
    "whenAt",
    "editStorage",
    "stop",
    "stranger",
  ] as const),
];
const POINTS: readonly CrashPoint[] = ["written", "committed", "runs", "renames", "tells"];
/** At the coordinator, so that the output is in the middle of it. */
const PIECES_MAX = 6;
const EDITS_MAX = 6;
/** Some disks are slow enough for others to speak before a journal is read. */
const SLOWEST = 2000;
const FAULTS_MAX = 9;
/** Of plans whose jobs do not wait for workers for ever. */
const WAIT_SHARE = 0.1;
/** Of plans with workers that do not see the input: those whose copies of it are damaged. */
const COPY_SHARE = 0.4;
const COPY_FLIPS = 2;
const KINDS_MAX = 4;
const LOSSES = ["nothing", "power", "disk"] as const;
/** Its disk has the jobs: they are submitted again. */
const COORDINATOR_LOSSES = ["nothing", "nothing", "power", "power", "disk"] as const;
/** Most jobs are done by then, if nothing goes wrong. */
const FIRST_MS = 1500;
const STORM_MS = 130_000;
const SPARE_NODES = ["e", "f"];

export function drawPlan(seed: number, jobCount: number): FaultPlan {
  const random = seededRandom(seed ^ 0xfa017);
  const between = (from: number, to: number): number => Math.round(from + random.next() * (to - from));
  const workers = ["a", "b", "c", "d"].slice(0, random.next() < 0.8 ? 4 : between(1, 3));
  const faultCount = random.next() < 0.05 ? 0 : between(1, FAULTS_MAX);
  const kinds = Array.from({ length: between(1, KINDS_MAX) }, () => pick(random, KINDS));
  const spreadMs = pick(random, [FIRST_MS, FIRST_MS, 4 * FIRST_MS]);
  const blindShare = pick(random, [0, 0, 0.5, 1]);
  const context: Drawing = { random, between, workers, jobCount };
  const faults = Array.from({ length: faultCount }, () =>
    drawFault(pick(random, kinds), between(20, spreadMs), context),
  );
  for (const fault of [...faults]) {
    // What a process has said arrives after its death, and after its successor has spoken.
    const echoes = fault.kind === "crash" && random.next() < 0.5;
    if (echoes) faults.push({ atMs: fault.atMs - 1, kind: "echo", node: fault.node, withinMs: between(10, 4000) });
    // A record that is damaged is read when its process begins anew.
    const rereads = fault.kind === "flipBit" && fault.where === "record" && random.next() < 0.7;
    if (rereads) faults.push(drawCrash(fault.atMs + between(1, 50), fault.node, context));
    // What is asked to end in order is often told once more, and killed then.
    const isHurried = (fault.kind === "leave" || fault.kind === "stop") && random.next() < 0.3;
    if (isHurried) faults.push(drawCrash(fault.atMs + between(0, 300), fault.node, context));
    faults.push(...drawCompanions(fault, context));
  }
  const blind = workers.filter(() => random.next() < blindShare);
  // Copies of an input are there for a moment only.
  if (blind.length > 0 && random.next() < COPY_SHARE) {
    for (let flip = 0; flip < COPY_FLIPS; flip += 1)
      faults.push({ atMs: between(5, 600), kind: "flipBit", node: pick(random, blind), where: "copy" });
  }
  faults.sort((left, right) => left.atMs - right.atMs);
  return {
    ...{ workers, blind },
    ...{ slots: pick(random, [1, 1, 2, 3]), durable: random.next() < 0.5, replicas: pick(random, [1, 1, 2]) },
    faults,
    ...(random.next() < WAIT_SHARE ? { workerWaitMs: between(1000, 20_000) } : {}),
    submitAtMs: Array.from({ length: jobCount }, (_, index) => (index === 0 ? 0 : between(0, FIRST_MS))),
    healAtMs: (faults.at(-1)?.atMs ?? 0) + (faults.some(isStorm) ? STORM_MS : between(0, 3000)),
  };
}

/** More restarts than a supervisor allows take their time: each waits longer than the one before. */
function isStorm(fault: Fault): boolean {
  return fault.kind === "killOften" && fault.times > INTENSITY.restartsMax;
}

function drawCount(point: CrashPoint, between: Drawing["between"]): number {
  if (point === "started" || point === "restarts") return 1;
  return between(1, point === "pieces" ? PIECES_MAX : 12);
}

interface Drawing {
  readonly random: Random;
  readonly between: (from: number, to: number) => number;
  readonly workers: readonly string[];
  readonly jobCount: number;
}

function drawFault(kind: FaultKind, atMs: number, drawing: Drawing): Fault {
  const { random, between, workers } = drawing;
  const node = random.next() < 0.3 ? COORDINATOR_NODE : pick(random, workers);
  const worker = pick(random, workers);
  const forMs = pick(random, [between(10, 300), between(300, 3000), between(3000, 9000)]);
  const index = between(0, 1000);
  switch (kind) {
    case "crash":
      return drawCrash(atMs, node, drawing);
    case "crashAt":
      return drawCrashAt(atMs, node, drawing);
    case "whenAt":
      return drawWhenAt(atMs, node, drawing);
    case "editStorage":
      return { atMs, kind, node, edits: between(1, EDITS_MAX), backAfterMs: between(1, 3000) };
    case "stop":
      return { atMs, kind, node: COORDINATOR_NODE };
    case "stranger":
      return { atMs, kind, node: STRANGER_NODE };
    case "killActor":
      return { atMs, kind, node, index };
    case "killOften":
      return { atMs, kind, node, index, times: between(2, 14), everyMs: pick(random, [50, 50, 1000, 9000]) };
    case "echo":
      return { atMs, kind, node, withinMs: between(10, 9000) };
    case "crashThread":
    case "hangThread":
      return { atMs, kind, node: worker, index };
    case "clockJump":
      return { atMs, kind, node, byMs: between(100, 20_000) };
    case "pause":
    case "diskFull":
    case "readsFail":
    case "isolate":
      return { atMs, kind, node, forMs };
    case "slow":
      return { atMs, kind, node: worker, factor: between(3, 60), forMs };
    case "slowDisk":
      return { atMs, kind, node, factor: between(5, 500), forMs };
    case "syncFails":
    case "writeFails":
      return { atMs, kind, node };
    case "flipBit":
      return random.next() < 0.5
        ? { atMs, kind, node: worker, where: "segment" }
        : { atMs, kind, node: random.next() < 0.4 ? COORDINATOR_NODE : worker, where: "record" };
    case "flipOnWire":
      return { atMs, kind, share: random.next() * 0.3, forMs };
    case "cut":
      return drawCut(atMs, forMs, drawing);
    case "weather":
      return drawWeather(atMs, forMs, drawing);
    case "join":
      return { atMs, kind, node: pick(random, SPARE_NODES) };
    case "drain":
    case "leave":
      // Somebody has to be left who may be given work.
      return worker === workers[0] ? { atMs, kind: "killActor", node, index } : { atMs, kind, node: worker };
    case "cancel":
      return { atMs, kind, job: between(0, drawing.jobCount - 1) };
  }
}

function drawCrashAt(atMs: number, node: string, { random, between }: Drawing): Fault {
  const backAfterMs = pick(random, [between(1, 100), between(100, 8000)]);
  const back = { losesPower: random.next() < 0.4, backAfterMs };
  if (random.next() < 0.25) {
    const count = between(1, PIECES_MAX);
    return { atMs, kind: "crashAt", node: COORDINATOR_NODE, point: "pieces", count, ...back };
  }
  return { ...{ atMs, kind: "crashAt", node, point: pick(random, POINTS), count: between(1, 12) }, ...back };
}

/** What a fault needs beside it to be seen: actors that begin again, and members that speak meanwhile. */
function drawCompanions(fault: Fault, drawing: Drawing): Fault[] {
  const { random, between, workers } = drawing;
  const index = (): number => between(0, 1000);
  if (fault.kind === "whenAt" && fault.point === "restarts") {
    const { node } = fault;
    const companions: Fault[] = [
      { atMs: fault.atMs + between(1, 300), kind: "killOften", node, index: index(), times: 4, everyMs: 400 },
    ];
    const goer = pick(random, workers);
    const goes = node === COORDINATOR_NODE && goer !== workers[0] && random.next() < 0.5;
    return goes ? [...companions, { atMs: fault.atMs + between(1, 1500), kind: "leave", node: goer }] : companions;
  }
  if (fault.kind === "stop" && random.next() < 0.4)
    return [{ atMs: Math.max(0, fault.atMs - between(1, 200)), kind: "killActor", node: fault.node, index: index() }];
  if (fault.kind === "killOften" && isStorm(fault) && random.next() < 0.4)
    return [{ ...fault, atMs: fault.atMs + between(1, 60), index: index() }];
  return [];
}

/** What comes while a process begins, while it journals, or while the output is written. */
function drawWhenAt(atMs: number, node: string, { random, between }: Drawing): Fault {
  const forMs = pick(random, [between(1, 30), between(30, 1000), between(1000, 5000)]);
  const point = pick(random, ["started", "restarts", "restarts", "committed", "pieces"] as const);
  const at = point === "pieces" || random.next() < 0.5 ? COORDINATOR_NODE : node;
  const kinds = ["pause", "slowDisk", "slowDisk", "diskFull", "syncFails", "writeFails", "readsFail"] as const;
  const kind = pick(random, kinds);
  const what: Disturbance =
    kind === "slowDisk"
      ? { kind, node: at, forMs, factor: between(5, SLOWEST) }
      : kind === "syncFails" || kind === "writeFails"
        ? { kind, node: at }
        : { kind, node: at, forMs };
  return { atMs, kind: "whenAt", node: at, point, count: drawCount(point, between), what };
}

function drawCrash(atMs: number, node: string, drawing: Drawing): Fault {
  const { random, between, workers } = drawing;
  const isCoordinator = node === COORDINATOR_NODE;
  // The last worker has to come back, and so has the coordinator.
  const stays = !isCoordinator && workers.length > 1 && node !== workers[0] && random.next() < 0.2;
  const loses = pick(random, isCoordinator ? COORDINATOR_LOSSES : LOSSES);
  return {
    ...{ atMs, kind: "crash", node, loses },
    backAfterMs: stays ? undefined : pick(random, [between(1, 100), between(100, 2000), between(2000, 9000)]),
    lockStaysMs: random.next() < 0.2 ? between(10, 3000) : 0,
  };
}

function drawCut(atMs: number, forMs: number, { random, workers }: Drawing): Fault {
  const nodes = [COORDINATOR_NODE, COORDINATOR_NODE, ...workers];
  const from = pick(random, nodes);
  const to = pick(
    random,
    nodes.filter((node) => node !== from),
  );
  return { atMs, kind: "cut", from, to, how: pick(random, ["cut", "clogged"] as const), forMs };
}

function drawWeather(atMs: number, forMs: number, { random }: Drawing): Fault {
  const share = (most: number): number => (random.next() < 0.5 ? 0 : random.next() * most);
  return {
    ...{ atMs, kind: "weather", forMs, dropShare: share(0.4), duplicateShare: share(0.5), delayShare: share(0.6) },
    delayMaxMs: pick(random, [20, 400, 3000]),
  };
}

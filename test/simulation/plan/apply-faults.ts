/**
 * Carries out a fault plan on a simulated cluster, and heals everything at its end.
 *
 * Owns: what each kind of fault does.
 * Never: draws anything: the plan says it all.
 */
import type { SimulatedCluster } from "../cluster/cluster.ts";
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import type { SimulatedDisk } from "../world/disk.ts";
import type { Network } from "../world/network.ts";
import type { World } from "../world/world.ts";
import type { CrashPoints } from "./crash-points.ts";
import type { Fault, FaultKind, FaultPlan } from "./fault-plan.ts";

export interface Stage {
  readonly world: World;
  readonly network: Network;
  readonly cluster: SimulatedCluster;
  readonly points: CrashPoints;
  readonly healAtMs: number;
  /** Cancels a job, by its place. */
  readonly cancel: (job: number) => void;
  /** Told when the coordinator has acknowledged that a worker, by its id, is drained. */
  readonly drained: (worker: string) => void;
}

type Handlers = { readonly [Kind in FaultKind]: (fault: Extract<Fault, { kind: Kind }>, stage: Stage) => void };

/** After healing, whoever is down is started within this. */
const RECOVERY_MS = 300;

/** Schedules everything. */
export function applyFaults(plan: FaultPlan, stage: Stage): void {
  const { world } = stage;
  for (const fault of plan.faults) {
    world.schedule(undefined, fault.atMs, () => {
      world.note("fault", JSON.stringify(fault), undefined);
      carryOut(fault, stage);
    });
  }
  world.schedule(undefined, plan.healAtMs, () => {
    world.note("heals", "", undefined);
    heal(stage);
  });
}

function carryOut(fault: Fault, stage: Stage): void {
  const handle = HANDLERS[fault.kind] as (fault: Fault, stage: Stage) => void;
  handle(fault, stage);
}

const HANDLERS: Handlers = {
  crash: ({ node, loses, backAfterMs, lockStaysMs }, stage) => {
    const { cluster } = stage;
    const { level } = cluster.diskOf(node);
    const { holder } = level;
    cluster.kill(node, { losesPower: loses === "power", losesDisk: loses === "disk" });
    if (lockStaysMs > 0) {
      level.holder = holder;
      later(stage, lockStaysMs, () => {
        if (level.holder === holder) level.holder = undefined;
      });
    }
    if (backAfterMs === undefined) cluster.remove(node);
    else later(stage, backAfterMs, () => cluster.start(node));
  },
  crashAt: ({ node, point, count, losesPower, backAfterMs }, stage) => {
    const { world, cluster, points } = stage;
    points.arm(node, point, count, () => {
      world.note("crashes", `${node} ${point}`, undefined);
      cluster.kill(node, { losesPower });
      later(stage, backAfterMs, () => cluster.start(node));
    });
  },
  whenAt: ({ node, point, count, what }, stage) => {
    stage.points.arm(node, point, count, () => {
      stage.world.note("befalls", `${node} ${point} ${what.kind}`, undefined);
      carryOut({ ...what, atMs: stage.world.nowMs }, stage);
    });
  },
  editStorage: ({ node, edits, backAfterMs }, stage) => {
    const { world, cluster } = stage;
    cluster.kill(node);
    cluster.diskOf(node).edit(world, edits);
    later(stage, backAfterMs, () => cluster.start(node));
  },
  stop: ({ node }, { cluster }) => cluster.stop(node),
  stranger: ({ node }, { cluster }) => cluster.addWorker(node),
  pause: ({ node, forMs }, { cluster }) => cluster.residentOf(node)?.process.pause(forMs),
  killActor: ({ node, index }, { world, cluster }) => {
    const running = node === COORDINATOR_NODE ? cluster.coordinator : cluster.workerOf(node);
    const children = running?.children() ?? [];
    const child = children[index % children.length];
    if (child !== undefined) world.schedule(cluster.residentOf(node)?.process, 0, () => running?.kill(child));
  },
  killOften: ({ node, index, times, everyMs }, stage) => {
    const { world, cluster } = stage;
    const runningOn = () => (node === COORDINATOR_NODE ? cluster.coordinator : cluster.workerOf(node));
    const children = runningOn()?.children() ?? [];
    const child = children[index % children.length];
    let left = times;
    const strike = (): void => {
      const running = runningOn();
      if (left === 0 || child === undefined || world.nowMs > stage.healAtMs) return;
      if (running?.children().includes(child)) {
        left -= 1;
        world.schedule(cluster.residentOf(node)?.process, 0, () => running.kill(child));
      }
      later(stage, everyMs, strike);
    };
    strike();
  },
  crashThread: ({ node, index }, { cluster }) => cluster.workerOf(node)?.threads.crashOne(index),
  hangThread: ({ node, index }, { cluster }) => cluster.workerOf(node)?.threads.hangOne(index),
  clockJump: ({ node, byMs }, { cluster }) => cluster.residentOf(node)?.process.jumpClock(byMs),
  slow: ({ node, factor, forMs }, stage) => {
    stage.cluster.slowness.set(node, factor);
    later(stage, forMs, () => stage.cluster.slowness.delete(node));
  },
  slowDisk: ({ node, factor, forMs }, stage) => {
    disturbDisk(stage, { node, forMs }, (disk, isOn) => {
      disk.slowness = isOn ? factor : 1;
    });
  },
  diskFull: ({ node, forMs }, stage) => {
    disturbDisk(stage, { node, forMs }, (disk, isOn) => {
      disk.isFull = isOn;
    });
  },
  syncFails: ({ node }, { cluster }) => {
    cluster.diskOf(node).syncFails = true;
  },
  writeFails: ({ node }, { cluster }) => {
    cluster.diskOf(node).nextWriteFails = true;
  },
  readsFail: ({ node, forMs }, stage) => {
    disturbDisk(stage, { node, forMs }, (disk, isOn) => {
      disk.readsFail = isOn;
    });
  },
  flipBit: ({ node, where }, { world, cluster }) => {
    cluster.diskOf(node).flipBit(world, where);
  },
  flipOnWire: ({ share, forMs }, stage) => {
    stage.cluster.flipShare = share;
    later(stage, forMs, () => {
      stage.cluster.flipShare = 0;
    });
  },
  cut: ({ from, to, how, forMs }, stage) => {
    stage.network.cut(from, to, how);
    later(stage, forMs, () => stage.network.mend(from, to));
  },
  echo: ({ node, withinMs }, { network }) => network.echo(node, withinMs),
  isolate: ({ node, forMs }, stage) => {
    const { network, cluster } = stage;
    const others = [COORDINATOR_NODE, ...cluster.workers].filter((other) => other !== node);
    const links = others.flatMap((other) => [[node, other] as const, [other, node] as const]);
    for (const [from, to] of links) network.cut(from, to, "cut");
    later(stage, forMs, () => {
      for (const [from, to] of links) network.mend(from, to);
    });
  },
  weather: (weather, stage) => {
    stage.network.weather = weather;
    later(stage, weather.forMs, () => stage.network.clear(weather));
  },
  join: ({ node }, { cluster }) => cluster.addWorker(node),
  drain: ({ node }, { world, cluster, drained }) => {
    const worker = cluster.residentOf(node)?.id;
    if (worker === undefined) return;
    cluster.ask((director) => {
      director.drain(worker).then(
        // One that has left already may come again, and stay.
        ({ state }) => state === "left" || drained(worker),
        () => world.note("drain.refused", worker), // It is lost just now.
      );
    });
  },
  leave: ({ node }, { world, cluster }) => {
    const running = cluster.workerOf(node);
    world.schedule(cluster.residentOf(node)?.process, 0, () => running?.drain());
  },
  cancel: ({ job }, { cancel }) => cancel(job),
};

function later({ world }: Stage, delayMs: number, action: () => void): void {
  world.schedule(undefined, delayMs, action);
}

function disturbDisk(
  stage: Stage,
  { node, forMs }: { readonly node: string; readonly forMs: number },
  set: (disk: SimulatedDisk, isOn: boolean) => void,
): void {
  const disk = stage.cluster.diskOf(node);
  set(disk, true);
  later(stage, forMs, () => set(disk, false));
}

function heal({ world, network, cluster, points }: Stage): void {
  points.clear();
  network.heal();
  cluster.slowness.clear();
  cluster.flipShare = 0;
  for (const node of [COORDINATOR_NODE, ...cluster.workers]) {
    const disk = cluster.diskOf(node);
    disk.isFull = false;
    disk.readsFail = false;
    disk.nextWriteFails = false;
    disk.slowness = 1;
    world.schedule(undefined, world.between(0, RECOVERY_MS), () => cluster.start(node));
  }
}

/**
 * Carries out a fault plan on a cluster of processes, and heals everything at its end.
 *
 * Owns: what each kind of fault is on processes; which of them found somebody to strike.
 * Never: is given a kind that processes cannot show; see `shown-faults.ts`.
 *
 * S1. Times are those of the plan, from when the cluster serves.
 */
import type { Random } from "../../../runtime/random.ts";
import { COORDINATOR_NODE } from "../cluster/coordinator-process.ts";
import type { Fault, FaultKind, FaultPlan } from "../plan/fault-plan.ts";
import { FaultsAtPoints } from "./faults-at-points.ts";
import { flipSegmentBit } from "./flip-segment-bit.ts";
import type { RealCluster } from "./real-cluster.ts";

export interface StrikingOptions {
  readonly plan: FaultPlan;
  readonly cluster: RealCluster;
  readonly random: Random;
  /** Steers the cluster from outside; false if it could not be asked, or refused. */
  readonly drain: (worker: string) => Promise<boolean>;
  readonly cancel: (job: number) => Promise<boolean>;
}

type Of<Kind extends FaultKind> = Extract<Fault, { readonly kind: Kind }>;

export class Striking {
  /** Faults that found somebody to strike, by kind. */
  readonly shown: FaultKind[] = [];
  readonly #options: StrikingOptions;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #points: FaultsAtPoints;
  readonly #slow = new Map<string, number>();
  #isOver = false;

  constructor(options: StrikingOptions) {
    const { plan, cluster } = options;
    this.#options = options;
    this.#points = new FaultsAtPoints(cluster);
    for (const fault of plan.faults) {
      this.#later(fault.atMs, async () => {
        if (await this.#strike(fault)) this.shown.push(fault.kind);
      });
    }
    this.#later(plan.healAtMs, () => this.#heal());
    cluster.onBegun = (node) => this.#begun(node);
    cluster.onStanding = (node, mark) => this.#stands(node, mark);
    cluster.onEnded = (node) => this.#died(node);
  }

  stop(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #later(delayMs: number, action: () => unknown): void {
    if (this.#isOver) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void action();
    }, delayMs);
    this.#timers.add(timer);
  }

  async #strike(fault: Fault): Promise<boolean> {
    const { cluster, cancel, drain, random } = this.#options;
    const { lines, links } = cluster;
    switch (fault.kind) {
      case "crash":
        return await this.#crash(fault);
      case "crashAt":
      case "whenAt":
        this.#points.arm(fault);
        return false; // It is shown when somebody gets there.
      case "pause":
        return this.#pause(fault);
      case "killActor":
        return (await lines.give(fault.node, { kind: "killActor", index: fault.index })) !== undefined;
      case "killOften":
        return await this.#killOften(fault);
      case "crashThread":
      case "hangThread":
        return (await lines.give(fault.node, { kind: fault.kind, index: fault.index })) !== undefined;
      case "slow":
        return this.#slowDown(fault);
      case "cut":
        links.cut(fault.from, fault.to, fault.how);
        this.#later(fault.forMs, () => links.mend(fault.from, fault.to));
        return true;
      case "isolate":
        return this.#isolate(fault);
      case "weather":
        links.blow(fault);
        this.#later(fault.forMs, () => links.blow(undefined));
        return true;
      case "join":
        await cluster.addWorker(fault.node);
        return true;
      case "drain":
        return await drain(fault.node);
      case "stranger":
        await cluster.addWorker(fault.node);
        return true;
      case "leave":
      case "stop":
        cluster.leave(fault.node);
        return true;
      case "cancel":
        return await cancel(fault.job);
      case "flipBit":
        return flipSegmentBit(cluster.directoryOf(fault.node), random);
      default:
        throw new Error(`processes do not show ${fault.kind}`);
    }
  }

  async #crash({ node, loses, backAfterMs }: Of<"crash">): Promise<boolean> {
    const { cluster } = this.#options;
    const killed = cluster.kill(node, { losesDisk: loses === "disk" });
    if (backAfterMs === undefined) cluster.remove(node);
    else this.#later(backAfterMs, () => killed.then(() => cluster.start(node)));
    return await killed;
  }

  #begun(node: string): void {
    const { lines } = this.#options.cluster;
    this.#points.begun(node);
    const factor = this.#slow.get(node);
    if (factor !== undefined) void lines.give(node, { kind: "slow", factor });
  }

  /** True if it died at a point, and has its time to be back. */
  #died(node: string): boolean {
    const fault = this.#points.died(node);
    if (fault === undefined) return false;
    this.shown.push(fault.kind);
    this.#later(fault.backAfterMs, () => this.#options.cluster.start(node));
    return true;
  }

  #stands(node: string, mark: string): void {
    const fault = this.#points.stood(mark);
    if (fault === undefined || !("forMs" in fault.what)) return;
    this.shown.push(fault.kind);
    this.#continueAfter(node, fault.what.forMs);
  }

  #pause({ node, forMs }: Of<"pause">): boolean {
    const isDone = this.#options.cluster.signal(node, "SIGSTOP");
    this.#continueAfter(node, forMs);
    return isDone;
  }

  #continueAfter(node: string, forMs: number): void {
    const { cluster } = this.#options;
    const pid = cluster.lines.pidOf(node);
    this.#later(forMs, () => {
      if (cluster.lines.pidOf(node) === pid) cluster.signal(node, "SIGCONT");
    });
  }

  async #killOften({ node, index, times, everyMs }: Of<"killOften">): Promise<boolean> {
    const { lines } = this.#options.cluster;
    const child = await lines.give(node, { kind: "killActor", index });
    if (child === undefined) return false;
    let left = times - 1;
    const again = async (): Promise<void> => {
      if (left === 0) return;
      if ((await lines.give(node, { kind: "killNamed", child })) !== undefined) left -= 1;
      this.#later(everyMs, again);
    };
    this.#later(everyMs, again);
    return true;
  }

  #slowDown({ node, factor, forMs }: Of<"slow">): boolean {
    const { lines } = this.#options.cluster;
    this.#slow.set(node, factor);
    void lines.give(node, { kind: "slow", factor });
    this.#later(forMs, () => {
      this.#slow.delete(node);
      void lines.give(node, { kind: "slow", factor: 1 });
    });
    return true;
  }

  #isolate({ node, forMs }: Of<"isolate">): boolean {
    const { cluster } = this.#options;
    const others = [COORDINATOR_NODE, ...cluster.workers].filter((other) => other !== node);
    const ways = others.flatMap((other) => [[node, other] as const, [other, node] as const]);
    for (const [from, to] of ways) cluster.links.cut(from, to, "cut");
    this.#later(forMs, () => {
      for (const [from, to] of ways) cluster.links.mend(from, to);
    });
    return true;
  }

  #heal(): void {
    const { cluster } = this.#options;
    this.#points.clear();
    this.#slow.clear();
    cluster.links.heal();
    for (const node of [COORDINATOR_NODE, ...cluster.workers]) {
      void cluster.lines.give(node, { kind: "disarm" });
      void cluster.lines.give(node, { kind: "slow", factor: 1 });
      cluster.start(node);
    }
  }
}

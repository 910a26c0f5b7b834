/**
 * The root supervisor of a process, whatever stands below it.
 *
 * Owns: the root's strategy, and when a process has to give up.
 * Never: knows a machine; the sides of the tree do.
 */
import { createActor } from "xstate";
import type { Clock } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import { type SupervisorRef, supervisorLogic } from "../runtime/supervision/machine.ts";
import type { SupervisorNotice } from "../runtime/supervision/messages.ts";
import { type ChildSpecification, type Intensity, specifyChild } from "../runtime/supervision/specification.ts";
import type { Transport } from "../runtime/transport/transport.ts";
import { type MessageCodec, Switchboard, type SwitchboardOptions } from "./switchboard.ts";

export interface ProcessRootOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly codec?: MessageCodec;
  /** See `SwitchboardOptions`. */
  readonly onMalformed?: SwitchboardOptions["onMalformed"];
  /** Restarts of one child within the supervisors' window; more end its supervisor. For runs that kill on purpose. */
  readonly restartsMax?: number;
  /** A supervisor gave up: nothing can go on. */
  readonly onBroken: (error: unknown) => void;
  readonly onNotice?: (supervisor: string, notice: SupervisorNotice) => void;
}

export interface ProcessRoot {
  readonly board: Switchboard;
  /** A supervisor (one_for_one) for children that are started later. */
  supervisor(id: string, observer?: (notice: SupervisorNotice) => void): ChildSpecification;
  /** Starts the children (rest_for_one); `observer` is told of them. */
  start(children: readonly ChildSpecification[], observer: (notice: SupervisorNotice) => void): void;
  /** Names of everything that can be killed, as `supervisor/child`. */
  children(): string[];
  /** Reports a child as lost to its supervisor, which restarts it: for chaos and tests. */
  kill(child: string, reason: string): void;
  /** Stops everything, the last child first. */
  stop(): Promise<void>;
}

export function createProcessRoot(options: ProcessRootOptions): ProcessRoot {
  const { clock, random, transport, codec, onMalformed, restartsMax, onBroken, onNotice } = options;
  const intensity: Partial<Intensity> = restartsMax === undefined ? {} : { restartsMax };
  let root: SupervisorRef | undefined;
  const rootOf = (): SupervisorRef => root as SupervisorRef;
  const board = new Switchboard({ clock, transport, codec, onMalformed, root: rootOf });
  const supervisors = new Set<string>();
  return {
    board,
    supervisor: (id, observer) => {
      supervisors.add(id);
      const note = (notice: SupervisorNotice): void => {
        board.note(id, notice);
        observer?.(notice);
        onNotice?.(id, notice);
      };
      return specifyChild({
        id,
        logic: supervisorLogic,
        input: () => ({ clock, random, intensity, observer: note }),
      });
    },
    start: (children, observer) => {
      const note = (notice: SupervisorNotice): void => {
        board.note("root", notice);
        onNotice?.("root", notice);
        observer(notice);
        // A supervisor that gave up has a story of its own; to begin it again from the start would only make it longer.
        const gaveUp = notice.type === "child.exited" && supervisors.has(notice.id);
        if (gaveUp && notice.reason.kind === "crashed") onBroken(notice.reason.error);
      };
      const input = { clock, random, intensity, strategy: "rest_for_one", children, observer: note } as const;
      root = createActor(supervisorLogic, { input, clock });
      root.subscribe({ error: onBroken });
      root.start();
    },
    children: () => board.children(),
    kill: (child, reason) => board.kill(child, reason),
    stop: async () => {
      board.close();
      if (root?.getSnapshot().status !== "active") return;
      await new Promise<void>((resolve) => {
        root?.subscribe({ complete: resolve, error: () => resolve() });
        root?.send({ type: "supervisor.stop" });
      });
    },
  };
}

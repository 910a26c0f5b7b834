/**
 * The supervisor's book of its children: their records, the start order, and the group that is being restarted.
 *
 * Owns: the shape of the book and of the effects that a change in it asks for.
 * Never: decides; `commands.ts`, `deaths.ts` and `groups.ts` do, and `machine.ts` carries their effects out.
 *
 * R1. A record's incarnation rises with every restart, and what an older incarnation reports changes nothing.
 * R2. Children are terminated in reverse start order and started in start order; a restart keeps a child's place.
 * R3. The end of a child that is being stopped is no death: it is neither counted nor restarted.
 * R4. One child's start, death or restart costs the same however many siblings it has; a group's costs its children.
 *
 * The roster is mutated in place, by its supervisor alone: copying it at every event would break R4.
 */
import type { SupervisorInput, SupervisorNotice } from "./messages.ts";
import type { NurseryCommand } from "./nursery.ts";
import type { Backoff, ChildSpecification, Intensity, Strategy } from "./specification.ts";
import { BACKOFF, INTENSITY, POISON_DEATHS_MAX } from "./specification.ts";
import type { ChildExit, Death, SupervisionError } from "./supervision-error.ts";

export type Effect =
  | { readonly kind: "notice"; readonly notice: SupervisorNotice }
  | { readonly kind: "command"; readonly command: NurseryCommand }
  | { readonly kind: "raise"; readonly type: "group.restart" | "supervisor.fail" };

export interface ChildRecord {
  readonly specification: ChildSpecification;
  /** Its place in the start order. */
  readonly order: number;
  /** Of the running actor, or else of the coming or the last one. */
  incarnation: number;
  /** `enrolled`: it joins a group that is to be started. */
  phase: "enrolled" | "waiting" | "running" | "stopping" | "ended";
  /** Asked to be stopped for good. */
  removing: boolean;
  restartsWithoutProgress: number;
  /** Deaths answered by a restart, as far as they count for the intensity. */
  deaths: readonly Death[];
  workingOn: string | undefined;
  suspects: ReadonlyMap<string, number>;
}

interface Group {
  readonly members: Set<ChildRecord>;
  delayMs: number;
  reason: ChildExit;
}

interface Rules {
  readonly strategy: Strategy;
  readonly intensity: Intensity;
  readonly backoff: Backoff;
  readonly poisonDeathsMax: number;
  readonly restartsWithoutProgressMax: number;
}

export interface Roster {
  readonly rules: Rules;
  /** By id, in start order. */
  readonly children: Map<string, ChildRecord>;
  nextOrder: number;
  /** Deaths of any child that count for the intensity, if it is counted for the whole supervisor. */
  deaths: readonly Death[];
  /** The latest deaths, for the story. */
  recent: Death[];
  group: Group | undefined;
  /** Of the latest order to terminate. */
  ticket: number;
  error: SupervisionError | undefined;
}

export function createRoster(input: SupervisorInput): Roster {
  return {
    rules: {
      strategy: input.strategy ?? "one_for_one",
      intensity: { ...INTENSITY, ...input.intensity },
      backoff: { ...BACKOFF, ...input.backoff },
      poisonDeathsMax: input.poisonDeathsMax ?? POISON_DEATHS_MAX,
      restartsWithoutProgressMax: input.restartsWithoutProgressMax ?? Number.POSITIVE_INFINITY,
    },
    children: new Map(),
    nextOrder: 0,
    deaths: [],
    recent: [],
    group: undefined,
    ticket: 0,
    error: undefined,
  };
}

export function enrol(roster: Roster, specification: ChildSpecification): ChildRecord {
  const record: ChildRecord = {
    specification,
    order: roster.nextOrder,
    incarnation: specification.firstIncarnation ?? 1,
    phase: "enrolled",
    removing: false,
    restartsWithoutProgress: 0,
    deaths: [],
    workingOn: undefined,
    suspects: new Map(),
  };
  roster.nextOrder += 1;
  roster.children.set(specification.id, record);
  return record;
}

export function forget(roster: Roster, record: ChildRecord): Effect[] {
  roster.children.delete(record.specification.id);
  return [];
}

export function currentRecord(roster: Roster, of: { id: string; incarnation: number }): ChildRecord | undefined {
  const record = roster.children.get(of.id);
  return record?.incarnation === of.incarnation ? record : undefined;
}

export function startAfter(records: readonly ChildRecord[], delayMs: number): Effect {
  const births = records.map((record) => {
    record.phase = "waiting";
    return { specification: record.specification, incarnation: record.incarnation };
  });
  return { kind: "command", command: { type: "nursery.start", births, delayMs } };
}

export function exited(of: { id: string; incarnation: number }, reason: ChildExit): Effect {
  return { kind: "notice", notice: { type: "child.exited", id: of.id, incarnation: of.incarnation, reason } };
}

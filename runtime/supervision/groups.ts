/**
 * Terminates and starts several children in order: a group that is restarted together, or all of them at the end.
 *
 * Owns: who belongs to a group, and its growth while it is being terminated.
 * Never: touches an actor; it answers with effects.
 */
import { isInGroup } from "./decide.ts";
import { type ChildRecord, type Effect, type Roster, startAfter } from "./roster.ts";
import type { ChildExit } from "./supervision-error.ts";

/** Has the group of a dead child terminated; a group that is under way already grows. */
export function gather(roster: Roster, dead: ChildRecord, cause: { delayMs: number; reason: ChildExit }): Effect[] {
  roster.group ??= { members: new Set(), ...cause };
  roster.group.delayMs = Math.max(roster.group.delayMs, cause.delayMs);
  const siblings: ChildRecord[] = [];
  for (const sibling of roster.children.values()) {
    if (!isInGroup(roster.rules.strategy, { ofDead: dead.order, ofSibling: sibling.order })) continue;
    roster.group.members.add(sibling);
    siblings.push(sibling);
  }
  return [terminate(roster, siblings), { kind: "raise", type: "group.restart" }];
}

function terminate(roster: Roster, records: readonly ChildRecord[]): Effect {
  const ids: string[] = [];
  for (const record of records) {
    if (record.phase === "ended" || record.phase === "enrolled") continue;
    record.phase = "stopping";
    ids.push(record.specification.id);
  }
  roster.ticket += 1;
  return { kind: "command", command: { type: "nursery.terminate", ids: ids.reverse(), ticket: roster.ticket } };
}

/** Terminates every child; `nursery.terminated` with the roster's ticket follows. */
export function terminateAll(roster: Roster): Effect[] {
  roster.group = undefined;
  return [terminate(roster, [...roster.children.values()])];
}

/** Starts the group that has been terminated, in start order, after its backoff. */
export function startGroup(roster: Roster): Effect[] {
  const { group } = roster;
  roster.group = undefined;
  if (group === undefined) return [];
  const { delayMs, reason } = group;
  const born = [...group.members]
    .filter((record) => roster.children.get(record.specification.id) === record)
    .sort((left, right) => left.order - right.order);
  if (born.length === 0) return [];
  const effects: Effect[] = [];
  for (const record of born) {
    if (record.phase === "enrolled") continue;
    record.incarnation += 1;
    effects.push(restarting(record, delayMs, reason));
  }
  return [...effects, startAfter(born, delayMs)];
}

export function restarting(record: ChildRecord, delayMs: number, reason: ChildExit): Effect {
  const { specification, incarnation } = record;
  return { kind: "notice", notice: { type: "child.restarting", id: specification.id, incarnation, delayMs, reason } };
}

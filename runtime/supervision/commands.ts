/**
 * What a supervisor does when it is told to start, stop or kill a child, and when a child reports.
 *
 * Owns: every change of the roster that is not due to a death.
 * Never: touches an actor; it answers with effects.
 */
import type { SupervisorCommand } from "./messages.ts";
import type { NurseryReport } from "./nursery.ts";
import {
  type ChildRecord,
  currentRecord,
  type Effect,
  enrol,
  exited,
  forget,
  type Roster,
  startAfter,
} from "./roster.ts";
import type { ChildSpecification } from "./specification.ts";
import type { ChildExit } from "./supervision-error.ts";

/** Enrols children and starts them in this order; while a group restarts, they join it. */
export function startChildren(roster: Roster, specifications: readonly ChildSpecification[]): Effect[] {
  const effects: Effect[] = [];
  const enrolled: ChildRecord[] = [];
  for (const specification of specifications) {
    if (roster.children.has(specification.id)) {
      effects.push(...refuse(specification.id, "already present"));
      continue;
    }
    const record = enrol(roster, specification);
    if (roster.group === undefined) enrolled.push(record);
    else roster.group.members.add(record);
  }
  if (enrolled.length > 0) effects.push(startAfter(enrolled, 0));
  return effects;
}

export function refuse(id: string, reason: "already present" | "shutting down"): Effect[] {
  return [{ kind: "notice", notice: { type: "child.refused", id, reason } }];
}

export function stopChild(roster: Roster, id: string): Effect[] {
  const record = roster.children.get(id);
  if (record === undefined) return [];
  if (record.phase === "ended" || record.phase === "enrolled") {
    forget(roster, record);
    return [];
  }
  record.removing = true;
  record.phase = "stopping";
  return [{ kind: "command", command: { type: "nursery.stop", id } }];
}

export function loseChild(roster: Roster, event: Extract<SupervisorCommand, { type: "child.lost" }>): Effect[] {
  const record = roster.children.get(event.id);
  if (record === undefined || (event.incarnation ?? record.incarnation) !== record.incarnation) return [];
  const exit: ChildExit = { kind: "lost", reason: event.reason };
  return [{ kind: "command", command: { type: "nursery.kill", id: event.id, exit } }];
}

export function noteWork(roster: Roster, event: { id: string; incarnation: number; inputId: string }): void {
  const record = currentRecord(roster, event);
  if (record !== undefined) record.workingOn = event.inputId;
}

export function noteProgress(roster: Roster, event: { id: string; incarnation: number; inputId?: string }): void {
  const record = currentRecord(roster, event);
  if (record === undefined) return;
  record.restartsWithoutProgress = 0;
  record.workingOn = undefined;
  if (event.inputId === undefined || !record.suspects.has(event.inputId)) return;
  const suspects = new Map(record.suspects);
  suspects.delete(event.inputId);
  record.suspects = suspects;
}

export function noteStarted(roster: Roster, report: { id: string; incarnation: number }): Effect[] {
  const record = currentRecord(roster, report);
  if (record?.phase === "waiting") record.phase = "running";
  return [{ kind: "notice", notice: { type: "child.started", id: report.id, incarnation: report.incarnation } }];
}

/** A child is gone that was asked to stop. */
export function noteStopped(roster: Roster, report: Extract<NurseryReport, { type: "nursery.stopped" }>): Effect[] {
  const record = currentRecord(roster, report);
  if (record !== undefined) {
    record.phase = "ended";
    record.workingOn = undefined;
    if (record.removing || record.specification.restart === "temporary") forget(roster, record);
  }
  return report.exit === undefined ? [] : [exited(report, report.exit)];
}

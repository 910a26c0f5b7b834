/**
 * What a supervisor does when a child died.
 *
 * Owns: applying `decide.ts` to the roster, and telling the story if the supervisor fails.
 * Never: touches an actor; it answers with effects.
 */
import type { Random } from "../random.ts";
import { noteStopped } from "./commands.ts";
import { backoffMs, countDeath, decideExit, withinWindow } from "./decide.ts";
import { gather, restarting } from "./groups.ts";
import type { NurseryReport } from "./nursery.ts";
import { type ChildRecord, currentRecord, type Effect, exited, forget, type Roster, startAfter } from "./roster.ts";
import type { Intensity } from "./specification.ts";
import type { SupervisionErrorCode } from "./supervision-error.ts";
import { type ChildExit, type Death, describeExit, SupervisionError } from "./supervision-error.ts";

/** Deaths that a story tells at most, besides those in the window that overflowed. */
export const STORY_DEATHS_MAX = 256;

/** A child ended that was not asked to. */
export function noteDied(
  roster: Roster,
  report: Extract<NurseryReport, { type: "nursery.died" }>,
  now: { readonly nowMs: number; readonly random: Random },
): Effect[] {
  const record = currentRecord(roster, report);
  if (record === undefined) return [];
  if (record.phase === "stopping") return noteStopped(roster, { ...report, type: "nursery.stopped" });
  const { id, incarnation, exit } = report;
  const death: Death = { child: id, incarnation, reason: exit, atMs: now.nowMs };
  const poisonedBy = countPoison(roster, record, exit);
  record.phase = "ended";
  record.workingOn = undefined;
  return [exited(report, exit), ...answer(roster, record, { death, poisonedBy, random: now.random })];
}

interface Circumstances {
  readonly death: Death;
  readonly poisonedBy: string | undefined;
  readonly random: Random;
}

function answer(roster: Roster, record: ChildRecord, circumstances: Circumstances): Effect[] {
  const { rules } = roster;
  const { death, poisonedBy } = circumstances;
  const exit = death.reason;
  if (exit.kind === "stopped") return [];
  const counted = rules.intensity.per === "child" ? record.deaths : roster.deaths;
  const window = withinWindow([...counted, death], death.atMs, rules.intensity);
  const decision = decideExit({
    strategy: rules.strategy,
    restart: record.specification.restart ?? "transient",
    exit: exit.kind,
    poisoned: poisonedBy !== undefined,
    restartsInWindow: window.length,
    restartsMax: rules.intensity.restartsMax,
    restartsWithoutProgress: record.restartsWithoutProgress + 1,
    restartsWithoutProgressMax: rules.restartsWithoutProgressMax,
  });
  if (decision !== "forget" && decision !== "keep") remember(roster, death);
  const fail = (code: SupervisionErrorCode, told: string): SupervisionError =>
    new SupervisionError(code, `child ${JSON.stringify(death.child)} ${told}`, story(roster, window));
  const poison = (): SupervisionError =>
    fail("POISONED_INPUT", `died ${rules.poisonDeathsMax} times with input ${JSON.stringify(poisonedBy)}`);
  switch (decision) {
    case "keep":
      return [];
    case "forget":
      return forget(roster, record);
    case "abandon":
      return [...forget(roster, record), gaveUp(death, exit.kind === "crashed" ? exit.error : undefined)];
    case "abandon-poisoned":
      return [...forget(roster, record), gaveUp(death, poison())];
    case "escalate-poisoned": {
      const error = poison();
      return [gaveUp(death, error), ...escalate(roster, error)];
    }
    case "escalate-intensity":
      return escalate(roster, fail("RESTART_INTENSITY_EXCEEDED", tooMany(rules.intensity, exit)));
    case "escalate-no-progress":
      return escalate(roster, fail("NO_PROGRESS", `was restarted ${record.restartsWithoutProgress} times in vain`));
    case "restart":
    case "restart-group":
      if (rules.intensity.per === "child") record.deaths = window;
      else roster.deaths = window;
      return restart(roster, record, { ...circumstances, together: decision === "restart-group" });
  }
}

function tooMany({ per, restartsMax, withinMs }: Intensity, last: ChildExit): string {
  const often = `more than ${restartsMax} times within ${withinMs} ms; the last time it ${describeExit(last)}`;
  return per === "child" ? `ended ${often}` : `or its siblings ended ${often}`;
}

function restart(roster: Roster, record: ChildRecord, how: Circumstances & { together: boolean }): Effect[] {
  record.restartsWithoutProgress += 1;
  const backoff = { ...roster.rules.backoff, ...record.specification.backoff };
  const delayMs = backoffMs(backoff, record.restartsWithoutProgress, how.random.next());
  const { reason } = how.death;
  if (how.together) return gather(roster, record, { delayMs, reason });
  record.incarnation += 1;
  record.phase = "waiting";
  return [restarting(record, delayMs, reason), startAfter([record], delayMs)];
}

function escalate(roster: Roster, error: SupervisionError): Effect[] {
  roster.error = error;
  return [
    { kind: "notice", notice: { type: "supervisor.failed", error } },
    { kind: "raise", type: "supervisor.fail" },
  ];
}

function countPoison(roster: Roster, record: ChildRecord, exit: ChildExit): string | undefined {
  const inputId = record.workingOn;
  if (inputId === undefined || exit.kind === "completed") return undefined;
  record.suspects = countDeath(record.suspects, inputId);
  return (record.suspects.get(inputId) ?? 0) >= roster.rules.poisonDeathsMax ? inputId : undefined;
}

function remember(roster: Roster, death: Death): void {
  roster.recent.push(death);
  if (roster.recent.length >= 2 * STORY_DEATHS_MAX) roster.recent = roster.recent.slice(-STORY_DEATHS_MAX);
}

function story(roster: Roster, window: readonly Death[]): Death[] {
  const deaths = new Set([...roster.recent.slice(-STORY_DEATHS_MAX), ...window]);
  return [...deaths].sort((left, right) => left.atMs - right.atMs);
}

function gaveUp({ child, incarnation, reason }: Death, error: unknown): Effect {
  return { kind: "notice", notice: { type: "child.gaveUp", id: child, incarnation, reason, error } };
}

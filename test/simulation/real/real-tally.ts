/**
 * Counts what runs on real processes have shown.
 *
 * Owns: the report.
 */
import type { BothWays } from "./both-ways.ts";

export class RealTally {
  readonly #runs: BothWays[] = [];
  #brokenCount = 0;

  add(run: BothWays): void {
    this.#runs.push(run);
  }

  /** One that could not be run to its end. */
  addBroken(): void {
    this.#brokenCount += 1;
  }

  /** Runs that differ, or broke. */
  get wrongCount(): number {
    return this.#differenceCount + this.#brokenCount;
  }

  report(): string {
    const planned = this.#runs.flatMap((run) => run.planned);
    const shown = this.#runs.flatMap((run) => run.shown);
    const leftOut = this.#runs.flatMap((run) => run.leftOut);
    const idle = without(planned, [...shown, ...leftOut]);
    const races = this.#runs.reduce((sum, { raceCount }) => sum + raceCount, 0);
    return [
      `${this.#runs.length + this.#brokenCount} runs: ${this.#differenceCount} differ, ${this.#brokenCount} broke`,
      `jobs on processes: ${counted(this.#runs.flatMap(({ states }) => states))}; ${races} ended otherwise, as they may`,
      `of ${planned.length} faults ${shown.length} were shown on processes: ${counted(shown)}`,
      `${leftOut.length} are of kinds that processes cannot show: ${counted(leftOut)}`,
      `${idle.length} found nobody to strike, or came after the jobs' end: ${counted(idle)}`,
    ].join("\n");
  }

  get #differenceCount(): number {
    return this.#runs.filter(({ differences }) => differences.length > 0).length;
  }
}

function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([one, first], [two, second]) => second - first || (one < two ? -1 : 1));
  return sorted.map(([name, count]) => `${name} ${count}`).join(", ");
}

/** Of equal ones, as many fewer as there are in `others`. */
function without(names: readonly string[], others: readonly string[]): string[] {
  const left = [...names];
  for (const name of others) {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}

/**
 * Whoever reads a log that was edited from below says so: E1 of `world/journal-edits.ts`.
 */
import type { Resident, Watch } from "../cluster/watch.ts";
import type { Problems } from "./problems.ts";

export class DiscoveriesCheck implements Watch {
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  unnoticed({ process }: Resident, actor: string): void {
    this.#problems.report(
      "discoveries",
      `${process.name} reads the log of ${actor}, which was edited, and tells nothing`,
    );
  }
}

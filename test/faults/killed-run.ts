/**
 * A run that was killed at a certain moment, and its data directory, to be damaged and resumed as often as one likes.
 *
 * Owns: the job, the undisturbed result, the copies of directories, and how the end of a resumed run is judged.
 */
import { cpSync, existsSync, rmSync } from "node:fs";
import path from "node:path";
import type { ExecutionContext } from "ava";
import { CommandStage, HELD } from "../cli/command.ts";

/** Rows of the input; enough for dozens of splits, little enough for thousands of runs. */
const ROWS = 40_000;
const PROGRAM = {
  partitions: 4,
  onError: "reject",
  operations: [
    { operator: "map", expression: "v == 77 ? v / 0 : v * 3" },
    { operator: "changeKey", expression: "v % 5000" },
    { operator: "reduce", expression: "median(V) + count(V)" },
    { operator: "changeKey", expression: "v % 700" },
    { operator: "reduce", expression: "sum(V)" },
  ],
};
const RUN = ["run", "program.json", "--input", "rows.csv", "--output", "result.csv", "--data-dir", "state", "--json"];

/** The moment of the kill: when the first task of this kind is about to run. */
export const KILL_MOMENTS = ["reduce", "planRanges", "range"] as const;

/** What must never be: `wrong` bytes, a `hang`, a death without a word. */
export interface ResumeEnd {
  readonly kind: "right" | "error" | "wrong" | "hang" | "died";
  /** Of an error; else what was found and computed again. */
  readonly detail: string;
}

export class KilledRun {
  readonly #stage: CommandStage;
  readonly #result: { readonly output: string; readonly rejects: string };

  private constructor(stage: CommandStage, result: { output: string; rejects: string }) {
    this.#stage = stage;
    this.#result = result;
  }

  static async make(t: Pick<ExecutionContext, "teardown">): Promise<KilledRun> {
    const stage = new CommandStage(t);
    const rows = Array.from({ length: ROWS }, (_, row) =>
      row % 3001 === 7 ? "no pair" : `${row},${(row * 7919) % 30011}`,
    );
    stage.write({ "program.json": PROGRAM, "rows.csv": `${rows.join("\n")}\n` });
    const { status, stderr } = stage.run(RUN);
    if (status !== 0) throw new Error(stderr);
    const run = new KilledRun(stage, {
      output: stage.read("result.csv"),
      rejects: stage.read("result.csv.rejects.ndjson"),
    });
    for (const moment of KILL_MOMENTS) await run.#killAt(moment);
    return run;
  }

  get dataDirectory(): string {
    return path.join(this.#stage.directory, "state");
  }

  /** Has the data directory of a run that was killed at that moment lie there, and no result. */
  restore(moment: (typeof KILL_MOMENTS)[number]): void {
    for (const name of ["state", "result.csv", "result.csv.rejects.ndjson"]) this.#remove(name);
    cpSync(path.join(this.#stage.directory, `killed-${moment}`), this.dataDirectory, { recursive: true });
  }

  /** Gives the same command again. */
  resume(): ResumeEnd {
    const { status, signal, stdout, stderr } = this.#stage.run(RUN);
    if (signal === "SIGKILL") return { kind: "hang", detail: stderr };
    if (signal !== null) return { kind: "died", detail: `${signal} ${stderr.slice(0, 500)}` };
    const report = parseReport(stdout);
    if (report === undefined) return { kind: "died", detail: `exit ${status}: ${stderr.slice(0, 500)}` };
    if (status !== 0) return this.#judgeError(report);
    const isRight = this.#isRight("result.csv", this.#result.output);
    const areRejectsRight = this.#isRight("result.csv.rejects.ndjson", this.#result.rejects);
    if (isRight && areRejectsRight) return { kind: "right", detail: JSON.stringify(report.repaired) };
    return { kind: "wrong", detail: JSON.stringify(report) };
  }

  /** An error must have a name, and leave nothing where the result would be. */
  #judgeError({ error }: Report): ResumeEnd {
    if (existsSync(path.join(this.#stage.directory, "result.csv"))) return { kind: "wrong", detail: "partial output" };
    const code = error?.code ?? "";
    return code === "" || code === "BUG" || code === "RESTARTS_EXHAUSTED"
      ? { kind: "died", detail: JSON.stringify(error) }
      : { kind: "error", detail: code };
  }

  #isRight(name: string, expected: string): boolean {
    return existsSync(path.join(this.#stage.directory, name)) && this.#stage.read(name) === expected;
  }

  async #killAt(moment: (typeof KILL_MOMENTS)[number]): Promise<void> {
    const held = this.#stage.start(RUN, { tamper: `hold:${moment}` });
    await held.said(HELD);
    held.process.kill("SIGKILL");
    await held.end;
    cpSync(this.dataDirectory, path.join(this.#stage.directory, `killed-${moment}`), { recursive: true });
    this.#remove("state");
  }

  #remove(name: string): void {
    rmSync(path.join(this.#stage.directory, name), { recursive: true, force: true });
  }
}

interface Report {
  readonly status: string;
  readonly repaired?: object;
  readonly error?: { readonly code: string };
}

function parseReport(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

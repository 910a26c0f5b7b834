/**
 * The command on a disk that is too small, or that fails: how it ends, and how the same command ends when that is over.
 *
 * Owns: the job, mounting a small disk, calling the command under strace(1), and the judgement.
 */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const HANG_MS = 300_000;
const KEYS = 150_000;
const PROGRAM = {
  partitions: 2,
  operations: [
    { operator: "map", expression: "v * 1000003" },
    { operator: "reduce", function: "MEDIAN" },
  ],
};

export interface FaultEnd {
  /** `right`: the fault was not met, or was got over. `error`: told by name, and no partial result lies anywhere. */
  readonly kind: "right" | "error" | "wrong" | "hang" | "died";
  /** The error's code; else what standard error says. */
  readonly detail: string;
  /** The same command without the fault: the right result. */
  readonly isResumedRight: boolean;
  readonly tasksTakenOver: number;
}

interface Places {
  readonly dataDirectory: string;
  readonly output: string;
}

export class FaultyCommand {
  readonly #directory: string;
  readonly #expected: string;

  /** In a directory that is empty. */
  constructor(directory: string) {
    this.#directory = directory;
    const keys = Array.from({ length: KEYS }, (_, key) => key);
    writeFileSync(path.join(directory, "program.json"), JSON.stringify(PROGRAM));
    writeFileSync(path.join(directory, "rows.csv"), keys.map((key) => `${key},${(key * 31) % 1009}\n`).join(""));
    this.#expected = keys.map((key) => `${key},${((key * 31) % 1009) * 1000003}\n`).join("");
  }

  /** `disk` is a directory to be mounted upon; `on` says what lies there. Undefined: mounting is not allowed. */
  onSmallDisk(disk: string, on: readonly ("data" | "output")[], bytes: number): FaultEnd | string {
    mkdirSync(disk, { recursive: true });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", disk], { encoding: "utf8" });
    if (mounted.status !== 0) return `no tmpfs can be mounted: ${mounted.stderr || mounted.error?.message}`;
    try {
      const place = (name: string, kind: "data" | "output"): string =>
        path.join(on.includes(kind) ? disk : this.#directory, name);
      const places = { dataDirectory: place("state", "data"), output: place("result.csv", "output") };
      return this.#tryTwice(places, [], () => spawnSync("mount", ["-o", "remount,size=256m", disk]));
    } finally {
      spawnSync("umount", [disk]);
    }
  }

  /** Some calls of the system fail; undefined: there is no strace. `only` names a file below the data directory. */
  withFailing(call: string, when: string, only?: string): FaultEnd | string {
    if (spawnSync("strace", ["-V"]).status !== 0) return "there is no strace";
    const places = {
      dataDirectory: path.join(this.#directory, "state"),
      output: path.join(this.#directory, "result.csv"),
    };
    const paths = only === undefined ? [] : ["-P", path.join(places.dataDirectory, only)];
    const inject = `inject=${call}:error=EIO:when=${when}`;
    const prefix = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject, ...paths];
    return this.#tryTwice(places, prefix, () => undefined);
  }

  #tryTwice(places: Places, prefix: readonly string[], repair: () => void): FaultEnd {
    const end = this.#judge(this.#call(places, prefix), places.output);
    rmSync(places.output, { force: true });
    repair();
    const again = this.#call(places, []);
    const isResumedRight = this.#judge(again, places.output).kind === "right";
    const { tasksTakenOver = 0 } = reportOf(again.stdout) ?? {};
    for (const place of [places.output, places.dataDirectory]) rmSync(place, { recursive: true, force: true });
    return { ...end, isResumedRight, tasksTakenOver };
  }

  #call({ dataDirectory, output }: Places, prefix: readonly string[]): SpawnSyncReturns<string> {
    const options = ["--data-dir", dataDirectory, "--output", output, "--durability", "host", "--json"];
    const line = [...prefix, process.execPath, MAIN, "run", "program.json", "--input", "rows.csv", ...options];
    const [command, ...commandArguments] = line;
    return spawnSync(command, commandArguments, {
      ...{ cwd: this.#directory, encoding: "utf8", timeout: HANG_MS, killSignal: "SIGKILL" },
    });
  }

  #judge(result: SpawnSyncReturns<string>, output: string): Pick<FaultEnd, "kind" | "detail"> {
    const { status, signal, stdout, stderr } = result;
    if (signal === "SIGKILL") return { kind: "hang", detail: stderr };
    const report = reportOf(stdout);
    if (signal !== null || report === undefined) return { kind: "died", detail: `${signal ?? status} ${stderr}` };
    const isRight = existsSync(output) && readFileSync(output, "utf8") === this.#expected;
    if (status === 0) return { kind: isRight ? "right" : "wrong", detail: "" };
    const code = report.error?.code ?? "";
    // Where only the name of a finished result could not be made durable, it is there, and whole.
    if (existsSync(output) && !isRight) return { kind: "wrong", detail: `${code}, and a partial result` };
    const isNamed = code !== "" && code !== "BUG" && code !== "RESTARTS_EXHAUSTED";
    return { kind: isNamed ? "error" : "died", detail: isNamed ? code : JSON.stringify(report.error) };
  }
}

interface Report {
  readonly tasksTakenOver?: number;
  readonly error?: { readonly code: string; readonly messages: readonly string[] };
}

function reportOf(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

/**
 * The command as users have it: a process with streams, signals and a working directory of its own.
 *
 * Owns: where a test's files and journals lie, and that no process outlives its test.
 * Never: asserts anything.
 */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";
import { temporaryDirectory, writeFiles } from "../actors/temporary-directory.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const TAMPER = new URL("./preload/tamper-threads.js", import.meta.url).href;

/** A command that takes longer is called hung; the longest one here takes a few seconds on a machine with nothing else to do. */
const HANG_MS = 110_000;

/** See `preload/tamper-threads.ts`. */
export type Tampering = `${"hold" | "die" | "falsify"}:${string}`;

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Executor threads misbehave. */
  readonly tamper?: Tampering;
  /** Standard output as a descriptor; default: read. */
  readonly stdout?: number;
  /** Text for standard input. */
  readonly input?: string;
}

export interface CommandEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class CommandStage {
  /** Where commands run. */
  readonly directory: string;
  /** Where their journals lie, without `--data-dir`. */
  readonly stateDirectory: string;
  readonly #running = new Set<ChildProcess>();

  constructor(t: Pick<ExecutionContext, "teardown">) {
    const root = temporaryDirectory(t);
    this.directory = path.join(root, "work");
    this.stateDirectory = path.join(root, "state");
    mkdirSync(this.directory);
    t.teardown(() => {
      for (const child of this.#running) child.kill("SIGKILL");
    });
  }

  /** Files by path below the working directory; what is no text or bytes is written as JSON. */
  write(files: Readonly<Record<string, unknown>>): void {
    for (const [name, content] of Object.entries(files)) {
      const isText = typeof content === "string" || content instanceof Uint8Array;
      writeFiles(this.directory, { [name]: isText ? content : JSON.stringify(content) });
    }
  }

  read(name: string): string {
    return readFileSync(path.join(this.directory, name), "utf8");
  }

  /** Names in the working directory, hidden ones too. */
  files(): string[] {
    return readdirSync(this.directory).sort();
  }

  /** Whatever is left of journals. */
  journals(): string[] {
    return readdirSync(this.stateDirectory).sort();
  }

  run(commandArguments: readonly string[], options: CommandOptions = {}): CommandEnd {
    const result: SpawnSyncReturns<string> = spawnSync(process.execPath, [MAIN, ...commandArguments], {
      ...{ cwd: this.directory, env: this.#environment(options), encoding: "utf8", maxBuffer: 1 << 28 },
      input: options.input ?? "",
      stdio: ["pipe", options.stdout ?? "pipe", "pipe"],
      ...{ timeout: HANG_MS, killSignal: "SIGKILL" },
    });
    const { status, signal, stdout, stderr } = result;
    return { status, signal, stdout, stderr };
  }

  start(commandArguments: readonly string[], options: CommandOptions = {}): StartedCommand {
    const child = spawn(process.execPath, [MAIN, ...commandArguments], {
      ...{ cwd: this.directory, env: this.#environment(options) },
      stdio: ["ignore", options.stdout ?? "pipe", "pipe"],
      ...{ timeout: HANG_MS, killSignal: "SIGKILL" },
    });
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return new StartedCommand(child);
  }

  /** Nothing of the environment of the tests but what a process needs. */
  #environment({ env, tamper }: CommandOptions): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    const tampering = tamper === undefined ? {} : { NODE_OPTIONS: `--import=${TAMPER}`, TAMPER: tamper };
    return { PATH, HOME, ACTOR_DATAFLOW_DATA_DIR: this.stateDirectory, ...tampering, ...env };
  }
}

export class StartedCommand {
  readonly process: ChildProcess;
  readonly end: Promise<CommandEnd>;
  #stdout = "";
  #stderr = "";
  #heard: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.process = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#heard();
    });
    this.end = new Promise((resolve) => {
      child.once("close", (status, signal) => {
        resolve({ status, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#heard();
      });
    });
    this.readOutput();
  }

  /** A test that wants nobody to read standard output calls `pause` on it at once. */
  readOutput(): void {
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
  }

  /** Resolves when standard error has the text. Errors: the command ends without having said so. */
  async said(text: string): Promise<void> {
    while (!this.#stderr.includes(text)) {
      const { exitCode, signalCode } = this.process;
      if (exitCode !== null || signalCode !== null) {
        throw new Error(`the command ended with ${exitCode ?? signalCode}, without "${text}":\n${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}

/** Said by a thread that holds a task; see `preload/tamper-threads.ts`. */
export const HELD = "HELD";

const CHUNK_KEYS = 500;

/** CSV of about 5 kB times `repeats`, and the sums of its keys. */
export function repeatedPairs(repeats: number): { readonly text: string; readonly sums: string } {
  const keys = Array.from({ length: CHUNK_KEYS }, (_, index) => index + 1);
  const chunk = keys.map((key) => `${key},${key * 7}\n`).join("");
  return { text: chunk.repeat(repeats), sums: keys.map((key) => `${key},${key * 7 * repeats}\n`).join("") };
}

/** Of `repeatedPairs`: enough for three splits. */
export const THREE_SPLITS_REPEATS = 575;

export const SUMS = { partitions: 2, input: "pairs.csv", operations: [{ operator: "reduce", function: "SUM" }] };

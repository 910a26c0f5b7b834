/**
 * An `actor-dataflow start … --json` that runs as a process of its own, here or at the other end of an ssh.
 *
 * Owns: reading what it serves from its standard output, the last lines of its standard error, and its end.
 * Never: decides when to end it.
 *
 * L1. `gone` means gone with everything below it: the streams that its own processes inherited have closed too.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { RoleName, Serving } from "../start/roles.ts";

/** A line of `start --json`. */
export interface ServingLine extends Serving {
  readonly role: RoleName;
  /** Of the process that plays the role, on its own host. */
  readonly pid: number;
  readonly incarnation: number;
}

export interface LaunchOptions {
  readonly command: string;
  readonly words: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Written to its standard input, which stays open; undefined: it has none. */
  readonly input?: string;
  readonly onServing?: (line: ServingLine) => void;
  /** Each line of its standard error. */
  readonly onLine?: (line: string) => void;
}

export interface LaunchEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const LINES_KEPT = 50;

export class LaunchedProcess {
  readonly #child: ChildProcess;
  readonly #served: ServingLine[] = [];
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #isGone = false;
  /** Of the process itself; rejects if it could not be started. */
  readonly exited: Promise<LaunchEnd>;
  /** L1. */
  readonly gone: Promise<void>;

  constructor({ command, words, environment, input, onServing, onLine }: LaunchOptions) {
    const child = spawn(command, words, {
      env: environment ?? process.env,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.exited = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    this.exited.catch(() => undefined);
    this.gone = new Promise((resolve) => {
      const end = (): void => {
        this.#isGone = true;
        resolve();
        this.#wake();
      };
      child.once("close", end).once("error", end);
    });
    // It may end before it has read what it is given.
    child.stdin?.on("error", () => undefined);
    if (input !== undefined) child.stdin?.write(input);
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const serving = servingOf(line);
      if (serving === undefined) return;
      this.#served.push(serving);
      onServing?.(serving);
      this.#wake();
    });
    createInterface({ input: child.stderr! }).on("line", (line) => {
      this.#lines.push(line);
      if (this.#lines.length > LINES_KEPT) this.#lines.shift();
      onLine?.(line);
      this.#wake();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** The latest of each role. */
  get serving(): ReadonlyMap<RoleName, ServingLine> {
    return new Map(this.#served.map((line) => [line.role, line]));
  }

  /** The last lines of its standard error. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The first line that fits, also of the past; undefined if the process ends without one. */
  async firstServing(fits: (line: ServingLine) => boolean): Promise<ServingLine | undefined> {
    return await this.#find(() => this.#served.find(fits));
  }

  /** The first of the last lines of its standard error that has this text; undefined if the process ends without one. */
  async firstLine(text: string): Promise<string | undefined> {
    return await this.#find(() => this.#lines.find((line) => line.includes(text)));
  }

  /** Does nothing to one that is gone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** A further line for its standard input. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  async #find<Found>(look: () => Found | undefined): Promise<Found | undefined> {
    for (;;) {
      const found = look();
      if (found !== undefined || this.#isGone) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Undefined for any other line. */
function servingOf(line: string): ServingLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const { event, ...serving } = JSON.parse(line) as ServingLine & { readonly event?: string };
    return event === "serving" ? serving : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Serves this worker's segments to other workers, in a thread of its own: heartbeats do not wait for it.
 *
 * Owns: the thread, from its start to its end.
 * Never: reads a segment; decides who is a member.
 */
import type { Worker } from "node:worker_threads";
import { RuntimeError } from "../../runtime/errors.ts";
import type { ProcessIdentity } from "../../runtime/socket/peer.ts";
import type { ListenSecurity } from "../../runtime/socket/security.ts";
import { startThread } from "../../runtime/start-thread.ts";

/** What the thread is given; plain data. */
export interface ServingInput {
  /** Fetchers dial a process, and look whether it is the one that answers. */
  readonly identity: ProcessIdentity;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly security: ListenSecurity;
  readonly segmentDirectory: string;
}

export interface BlockServingOptions extends ServingInput {
  /** The thread died after it had begun to serve. Default: the error is thrown, and ends the process. */
  readonly onFailed?: (error: RuntimeError) => void;
}

export type ServingCommand =
  | { readonly kind: "allow"; readonly peers: readonly string[] }
  | { readonly kind: "release"; readonly ticket: number; readonly segments: readonly string[] }
  | { readonly kind: "close" };

export type ServingEvent =
  | { readonly kind: "listening"; readonly host: string; readonly port: number }
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "released"; readonly ticket: number };

export interface BlockServing {
  readonly host: string;
  readonly port: number;
  /** Names of the processes that may fetch, instead of those that were named before; nobody may at first. */
  allow(peers: ReadonlySet<string>): void;
  /** Resolves when these segments are no longer open, so that deleting them gives their room back. */
  release(segments: readonly string[]): Promise<void>;
  /** Resolves when the thread has ended and the port is free. */
  close(): Promise<void>;
}

/** Errors: `LISTEN_FAILED`, `LISTENER_INSECURE`; `SERVING_DIED` for a thread that ends by itself. */
export async function startBlockServing(options: BlockServingOptions): Promise<BlockServing> {
  const { onFailed, ...input } = options;
  const thread = startThread(new URL("./serving-thread.js", import.meta.url), input);
  const { host, port } = await begun(thread);
  return new ThreadServing(thread, { host, port }, onFailed);
}

/** Errors: see `startBlockServing`. */
async function begun(thread: Worker): Promise<{ readonly host: string; readonly port: number }> {
  try {
    return await new Promise((resolve, reject) => {
      thread.once("message", (event: ServingEvent) => {
        if (event.kind === "listening") resolve(event);
        if (event.kind !== "refused") return;
        const { code, message } = event;
        reject(new RuntimeError(code, message));
      });
      thread.once("error", (error) => reject(died(error)));
      thread.once("exit", (code) => reject(died(`it ended with code ${code}`)));
    });
  } catch (error) {
    await thread.terminate();
    throw error;
  } finally {
    for (const event of ["message", "error", "exit"]) thread.removeAllListeners(event);
  }
}

class ThreadServing implements BlockServing {
  readonly host: string;
  readonly port: number;
  readonly #thread: Worker;
  readonly #exited: Promise<void>;
  /** Told when the thread has let go of what they wait for, or is gone with all that it had open. */
  readonly #releases = new Map<number, () => void>();
  #lastTicket = 0;
  #closing = false;

  constructor(thread: Worker, place: { host: string; port: number }, onFailed: BlockServingOptions["onFailed"]) {
    this.host = place.host;
    this.port = place.port;
    this.#thread = thread;
    let cause: unknown;
    thread.on("error", (error) => {
      cause = error;
    });
    thread.on("message", (event: ServingEvent) => {
      if (event.kind === "released") this.#released(event.ticket);
    });
    this.#exited = new Promise((resolve) => {
      thread.once("exit", (code) => {
        for (const ticket of [...this.#releases.keys()]) this.#released(ticket);
        resolve();
        if (this.#closing) return;
        const error = died(cause ?? `it ended with code ${code}`);
        if (onFailed === undefined) throw error;
        onFailed(error);
      });
    });
  }

  allow(peers: ReadonlySet<string>): void {
    this.#tell({ kind: "allow", peers: [...peers] });
  }

  async release(segments: readonly string[]): Promise<void> {
    if (segments.length === 0 || this.#closing) return;
    this.#lastTicket += 1;
    const ticket = this.#lastTicket;
    await new Promise<void>((resolve) => {
      this.#releases.set(ticket, resolve);
      this.#tell({ kind: "release", ticket, segments });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#tell({ kind: "close" });
    await this.#exited;
  }

  #tell(command: ServingCommand): void {
    this.#thread.postMessage(command);
  }

  #released(ticket: number): void {
    this.#releases.get(ticket)?.();
    this.#releases.delete(ticket);
  }
}

function died(cause: unknown): RuntimeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RuntimeError("SERVING_DIED", `the thread that serves blocks died: ${reason}`, cause);
}

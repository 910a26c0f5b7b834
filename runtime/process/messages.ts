/**
 * What a process and its parent tell each other, and the port through which a parent starts processes.
 *
 * Owns: the types, and which messages of a child are understood.
 * Never: starts a process; see `forked-process.ts`.
 */

export type ParentMessage =
  /** The first message. `settings` is for the child's program, plain data; secrets go this way, never in `argv`. */
  | { readonly type: "process.start"; readonly incarnation: number; readonly settings: unknown }
  /** End when what is under way is done, with exit code 0. */
  | { readonly type: "process.drain" };

export type ChildMessage =
  | { readonly type: "process.beat" }
  /** It committed something: its backoff starts anew. */
  | { readonly type: "process.progressed" }
  /** It does what it is there for; `detail` is plain data, such as the port that it listens at. */
  | { readonly type: "process.serving"; readonly detail: unknown };

export interface ProcessExit {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it could not even be started. */
  readonly error?: Error;
}

export interface ProcessListener {
  onMessage(message: unknown): void;
  /** Called once, last. */
  onExit(exit: ProcessExit): void;
}

export interface RunningProcess {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  /** Dropped if the process is gone already. */
  send(message: ParentMessage): void;
  /** SIGKILL: whoever survives that at all survives it at any moment. */
  kill(): void;
}

export type StartProcess = (listener: ProcessListener) => RunningProcess;

/** How often a child beats. */
export const BEAT_INTERVAL_MS = 1_000;

/** Undefined for anything else: what a child's program sends by itself is none of ours. */
export function childMessageOf(message: unknown): ChildMessage | undefined {
  if (typeof message !== "object" || message === null || !("type" in message)) return undefined;
  const { type } = message;
  if (type === "process.beat" || type === "process.progressed") return { type };
  return type === "process.serving" ? { type, detail: "detail" in message ? message.detail : undefined } : undefined;
}

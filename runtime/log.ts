/**
 * The log port: what a part of the product tells its operators, in records of a level, a message and fields.
 *
 * Owns: the interface, and the log that says nothing.
 * Never: formats or writes a record; the implementation escapes what others wrote and cuts what is too long.
 */

/** An error is told with its code, its message and those of its causes. Undefined fields are left out. */
export type LogValue = string | number | boolean | null | undefined | Error;

/** Flat. Names are written as in `term`, `epoch`, `incarnation`, `worker`, `job`; units last. */
export type LogFields = Readonly<Record<string, LogValue>>;

export interface Log {
  /** Of interest to whoever looks for a fault. */
  debug(message: string, fields?: LogFields): void;
  /** The ordinary story: joined, left, started, done. */
  info(message: string, fields?: LogFields): void;
  /** Something was lost, or answered by a restart; nobody has to act. */
  warn(message: string, fields?: LogFields): void;
  /** Somebody has to act. */
  error(message: string, fields?: LogFields): void;
  /** A log whose records carry these fields too; a record's own field of the same name wins. */
  child(fields: LogFields): Log;
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/**
 * Writes the log of a long-running process with pino: JSON lines for machines, plain lines for people.
 *
 * Owns: the shape of a record, and what is escaped and cut.
 *
 * L1. A record is one line, whatever is in it: what others wrote is escaped in both formats.
 * L2. A record has a largest size: values are cut, and of too many fields the rest is counted.
 */
import pino from "pino";
import { escapeText } from "../../programs/quote-text.ts";
import type { Log, LogFields, LogValue } from "../../runtime/log.ts";
import type { LogFormat, LogLevel } from "./log-options.ts";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes whole lines, with their line feeds; standard error in the commands. */
  readonly write: (lines: string) => void;
}

/** Characters of a message or value, and fields of a record: a line stays below some 64 KiB. */
const MESSAGE_CHARACTERS_MAX = 2000;
const VALUE_CHARACTERS_MAX = 1000;
const NAME_CHARACTERS_MAX = 64;
const FIELDS_MAX = 48;
const CAUSES_MAX = 5;

export function createPinoLog({ level, format, write }: LogOptions): Log {
  const destination = { write: format === "json" ? write : (line: string) => write(plainLine(line)) };
  const options = {
    level,
    base: null,
    messageKey: "message",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(options, destination), {});
}

/** Fields are kept here and merged into each record: pino would write a name twice that a child and a record have. */
function wrap(logger: pino.Logger, bound: LogFields): Log {
  const tell = (level: LogLevel) => {
    return (message: string, fields: LogFields = {}): void => {
      if (!logger.isLevelEnabled(level)) return;
      logger[level](tidy({ ...bound, ...fields }), "%s", escapeText(message, MESSAGE_CHARACTERS_MAX));
    };
  };
  return {
    debug: tell("debug"),
    info: tell("info"),
    warn: tell("warn"),
    error: tell("error"),
    child: (fields) => wrap(logger, { ...bound, ...fields }),
  };
}

/** L1, L2. Names that the record itself uses get an underscore. */
function tidy(fields: LogFields): Record<string, string | number | boolean | null> {
  const tidied: Record<string, string | number | boolean | null> = Object.create(null);
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  for (const [name, value] of known.slice(0, FIELDS_MAX)) {
    const shown = escapeText(name, NAME_CHARACTERS_MAX);
    tidied[RESERVED.has(shown) ? `${shown}_` : shown] = showValue(value);
  }
  if (known.length > FIELDS_MAX) tidied.fieldsLeftOut = known.length - FIELDS_MAX;
  return tidied;
}

const RESERVED: ReadonlySet<string> = new Set(["level", "time", "message", "fieldsLeftOut"]);

function showValue(value: LogValue): string | number | boolean | null {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return escapeText(typeof value === "string" ? value : describeError(value), VALUE_CHARACTERS_MAX);
}

/** `CODE: message; because CODE: message` */
function describeError(error: Error): string {
  const told: string[] = [];
  for (let cause: unknown = error; cause instanceof Error && told.length < CAUSES_MAX; cause = cause.cause) {
    const code = "code" in cause && typeof cause.code === "string" ? `${cause.code}: ` : "";
    told.push(`${code}${cause.message}`);
  }
  return told.join("; because ");
}

/** `2026-01-31T12:00:00.000Z WARN  worker lost  worker=w-3 epoch=2` */
function plainLine(line: string): string {
  const { level, time, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const told = Object.entries(fields).map(([name, value]) => `${name}=${plainValue(value)}`);
  const label = String(level).toUpperCase().padEnd(5);
  return `${[`${time} ${label} ${message}`, ...(told.length > 0 ? [told.join(" ")] : [])].join("  ")}\n`;
}

/** Quoted where a reader could not see its end. */
function plainValue(value: unknown): string {
  const text = String(value);
  return typeof value === "string" && !/^[^\s"=]+$/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}

/**
 * Reads the values of options.
 *
 * Owns: their ranges, and the words for values outside.
 */
import { InvalidArgumentError } from "commander";
import { alternatives } from "../programs/quote-text.ts";

/** An integer in decimal digits. */
export function integerBetween(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be an integer from ${minimum} to ${maximum}.`);
  };
}

export function numberBetween(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(?:\.\d+)?$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a number from ${minimum} to ${maximum}.`);
  };
}

const UNITS = { k: 1e3, m: 1e6, g: 1e9, t: 1e12, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40 };

/** Bytes: a number with a unit, such as 512MiB, 2GB or 1.5g. */
export function byteCount(text: string): number {
  const bytes = byteCountOf(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError("It must be a number with a unit, such as 512MiB or 2GB.");
}

/** Undefined for a text that is no number with a unit. */
export function byteCountOf(text: string): number | undefined {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS]);
  return bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER ? bytes : undefined;
}

/** A path; an empty one, as of a variable that is not set, would mean the working directory. */
export function path(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It must not be empty.");
}

/** Names with commas between them. */
export function namesAmong<const Name extends string>(known: readonly Name[]): (text: string) => readonly Name[] {
  return (text) => {
    const names = [...new Set(text.split(",").map((name) => name.trim()))];
    if (names.every((name): name is Name => known.includes(name as Name))) return names as Name[];
    throw new InvalidArgumentError(`It takes ${alternatives(known)}, or several with commas between them.`);
  };
}

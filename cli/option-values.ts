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

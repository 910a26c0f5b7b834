/**
 * Whether a message survives JSON unchanged.
 *
 * Owns: the check, made where a message is sent: at its receiver the loss would be silent.
 * Never: checks what came from outside; whatever JSON gives is plain.
 */
import assert from "node:assert/strict";
import type { ControlMessage } from "../transport.ts";

/** Nesting beyond this is a cycle, or no message. */
const DEPTH_MAX = 64;

/**
 * Asserts that there are only plain objects, arrays, strings, finite numbers, booleans, null, and members that are
 * undefined, which JSON leaves out.
 *
 * Cost: O(size of the message).
 */
export function requirePlain(message: ControlMessage): void {
  check(message, message.type, 0);
}

function check(value: unknown, place: string, depth: number): void {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return;
    case "number":
      assert(Number.isFinite(value), `${place}: ${value} does not survive JSON`);
      return;
    case "object":
      if (value !== null) checkObject(value, place, depth);
      return;
    default:
      assert.fail(`${place}: a ${typeof value} does not survive JSON`);
  }
}

function checkObject(value: object, place: string, depth: number): void {
  assert(depth < DEPTH_MAX, `${place}: nested more than ${DEPTH_MAX} deep`);
  if (Array.isArray(value)) {
    for (const item of value) {
      assert(item !== undefined, `${place}: undefined in an array becomes null in JSON`);
      check(item, place, depth + 1);
    }
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  assert(
    prototype === Object.prototype || prototype === null,
    `${place}: ${value.constructor?.name} is no plain object`,
  );
  for (const [name, member] of Object.entries(value)) check(member, `${place}.${name}`, depth + 1);
}

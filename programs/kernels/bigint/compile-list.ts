/**
 * Makes a function of a flatMap's tree that gives a list item by item, so that a long list needs no memory.
 *
 * Owns: the order of evaluation inside a list: whatever can fail does so before the first item.
 * Never: holds a range or copies in memory.
 */
import assert from "node:assert/strict";
import type { ListExpression } from "../../expression/tree.ts";
import { add, magnitude, subtract } from "./arithmetic.ts";
import { type Column, compileExpression } from "./compile-expression.ts";
import type { Integer } from "./integer.ts";

/** A list that is being read; `next` is undefined at its end. */
export interface ListCursor {
  next(): Integer | undefined;
}

/** Errors: throws an EvaluationFailure. */
export type EvaluateList = (key: Integer, value: Integer) => ListCursor;

const NO_COLUMNS: readonly Column[] = [];
const DIGIT_ZERO = 48;

export function compileList(expression: ListExpression): EvaluateList {
  switch (expression.kind) {
    case "list": {
      const items = expression.items.map(compileExpression);
      return (key, value) => new ItemsCursor(items.map((item) => item(key, value, NO_COLUMNS)));
    }
    case "range": {
      const from = compileExpression(expression.from);
      const below = compileExpression(expression.below);
      return (key, value) => new RangeCursor(from(key, value, NO_COLUMNS), below(key, value, NO_COLUMNS));
    }
    case "copies": {
      const item = compileExpression(expression.item);
      const count = compileExpression(expression.count);
      return (key, value) => new CopiesCursor(item(key, value, NO_COLUMNS), count(key, value, NO_COLUMNS));
    }
    case "digits": {
      const operand = compileExpression(expression.operand);
      return (key, value) => new DigitsCursor(magnitude(operand(key, value, NO_COLUMNS)).toString());
    }
    case "conditional": {
      const test = compileExpression(expression.test);
      const consequent = compileList(expression.consequent);
      const alternate = compileList(expression.alternate);
      return (key, value) => (test(key, value, NO_COLUMNS) === 0 ? alternate : consequent)(key, value);
    }
    case "registered":
      return assert.fail("a function of the operator's own is a step of its own");
  }
}

export class ItemsCursor implements ListCursor {
  readonly #items: readonly Integer[];
  #index = 0;

  constructor(items: readonly Integer[]) {
    this.#items = items;
  }

  next(): Integer | undefined {
    return this.#index < this.#items.length ? this.#items[this.#index++] : undefined;
  }
}

class RangeCursor implements ListCursor {
  readonly #below: Integer;
  #from: Integer;

  constructor(from: Integer, below: Integer) {
    this.#from = from;
    this.#below = below;
  }

  next(): Integer | undefined {
    const item = this.#from;
    if (item >= this.#below) return undefined;
    // At most `below`, so it cannot be too large.
    this.#from = add(item, 1);
    return item;
  }
}

class CopiesCursor implements ListCursor {
  readonly #item: Integer;
  #left: Integer;

  constructor(item: Integer, count: Integer) {
    this.#item = item;
    this.#left = count;
  }

  next(): Integer | undefined {
    if (this.#left <= 0) return undefined;
    this.#left = subtract(this.#left, 1);
    return this.#item;
  }
}

class DigitsCursor implements ListCursor {
  readonly #digits: string;
  #index = 0;

  constructor(digits: string) {
    this.#digits = digits;
  }

  next(): Integer | undefined {
    return this.#index < this.#digits.length ? this.#digits.charCodeAt(this.#index++) - DIGIT_ZERO : undefined;
  }
}

/**
 * Plain data as JSON that is short where much of it is alike: lists of records become columns, equal lists and texts stand
 * once. Integers of any size and bytes are carried as well.
 *
 * Owns: the form. Objects stand as they are; an array begins with a tag that says what follows:
 *   "a" items · "t" keys, a column for each · "l" which list, lengths of the lists, items of all lists in one array ·
 *   "w" texts, which of them · "i" digits · "b" base 64 · nothing, in a column: that record has no such member
 * Never: knows what the data means.
 *
 * F1. What is decoded equals what was encoded, members that are undefined left out; lists that were equal may be one.
 * F2. What is decoded takes memory in proportion to its text: a list or text that stands once is made once.
 */
import assert from "node:assert/strict";
import { RuntimeError } from "../errors.ts";

/** Stands in a column for a member that a record does not have. */
const ABSENT = Symbol("absent");
/** A table with more empty cells than full ones is none. */
const CELLS_PER_MEMBER_MAX = 2;
/** Names of columns, at most: records of more kinds than that have little in common. */
const COLUMNS_MAX = 64;

/** Asserts plain objects, arrays, strings, finite numbers, booleans, null, bigint and bytes. Cost: O(size). */
export function toCompactJson(value: unknown): string {
  return JSON.stringify(encode(value));
}

/** Errors: `MESSAGE_MALFORMED`. */
export function fromCompactJson(text: string): unknown {
  try {
    return decode(JSON.parse(text));
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    throw malformed("no JSON", error);
  }
}

function encode(value: unknown): unknown {
  if (typeof value === "bigint") return ["i", String(value)];
  if (typeof value === "number") assert(Number.isFinite(value), `${value} does not survive JSON`);
  if (value === null || ["number", "string", "boolean"].includes(typeof value)) return value;
  assert(typeof value === "object", `a ${typeof value} does not survive JSON`);
  if (value instanceof Uint8Array) {
    return ["b", Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")];
  }
  if (Array.isArray(value)) return encodeArray(value);
  return Object.fromEntries(membersOf(value).map(([name, member]) => [name, encode(member)]));
}

function encodeArray(items: readonly unknown[]): unknown[] {
  if (items.length < 2) return ["a", ...items.map(encodeItem)];
  const [first] = items;
  if (typeof first === "string" && items.every((item) => typeof item === "string")) return encodeTexts(items);
  if (Array.isArray(first) && items.every((item) => Array.isArray(item))) return encodeLists(items);
  const table = items.every(isRecord) ? encodeRecords(items) : undefined;
  return table ?? taggedAll("a", items.map(encodeItem));
}

function encodeItem(item: unknown): unknown {
  return item === ABSENT ? [] : encode(item);
}

function encodeTexts(texts: readonly string[]): unknown[] {
  const places = new Map<string, number>();
  const which = texts.map((text) => {
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    return place;
  });
  return places.size * 2 > texts.length ? taggedAll("a", texts) : ["w", [...places.keys()], which];
}

function encodeLists(lists: readonly (readonly unknown[])[]): unknown[] {
  const distinct: (readonly unknown[])[] = [];
  const which = lists.map((list) => {
    const last = distinct.at(-1);
    if (last === undefined || !hasSameItems(last, list)) distinct.push(list);
    return distinct.length - 1;
  });
  const lengths = distinct.map(({ length }) => length);
  return ["l", encodeArray(which), encodeArray(lengths), encodeArray(distinct.flat(1))];
}

function hasSameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one === other || (one.length === other.length && one.every((item, index) => item === other[index]));
}

/** Undefined if they have too little in common, or nothing at all. */
function encodeRecords(records: readonly object[]): unknown[] | undefined {
  const columns = new Map<string, unknown[]>();
  let memberCount = 0;
  for (const [row, record] of records.entries()) {
    for (const [name, member] of membersOf(record)) {
      let column = columns.get(name);
      if (column === undefined) {
        if (columns.size === COLUMNS_MAX) return undefined;
        column = new Array<unknown>(records.length).fill(ABSENT);
        columns.set(name, column);
      }
      column[row] = member;
      memberCount += 1;
    }
  }
  if (columns.size === 0 || columns.size * records.length > CELLS_PER_MEMBER_MAX * memberCount) return undefined;
  return ["t", [...columns.keys()], ...[...columns.values()].map(encodeArray)];
}

/** Spreading a long array would overflow the stack. */
function taggedAll(tag: string, items: readonly unknown[]): unknown[] {
  return [tag].concat(items as string[]);
}

function membersOf(record: object): [string, unknown][] {
  const prototype: unknown = Object.getPrototypeOf(record);
  assert(prototype === Object.prototype || prototype === null, `a ${record.constructor?.name} does not survive JSON`);
  return Object.entries(record).filter(([, member]) => member !== undefined);
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function decode(form: unknown): unknown {
  if (typeof form !== "object" || form === null) return form;
  if (Array.isArray(form)) return decodeTagged(form);
  // Not by assignment: `__proto__` may be a name as any other.
  return Object.fromEntries(Object.entries(form).map(([name, member]) => [name, decode(member)]));
}

function decodeTagged([tag, ...rest]: readonly unknown[]): unknown {
  switch (tag) {
    case "a":
      return rest.map(decode);
    case "w":
      return decodeTexts(rest);
    case "l":
      return decodeLists(rest);
    case "t":
      return decodeRecords(rest);
    case "i":
      if (typeof rest[0] === "string" && /^-?\d+$/.test(rest[0])) return BigInt(rest[0]);
      break;
    case "b":
      if (typeof rest[0] === "string") return new Uint8Array(Buffer.from(rest[0], "base64"));
  }
  throw malformed(`an array with the tag ${JSON.stringify(tag)?.slice(0, 20)}`);
}

function decodeTexts([texts, which]: readonly unknown[]): unknown[] {
  if (!Array.isArray(texts) || !Array.isArray(which)) throw malformed("texts");
  return which.map((place) => {
    const text: unknown = isCount(place) ? texts[place] : undefined;
    if (typeof text !== "string") throw malformed("a text that is not there");
    return text;
  });
}

function decodeLists([which, lengths, items]: readonly unknown[]): unknown[] {
  const all = decodeList(items);
  let end = 0;
  const lists = decodeList(lengths).map((length) => {
    if (!isCount(length) || end + length > all.length) throw malformed("a list that is not there");
    end += length;
    return all.slice(end - length, end);
  });
  return decodeList(which).map((place) => {
    const list = isCount(place) ? lists[place] : undefined;
    if (list === undefined) throw malformed("a list that is not there");
    return list;
  });
}

function decodeRecords([names, ...columns]: readonly unknown[]): unknown[] {
  if (!Array.isArray(names) || names.length === 0 || names.length !== columns.length) throw malformed("a table");
  const decoded = columns.map(decodeColumn);
  const [{ length }] = decoded;
  if (!names.every((name) => typeof name === "string")) throw malformed("a table's names");
  if (!decoded.every((column) => column.length === length)) throw malformed("a table's columns");
  const records = Array.from({ length }, () => ({}) as Record<string, unknown>);
  for (const [index, name] of (names as string[]).entries()) fillColumn(records, name, decoded[index]);
  return records;
}

function fillColumn(records: readonly Record<string, unknown>[], name: string, column: readonly unknown[]): void {
  // Not by assignment: see `decode`.
  const isPlainName = name !== "__proto__";
  for (const [row, value] of column.entries()) {
    if (value === ABSENT) continue;
    if (isPlainName) records[row][name] = value;
    else Object.defineProperty(records[row], name, { value, writable: true, enumerable: true, configurable: true });
  }
}

function decodeColumn(form: unknown): unknown[] {
  if (!Array.isArray(form) || form[0] !== "a") return decodeList(form);
  return form.slice(1).map((item) => (Array.isArray(item) && item.length === 0 ? ABSENT : decode(item)));
}

function decodeList(form: unknown): unknown[] {
  const list = decode(form);
  if (!Array.isArray(list)) throw malformed("something that is no list");
  return list;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(what: string, cause?: unknown): RuntimeError {
  return new RuntimeError("MESSAGE_MALFORMED", `a message has ${what}`, cause);
}

/**
 * Functions by name, and the aggregates of a reduce.
 */
import { type Group, type Integer, MAX, MIN, narrowVector, type Row, reduceVector, type Vector } from "./vector.ts";

type NamedRows = readonly [name: string, arg: Integer | undefined, ...rows: Row[]];

const MAPS: readonly NamedRows[] = [
  ["ADD", 5, [1, 6], [-5, 0], [MAX, "overflow"]],
  ["SUB", 5, [1, -4], [MIN, "overflow"]],
  ["MUL", -3, [7, -21], [MIN, "overflow"]],
  ["DIV", 2, [7, 3], [-7, -3]],
  ["DIV", -1, [7, -7], [MIN, "overflow"]],
  ["MOD", 2, [7, 1], [-7, -1]],
  ["MOD", -1, [MIN, 0]],
  ["POW", 2, [-3, 9], [MIN, "overflow"]],
  ["POW", 0, [0, 1], [MIN, 1]],
  ["POW", -1, [1, 1], [-1, -1], [2, "negativeExponent"], [0, "negativeExponent"]],
  ["MIN", 3, [5, 3], [2, 2]],
  ["MAX", 3, [5, 5], [2, 3]],
  ["AND", 6, [3, 2], [-1, 6]],
  ["OR", 6, [3, 7], [-8, -2]],
  ["XOR", 6, [3, 5], [-1, -7]],
  ["ABS", undefined, [-3, 3], [MIN, "overflow"]],
  ["NEG", undefined, [3, -3], [MIN, "overflow"]],
  ["SIGN", undefined, [-3, -1], [0, 0], [3, 1]],
  ["IDENTITY", undefined, [-3, -3]],
  ["CONST", 9, [1, 9], [MIN, 9]],
  ["CONST", MIN, [1, MIN]],
  ["ADD", MAX, [MIN, -1], [1, "overflow"]],
];

const FILTERS: readonly NamedRows[] = [
  ["EQ", 3, [3, 3], [4, []]],
  ["NE", 3, [3, []], [4, 4]],
  ["LT", 3, [2, 2], [3, []], [MIN, MIN]],
  ["LE", 3, [2, 2], [3, 3], [4, []]],
  ["GT", 3, [3, []], [4, 4]],
  ["GE", 3, [2, []], [3, 3], [MAX, MAX]],
  ["DIVISIBLE", 3, [6, 6], [7, []], [-6, -6], [0, 0]],
  ["DIVISIBLE", -1, [MIN, MIN]],
  ["EVEN", undefined, [4, 4], [3, []], [-4, -4], [0, 0], [MIN, MIN]],
  ["ODD", undefined, [4, []], [3, 3], [-3, -3], [MAX, MAX]],
];

const FLAT_MAPS: readonly NamedRows[] = [
  ["RANGE", undefined, [3, [0, 1, 2]], [1, 0], [0, []], [-1, []], [MIN, []]],
  ["REPEAT", 3, [7, [7, 7, 7]], [MIN, [MIN, MIN, MIN]]],
  ["REPEAT", 0, [7, []]],
  ["REPEAT", -2, [7, []]],
  [
    "DIGITS",
    undefined,
    [120, [1, 2, 0]],
    [-34, [3, 4]],
    [0, 0],
    [MIN, [9, 2, 2, 3, 3, 7, 2, 0, 3, 6, 8, 5, 4, 7, 7, 5, 8, 0, 8]],
  ],
];

function named(operator: string, table: readonly NamedRows[]): Vector[] {
  return table.map(([name, arg, ...rows]) => {
    // JSON has no exact number for it.
    const written = typeof arg === "bigint" ? `${arg}` : arg;
    const operation = arg === undefined ? { operator, function: name } : { operator, function: name, arg: written };
    return narrowVector(`${operator} ${name}${arg === undefined ? "" : ` ${arg}`}`, operation, rows);
  });
}

/** The same by name and as an expression. */
const AGGREGATES: readonly (readonly [names: readonly string[], expression: string, ...groups: Group[]])[] = [
  [
    ["SUM", "ADD"],
    "sum(V)",
    [[1, 2, 3], 6],
    [[-5], -5],
    [[MAX, 1, -1], MAX],
    [[MAX, MAX, MIN, MIN], -2],
    [[MAX, 1], "overflow"],
    [[MIN, -1], "overflow"],
    [[MIN], MIN],
  ],
  [
    ["PRODUCT", "MUL"],
    "product(V)",
    [[2, 3, -7], -42],
    [[5], 5],
    [[MAX, MAX, MAX, 0], 0],
    [[2n ** 32n, 2n ** 31n], "overflow"],
    [[-(2n ** 32n), 2n ** 31n], MIN],
    [[MAX, 2, -1], "overflow"],
    [[MIN, -1], "overflow"],
    [[MIN, -1, -1], MIN],
    [[1, -1, -1, -1], -1],
  ],
  [["COUNT"], "count(V)", [[5], 1], [[0, 0, 0], 3]],
  [["MIN"], "min(V)", [[3, -1, 2], -1], [[MAX, MIN], MIN], [[4], 4]],
  [["MAX"], "max(V)", [[3, -1, 2], 3], [[MAX, MIN], MAX], [[-4], -4]],
  [
    ["MEAN"],
    "mean(V)",
    [[1, 2], 1],
    [[-1, -2], -1],
    [[1, 2, 4], 2],
    [[-1, 0], 0],
    [[MAX, MAX, MAX], MAX],
    [[MIN, MIN], MIN],
    [[MAX, MIN], 0],
    [[7], 7],
  ],
  [
    ["MEDIAN"],
    "median(V)",
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2],
    [[5], 5],
    [[2, 1], 1],
    [[MIN, MAX], MIN],
    [[-3, -3, 9, 10], -3],
    [[10, 9, 100], 10],
  ],
  [["DISTINCT"], "distinct(V)", [[1, 1, 1], 1], [[3, 1, 3, 2, 2], 3], [[MIN, MAX, MIN], 2]],
];

const REDUCES: readonly (readonly [expression: string, ...groups: Group[]])[] = [
  ["sum(v)", [[1, 2], 3]],
  ["sum(v * v) / count(V)", [[1, 2, 3], 4], [[-3, 3], 9]],
  ["max(V) - min(V)", [[3, 9, 5], 6], [[MAX, MIN], "overflow"]],
  ["sum(V) + sum(V)", [[2n ** 61n, 2n ** 61n - 1n], 2n ** 63n - 2n], [[2n ** 61n, 2n ** 61n], "overflow"]],
  ["k * 100 + count(V)", [[0], 101], [[0, 0], 202]],
  ["sum(v * k)", [[1, 2], 3], [[1, 2], 6]],
  ["7", [[1, 2], 7], [[5], 7]],
  ["k", [[1, 2], 1], [[5], 2]],
  ["sum(v > 2)", [[1, 2, 3, 4], 2]],
  ["count(v > 2)", [[1, 2, 3, 4], 4]],
  ["count(1 / v)", [[1, 2], 2], [[1, 0], "divisionByZero"]],
  ["sum(v + 1)", [[1, 2], 5], [[MAX, -5], "overflow"]],
  ["sum(12 / v)", [[1, 2], 18], [[1, 0, 2], "divisionByZero"]],
  [
    "sum(v == 0 ? 1 / v : v * 9223372036854775807)",
    [[0, 2], "overflow"],
    [[2, 0], "overflow"],
    [[0, 1], "divisionByZero"],
    [[2, 1], "overflow"],
    [[1, -1], 0],
  ],
  ["min(V) ? 1 : sum(1 / v)", [[5, 6], 1], [[0, 6], "divisionByZero"]],
  ["min(V) > 0 && sum(12 / v) > 3", [[0, 1], 0], [[1, 2], 1], [[12, 12], 0]],
  ["min(V) <= 0 || sum(12 / v) > 3", [[0, 1], 1], [[1, 2], 1], [[12, 12], 0]],
  ["min(sum(V), 10)", [[3, 4], 7], [[8, 9], 10]],
  ["max(max(V), k, 2)", [[1], 2], [[9, 1], 9]],
  ["min(v * v)", [[-3, 2], 4]],
  ["median(v % 10)", [[19, 25, 33], 5]],
  ["distinct(v / 10)", [[11, 12, 25], 2]],
  ["mean(v) * count(v) - sum(v)", [[1, 2], -1]],
  ["sum(V) % 0 + 1", [[1], "divisionByZero"]],
  ["product(V) == 0 ? -1 : product(V)", [[2, 3], 6], [[MAX, MAX, 0], -1], [[MAX, 2], "overflow"]],
  ["abs(min(V)) + gcd(sum(V), count(V))", [[-4, 8], 6]],
];

const BIGINT_REDUCES: readonly (readonly [expression: string, ...groups: Group[]])[] = [
  ["sum(V)", [[MAX, MAX], 2n * MAX], [[10n ** 40n, -(10n ** 40n)], 0]],
  ["product(V)", [[MAX, MAX, MIN], MAX * MAX * MIN], [[10n ** 40n, 0], 0]],
  ["mean(V)", [[10n ** 40n, 1], 5n * 10n ** 39n], [[-(10n ** 40n), 1], -5n * 10n ** 39n + 1n]],
  ["median(V)", [[10n ** 40n, 5, -(10n ** 40n)], 5]],
  ["distinct(V)", [[10n ** 40n, 10n ** 40n, 10n ** 40n + 1n], 2]],
  ["max(V) - min(V)", [[10n ** 40n, -(10n ** 40n)], 2n * 10n ** 40n]],
  ["sign(product(2 ** v))", [[2_000_000, 1_999_999], 1], [[2_000_000, 2_000_000], "tooLarge"]],
];

export const FUNCTION_VECTORS: readonly Vector[] = [
  ...named("map", MAPS),
  ...named("changeKey", MAPS),
  ...named("filter", FILTERS),
  ...named("flatMap", FLAT_MAPS),
  ...AGGREGATES.flatMap(([names, expression, ...groups]) => [
    ...names.map((name) => reduceVector(`reduce ${name}`, { function: name }, groups)),
    reduceVector(`reduce ${names[0]} with an arg, which is ignored`, { function: names[0], arg: 3 }, groups),
    reduceVector(`reduce by ${expression}`, { expression }, groups),
  ]),
  ...REDUCES.map(([expression, ...groups]) => reduceVector(`reduce by ${expression}`, { expression }, groups)),
  ...BIGINT_REDUCES.map(([expression, ...groups]) =>
    reduceVector(`bigint: reduce by ${expression}`, { expression }, groups, "bigint"),
  ),
];

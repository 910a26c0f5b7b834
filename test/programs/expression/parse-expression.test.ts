/**
 * Expressions: source to tree by JavaScript's grammar, and what is refused where.
 */
import test from "ava";
import fc from "fast-check";
import {
  type ExpressionProblem,
  parseIntExpression,
  parseListExpression,
} from "../../../programs/expression/parse-expression.ts";
import type { IntExpression } from "../../../programs/expression/tree.ts";
import { EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX, EXPRESSION_NESTING_MAX } from "../../../programs/limits.ts";
import { aggregate, binary, k, literal, v } from "../build-program.ts";
import { depthOf, elementArbitrary, listArbitrary, printInt, printList, reduceArbitrary } from "./print-expression.ts";

type Operator = "map" | "changeKey" | "filter" | "flatMap" | "reduce";

function parse(source: string, operator: Operator = "map") {
  if (operator === "flatMap") return parseListExpression(source, "int64");
  return parseIntExpression(source, { operator, integers: "int64" });
}

function problemsOf(source: string, operator?: Operator): readonly ExpressionProblem[] {
  return parse(source, operator).problems ?? [];
}

test("trees printed with as few parentheses as JavaScript needs are parsed back to the same trees", (t) => {
  const isPrintable = (tree: Parameters<typeof depthOf>[0]) => depthOf(tree) <= 100;
  const options = { numRuns: 500 };
  for (const operator of ["map", "changeKey", "filter"] as const) {
    fc.assert(
      fc.property(elementArbitrary.filter(isPrintable), (tree) => {
        t.deepEqual(parse(printInt(tree), operator).tree, tree, printInt(tree));
      }),
      options,
    );
  }
  fc.assert(
    fc.property(reduceArbitrary.filter(isPrintable), (tree) => {
      t.deepEqual(parse(printInt(tree), "reduce").tree, tree, printInt(tree));
    }),
    options,
  );
  fc.assert(
    fc.property(listArbitrary.filter(isPrintable), (tree) => {
      t.deepEqual(parse(printList(tree), "flatMap").tree, tree, printList(tree));
    }),
    options,
  );
});

/** What JavaScript itself would make of the tree, numbers, booleans and all. */
function evaluateAsJavaScript(tree: IntExpression): unknown {
  const value = (operand: IntExpression) => evaluateAsJavaScript(operand) as number;
  switch (tree.kind) {
    case "literal":
      return Number(tree.value);
    case "unary":
      return { "-": (x: number) => -x, "+": (x: number) => +x, "~": (x: number) => ~x, "!": (x: number) => !x }[
        tree.operator
      ](value(tree.operand));
    case "logical":
      return tree.operator === "&&" ? value(tree.left) && value(tree.right) : value(tree.left) || value(tree.right);
    case "conditional":
      return value(tree.test) ? value(tree.consequent) : value(tree.alternate);
    case "binary":
      return JAVASCRIPT_OPERATORS[tree.operator](value(tree.left), value(tree.right));
    default:
      throw new Error(`unexpected ${tree.kind}`);
  }
}

const JAVASCRIPT_OPERATORS: Record<string, (left: number, right: number) => unknown> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
  "**": (left, right) => left ** right,
  "<<": (left, right) => left << right,
  ">>": (left, right) => left >> right,
  "&": (left, right) => left & right,
  "|": (left, right) => left | right,
  "^": (left, right) => left ^ right,
  // biome-ignore lint/suspicious/noDoubleEquals: the operator that is tested.
  "==": (left, right) => left == right,
  // biome-ignore lint/suspicious/noDoubleEquals: the operator that is tested.
  "!=": (left, right) => left != right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

/** Sources without regard to what may stand beside what: many are right, many are not. */
const sourceArbitrary = fc.letrec<{ source: string; operand: string; power: string }>((tie) => ({
  operand: fc
    .tuple(
      fc.oneof(
        { weight: 3, arbitrary: fc.constant("") },
        { weight: 1, arbitrary: fc.constantFrom("- ", "+ ", "~", "!", "- - ", "-") },
      ),
      fc.oneof(
        { depthSize: "small" },
        fc.integer({ min: 1, max: 9 }).map(String),
        tie("source").map((source) => `(${source})`),
      ),
    )
    .map(([sign, base]) => sign + base),
  power: fc.array(tie("operand"), { minLength: 1, maxLength: 3 }).map((operands) => operands.join(" ** ")),
  source: fc
    .tuple(
      tie("operand"),
      fc.array(fc.tuple(fc.constantFrom(...Object.keys(JAVASCRIPT_OPERATORS), "&&", "||", "?", ":"), tie("operand")), {
        maxLength: 7,
      }),
    )
    .map(([first, rest]) => first + rest.map(([operator, operand]) => ` ${operator} ${operand}`).join("")),
})).source;

test("a source is accepted where JavaScript accepts it, and is grouped as JavaScript groups it", (t) => {
  let acceptedCount = 0;
  fc.assert(
    fc.property(sourceArbitrary, (source) => {
      const { tree } = parseIntExpression(source, { operator: "map", integers: "int64" });
      let evaluate: (() => unknown) | undefined;
      try {
        evaluate = new Function(`return (${source});`) as () => unknown;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
      t.is(tree !== undefined, evaluate !== undefined, source);
      if (tree === undefined || evaluate === undefined) return;
      acceptedCount += 1;
      t.is(evaluateAsJavaScript(tree), evaluate(), source);
    }),
    { numRuns: 3000 },
  );
  t.true(acceptedCount > 500, `${acceptedCount} sources were right`);
});

const not = (operand: IntExpression): IntExpression => ({ kind: "unary", operator: "!", operand });
const minus = (operand: IntExpression): IntExpression => ({ kind: "unary", operator: "-", operand });
const choose = (condition: IntExpression, consequent: IntExpression, alternate: IntExpression): IntExpression => {
  return { kind: "conditional", test: condition, consequent, alternate };
};

const trees: [Operator, string, unknown][] = [
  ["map", "v+1", binary(v, "+", literal(1))],
  ["map", " \t\n\r\u00a0v ", v],
  ["map", "((v))", v],
  ["map", "1_000_000", literal(1_000_000)],
  ["map", "0", literal(0)],
  ["map", "-0", literal(0)],
  ["map", "- 5", literal(-5)],
  ["map", "-(5)", minus(literal(5))],
  ["map", "- -5", minus(literal(-5))],
  ["map", "-9223372036854775808", literal(-(2n ** 63n))],
  ["map", "9223372036854775807", literal(2n ** 63n - 1n)],
  ["map", "v - -1", binary(v, "-", literal(-1))],
  ["map", "v -1", binary(v, "-", literal(1))],
  ["map", "2 ** -1", binary(literal(2), "**", literal(-1))],
  ["map", "2 ** -v", binary(literal(2), "**", minus(v))],
  ["map", "(-2) ** 2", binary(literal(-2), "**", literal(2))],
  ["map", "v ** k ** 2", binary(v, "**", binary(k, "**", literal(2)))],
  ["map", "pow(v, k)", binary(v, "**", k)],
  ["map", "v === k", binary(v, "==", k)],
  ["map", "v !== k", binary(v, "!=", k)],
  ["map", "!v * k", binary(not(v), "*", k)],
  ["map", "v - k - 1", binary(binary(v, "-", k), "-", literal(1))],
  ["map", "v ? 1 : k ? 2 : 3", choose(v, literal(1), choose(k, literal(2), literal(3)))],
  ["map", "v ? k ? 1 : 2 : 3", choose(v, choose(k, literal(1), literal(2)), literal(3))],
  ["map", "clamp(v, 0, 9)", { kind: "call", name: "clamp", operands: [v, literal(0), literal(9)] }],
  ["map", "min(v, k, 3)", { kind: "call", name: "min", operands: [v, k, literal(3)] }],
  [
    "filter",
    "v > 0 && k != 17",
    { kind: "logical", operator: "&&", left: binary(v, ">", literal(0)), right: binary(k, "!=", literal(17)) },
  ],
  ["flatMap", "[]", { kind: "list", items: [] }],
  ["flatMap", "([v, (k)])", { kind: "list", items: [v, k] }],
  ["flatMap", "range(v)", { kind: "range", from: literal(0), below: v }],
  ["flatMap", "range(k, v)", { kind: "range", from: k, below: v }],
  [
    "flatMap",
    "v ? [v] : (k ? range(v) : [])",
    {
      kind: "conditional",
      test: v,
      consequent: { kind: "list", items: [v] },
      alternate: {
        kind: "conditional",
        test: k,
        consequent: { kind: "range", from: literal(0), below: v },
        alternate: { kind: "list", items: [] },
      },
    },
  ],
  ["reduce", "sum(V)", aggregate("sum")],
  ["reduce", "sum(v)", aggregate("sum")],
  ["reduce", "sum((V))", aggregate("sum")],
  ["reduce", "sum(v * v) / count(V)", binary(aggregate("sum", binary(v, "*", v)), "/", aggregate("count"))],
  ["reduce", "min(V) + max(v + k)", binary(aggregate("min"), "+", aggregate("max", binary(v, "+", k)))],
  ["reduce", "max(min(V), k)", { kind: "call", name: "max", operands: [aggregate("min"), k] }],
  ["reduce", "sum(min(v, k))", aggregate("sum", { kind: "call", name: "min", operands: [v, k] })],
  ["reduce", "k * 2", binary(k, "*", literal(2))],
];

for (const [operator, source, tree] of trees) {
  test(`${operator}: ${JSON.stringify(source)} is parsed to its tree`, (t) => {
    t.deepEqual(parse(source, operator) as unknown, { tree });
  });
}

/** Operator, source, then for each problem its column and what its message must match. */
const refused: [Operator, string, ...[number, RegExp][]][] = [
  ["map", "", [1, /^expected a value, but the expression ends$/]],
  ["map", "v +", [4, /^expected a value, but the expression ends$/]],
  ["map", "v + * 2", [5, /^expected a value, but found "\*"$/]],
  ["map", "(v", [3, /^expected "\)" of the parentheses, but the expression ends$/]],
  ["map", "v)", [2, /^unexpected "\)"$/]],
  ["map", "abs(v", [6, /^expected "\)" of the arguments/]],
  ["flatMap", "[v", [3, /^expected "\]" of the list/]],
  ["flatMap", "[v,]", [4, /^expected a value, but found "\]"$/]],
  ["map", "v ? 1", [6, /^expected ":" of "\?:", but the expression ends$/]],
  ["map", "v v", [3, /^an operator is missing before "v"$/]],
  ["map", "v 5", [3, /^an operator is missing before "5"$/]],
  ["map", "1, 2", [2, /^unexpected ","; a list is written/]],
  ["map", "(v)(1)", [4, /^unexpected "\("$/]],
  ["map", "-v ** 2", [1, /write "\(-v\) \*\* 2" or "-\(v \*\* 2\)"$/]],
  ["map", "-2 ** 2", [1, /write "\(-2\) \*\* 2" or "-\(2 \*\* 2\)"$/]],
  ["map", "1 + ~(v) ** -k", [5, /write "\(~\(v\)\) \*\* -k" or "~\(\(v\) \*\* -k\)"$/]],
  ["map", "!v ** 2", [1, /a sign before the base of "\*\*" is ambiguous/]],
  ["map", "+v ** 2", [1, /ambiguous/]],
  ["map", "2 ** -v ** 2", [6, /ambiguous: write "\(-v\) \*\* 2"/]],
  ["map", "007", [1, /leading zero$/]],
  ["map", "0_1", [1, /leading zero$/]],
  ["map", "1__0", [1, /"_" may stand only between two digits$/]],
  ["map", "v + 1_", [5, /"_" may stand only/]],
  ["map", "0x1F", [1, /no other bases$/]],
  ["map", "1.5", [1, /decimal point$/]],
  ["map", "1e3", [1, /exponent$/]],
  ["map", "1e-3", [1, /exponent$/]],
  ["map", "10n", [1, /without the "n"$/]],
  ["map", "2v", [1, /put an operator between number and name$/]],
  ["map", "v = 3", [3, /there is no assignment; compare with ==$/]],
  ["map", "v += 3", [4, /there is no assignment/]],
  ["map", "v ?? 3", [3, /null/]],
  ["map", "v?.x", [2, /null/]],
  ["map", "v--1", [2, /put a blank between two signs$/]],
  ["map", "++v", [1, /put a blank between two signs$/]],
  ["map", "v >>> 1", [3, /use >>$/]],
  ["map", "Math.abs(v)", [5, /there are no members/]],
  ["map", "v => v", [3, /no function can be defined/]],
  ["map", "'a'", [1, /no text/]],
  ["map", '"a"', [1, /no text/]],
  ["map", "`a`", [1, /no text/]],
  ["map", "v; v", [2, /no statements/]],
  ["map", "v // 2", [3, /no comments/]],
  ["map", "{}", [1, /^unexpected "\{"$/]],
  ["map", "v \u0000", [3, /^unexpected "\\u0000"$/]],
  ["map", "v \u{1F600}", [3, /^unexpected "\u{1F600}"$/u]],
  ["map", "x + y * x", [1, /^unknown name "x"; there are "v" and "k"$/], [5, /"y"/], [9, /"x"/]],
  ["map", "K", [1, /^unknown name "K"; did you mean "k"\?$/]],
  ["map", "größe", [1, /^unknown name "größe"/]],
  ["map", "true", [1, /did you mean "1"\?$/]],
  ["map", "__proto__ + constructor", [1, /^unknown name "__proto__"/], [13, /^unknown name "constructor"/]],
  ["map", "toString()", [1, /^unknown function "toString"; there are abs, sign, min, max, gcd, pow, clamp, range$/]],
  ["map", "abss(v)", [1, /^unknown function "abss"; did you mean "abs"\?$/]],
  ["map", "v(1)", [1, /^unknown function "v"/]],
  ["map", "abs", [1, /^"abs" is a function: write abs\(x\)$/]],
  ["map", "abs()", [1, /^abs with 0 arguments: write abs\(x\)$/]],
  ["map", "abs(v, k)", [1, /^abs with 2 arguments/]],
  ["map", "min(v)", [1, /^min with 1 argument: write min\(a, b, …\)$/]],
  ["map", "gcd(v, v, v)", [1, /^gcd with 3 arguments/]],
  ["map", "pow(v)", [1, /^pow with 1 argument/]],
  ["map", "clamp(v, 1)", [1, /^clamp with 2 arguments: write clamp\(x, lo, hi\)$/]],
  ["map", "9223372036854775808", [1, /does not fit 64 bits/]],
  ["map", "v - 9223372036854775808", [5, /does not fit 64 bits/]],
  ["map", "-(9223372036854775808)", [3, /does not fit 64 bits/]],
  ["map", "-9223372036854775809", [1, /^"-9223372036854775809" does not fit 64 bits/]],
  ["map", "[v]", [1, /^expected an integer here, but this is a list; only a flatMap gives lists, this is a map$/]],
  ["filter", "range(v)", [1, /this is a filter$/]],
  ["map", "v ? [v] : [x]", [5, /list/], [11, /list/], [12, /unknown name "x"/]],
  ["changeKey", "V", [1, /^"V" exists only in a reduce; a changeKey has one value, "v"$/]],
  ["map", "sum(V)", [1, /^sum is an aggregate, which exists only in a reduce$/]],
  ["flatMap", "v", [1, /^flatMap needs a list here, but this is an integer; lists are /]],
  ["flatMap", "v ? [v] : 3", [11, /^flatMap needs a list here/]],
  ["flatMap", "[v] ? [v] : []", [1, /^expected an integer here, but this is a list$/]],
  ["flatMap", "[[v]]", [2, /^expected an integer here, but this is a list$/]],
  ["flatMap", "[range(v)]", [2, /^expected an integer here/]],
  ["flatMap", "range([v])", [7, /^expected an integer here/]],
  ["flatMap", "range()", [1, /^range with 0 arguments: write range\(n\) or range\(a, b\)$/]],
  ["flatMap", "range(1, 2, 3)", [1, /^range with 3 arguments/]],
  ["flatMap", "rang(v)", [1, /^unknown function "rang"; did you mean "range"\?$/]],
  ["reduce", "v", [1, /^"v" is one of the values of a key; a reduce needs an aggregate/]],
  ["reduce", "sum(V) + v", [10, /^"v" is one of the values/]],
  ["reduce", "V", [1, /^"V" is a list; a reduce needs an aggregate of it, such as sum\(V\)$/]],
  ["reduce", "V + 1", [1, /^"V" is a list/]],
  ["reduce", "min(V, 3)", [5, /^"V" is a list/]],
  ["reduce", "sum(V + 1)", [5, /each single one is "v"/]],
  ["reduce", "sum(sum(V))", [5, /^sum is an aggregate and cannot stand inside another, here sum$/]],
  ["reduce", "sum(1 + count(V))", [9, /^count is an aggregate and cannot stand inside another, here sum$/]],
  ["reduce", "sum(min(v))", [5, /cannot stand inside another, here sum; min of one value needs a second one$/]],
  ["reduce", "count()", [1, /^count with 0 arguments: write count\(V\)$/]],
  ["reduce", "sum(V, V)", [1, /^sum with 2 arguments/]],
  ["reduce", "smu(V)", [1, /^unknown function "smu"; did you mean "sum"\?$/]],
  ["reduce", "avg(V)", [1, /^unknown function "avg"; there are .*sum, count/]],
  ["reduce", "[sum(V)]", [1, /only a flatMap gives lists, this is a reduce$/]],
  ["reduce", "x + sum(y)", [1, /there are "V" and "k"$/], [9, /there are "v" and "k"$/]],
];

for (const [operator, source, ...problems] of refused) {
  test(`${operator}: ${JSON.stringify(source)} is refused at column ${problems.map(([column]) => column).join(" and ")}`, (t) => {
    const found = problemsOf(source, operator);
    const shown = found.map(({ column, message }) => `${column}: ${message}`).join("\n");
    t.deepEqual(
      found.map(({ column }) => column),
      problems.map(([column]) => column),
      shown,
    );
    for (const [index, [, message]] of problems.entries()) t.regex(found[index].message, message);
  });
}

test("an expression is as deep as its limit and no deeper, whatever it is made of", (t) => {
  const most = EXPRESSION_NESTING_MAX;
  const deep: [string, (levels: number) => string][] = [
    ["a chain to the right", (levels) => "1**".repeat(levels - 1).concat("1")],
    ["signs", (levels) => "~".repeat(levels - 1).concat("v")],
    ["choices", (levels) => "1?1:".repeat(levels - 1).concat("1")],
    ["parentheses", (levels) => `${"(".repeat(levels - 1)}v${")".repeat(levels - 1)}`],
    ["calls", (levels) => `${"abs(".repeat(levels - 1)}v${")".repeat(levels - 1)}`],
  ];
  for (const [name, source] of deep) {
    t.deepEqual(problemsOf(source(most)), [], name);
    for (const levels of [most + 1, 600])
      t.regex(problemsOf(source(levels))[0].message, /deeper than 256 levels/, name);
  }
  t.deepEqual(problemsOf("1+".repeat(EXPRESSION_DEPTH_MAX - 1).concat("1")), [], "a chain to the left");
  t.regex(problemsOf("1+".repeat(EXPRESSION_DEPTH_MAX).concat("1"))[0].message, /deeper than 2048 levels/);
  t.regex(problemsOf("~".repeat(250).concat("1", "+1".repeat(1900)))[0].message, /deeper than 2048 levels/);
  t.regex(problemsOf("(".repeat(EXPRESSION_BYTES_MAX))[0].message, /deeper than 256 levels/);
  t.regex(problemsOf("[".repeat(EXPRESSION_BYTES_MAX), "flatMap")[0].message, /deeper than 256 levels/);
});

test("an expression has at most so many bytes", (t) => {
  t.deepEqual(problemsOf("v".padEnd(EXPRESSION_BYTES_MAX)), []);
  t.deepEqual(problemsOf("v".padEnd(EXPRESSION_BYTES_MAX + 1)), [
    { column: 1, message: `the expression has ${EXPRESSION_BYTES_MAX + 1} bytes; the most is ${EXPRESSION_BYTES_MAX}` },
  ]);
  t.regex(problemsOf("é".repeat(EXPRESSION_BYTES_MAX / 2 + 1))[0].message, /^the expression has 16386 bytes/);
});

test("no source whatever makes the parser throw, and every problem is one printable line inside the source", (t) => {
  const token = fc.constantFrom(
    ...[
      "v",
      "k",
      "V",
      "1",
      "0",
      "_",
      "(",
      ")",
      "[",
      "]",
      ",",
      "?",
      ":",
      "+",
      "-",
      "*",
      "**",
      "/",
      "%",
      "!",
      "~",
      "=",
      "&",
      "|",
      "^",
      "<",
      ">",
      ".",
    ],
    ...["sum", "min", "range", "pow", "abs(", "sum(", "range(", " ", "\n", "'", "é", "\u202e", "\ud800"],
  );
  const sources = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join("")),
  );
  fc.assert(
    fc.property(sources, fc.constantFrom<Operator>("map", "flatMap", "reduce"), (source, operator) => {
      for (const { column, message } of problemsOf(source, operator)) {
        t.true(column >= 1 && column <= source.length + 1);
        t.notRegex(message, /undefined|[\p{Cc}\p{Cf}]/u);
      }
    }),
    { numRuns: 3000 },
  );
});

import test from "ava";
import fc from "fast-check";
import type { IntExpression } from "../../../programs/expression/tree.ts";
import { parseProgram } from "../../../programs/parse-program.ts";
import { type ExplainedPart, type Explanation, explainPlan } from "../../../programs/plan/explain.ts";
import { expressionText } from "../../../programs/plan/expression-text.ts";
import { EXPLANATION_COLUMNS, formatExplanation } from "../../../programs/plan/format-explanation.ts";
import { formatMermaid } from "../../../programs/plan/format-mermaid.ts";
import { makePlan } from "../../../programs/plan/make-plan.ts";
import { mapSummary, type Summary, summarise } from "../../../programs/plan/summarise.ts";
import type { Program } from "../../../programs/program.ts";
import { changeKey, draftsArbitrary, map, program, reduce, repeat } from "../build-program.ts";

function explain(source: Program): Explanation {
  return explainPlan(makePlan(source), source);
}

function parsed(file: Record<string, unknown>): Program {
  return parseProgram(JSON.stringify({ partitions: 8, ...file }), "orders");
}

function flatten<Item>(summary: readonly Summary<Item>[]): Item[] {
  return summary.flatMap((entry) => {
    if (entry.kind === "once") return [entry.item];
    const once = flatten(entry.items);
    return Array.from({ length: entry.times }, () => once).flat();
  });
}

const ORDERS = {
  input: { path: "orders.csv", header: true, key: "id", value: "amount" },
  output: { path: "result.ndjson" },
  operations: [
    { operator: "map", function: "MUL", arg: 3 },
    { operator: "filter", expression: "v > 0 && k != 17" },
    { operator: "changeKey", expression: "v % 1000" },
    { operator: "reduce", function: "SUM" },
    { operator: "reduce", expression: "sum(v * v) / count(V) - (min(V) - 1)" },
    { operator: "changeKey", function: "SIGN" },
    { operator: "reduce", function: "MEDIAN" },
  ],
};

test("explain: a plan is drawn as a tree with its reasons", (t) => {
  t.is(
    formatExplanation(explain(parsed(ORDERS))),
    `orders: 8 partitions, int64, fails on the first error
7 operations written, 7 steps in 5 passes; 3 stages, 2 shuffles

input  orders.csv (with a header, key "id", value "amount")
├─ stage 0 reads the input
│  ├─ 3 steps in one pass
│  │  ├─ map MUL 3                                  operations[0]
│  │  ├─ filter v > 0 && k != 17                    operations[1]
│  │  └─ changeKey v % 1000                         operations[2]
│  └─ shuffle by key to 8 partitions: text is not partitioned by key
│     └─ combiner: parts of sum(V) can be put together
├─ stage 1 reads shuffled pairs
│  ├─ reduce SUM                                    operations[3]
│  │  ├─ pairs were shuffled by key
│  │  └─ collects sum(V)
│  ├─ reduce sum(v * v) / count(V) - (min(V) - 1)   operations[4]
│  │  ├─ no key has changed since the reduce before, so pairs need not move
│  │  ├─ collects sum(v * v), count(V), min(V)
│  │  └─ gives #0 / #1 - (#2 - 1)
│  ├─ changeKey SIGN                                operations[5]
│  └─ shuffle by key to 8 partitions: operations[5] changes keys
│     └─ no combiner: median needs all values of a key
└─ stage 2 reads shuffled pairs
   ├─ reduce MEDIAN                                 operations[6]
   │  ├─ pairs were shuffled by key
   │  └─ collects median(V)
   └─ output, sorted by key and value
output result.ndjson
`,
  );
});

test("explain: a plan is drawn as a Mermaid flowchart", (t) => {
  t.is(
    formatMermaid(explain(parsed(ORDERS))),
    `flowchart TD
  input[/"orders.csv"/]
  subgraph frame0["stage 0"]
    box0["map MUL 3<br/>filter v #62; 0 #38;#38; k #33;= 17<br/>changeKey v #37; 1000"]
    input --> box0
  end
  subgraph frame1["stage 1"]
    box1["reduce SUM"]
    box0 -->|shuffle, combined| box1
    box2["reduce sum#40;v * v#41; / count#40;V#41; - #40;min#40;V#41; - 1#41;"]
    box1 --> box2
    box3["changeKey SIGN"]
    box2 --> box3
  end
  subgraph frame2["stage 2"]
    box4["reduce MEDIAN"]
    box3 -->|shuffle| box4
  end
  output[/"result.ndjson"/]
  box4 -->|sort| output
`,
  );
});

test("explain: a program without steps or names is drawn too", (t) => {
  const nothing = explain(program([repeat(0, map())], { output: { path: undefined, format: "csv", order: "none" } }));
  t.is(
    formatExplanation(nothing),
    `test: 4 partitions, int64, fails on the first error
1 operation written, 0 steps in 0 passes; 1 stage, 0 shuffles

input  named on the command line
└─ stage 0 reads the input
   └─ output, in any order
output standard output (csv)
`,
  );
  t.true(formatMermaid(nothing).includes('box0["reads pairs"]'));
});

test("explain: about 1,000,000 unrolled steps are told in a few lines", (t) => {
  const source = program([map(), repeat(999, repeat(499, changeKey(), reduce()), map(), map()), map()]);
  const explanation = explain(source);
  t.is(explanation.counts.steps, 999_002);
  t.is(explanation.counts.shuffles, 498_501);
  t.true(JSON.stringify(explanation).length < 5000);
  t.true(formatExplanation(explanation).split("\n").length < 60);
  t.true(formatMermaid(explanation).split("\n").length < 60);
  t.true(formatExplanation(explanation).includes("stage 498501 reads shuffled pairs"));
});

test("explain: every step and stage is told in order, whatever the program", (t) => {
  const stepsOf = (part: ExplainedPart) => (part.kind === "reduce" ? [part.step] : flatten(part.steps));
  fc.assert(
    fc.property(draftsArbitrary, (drafts) => {
      const source = program(drafts);
      const plan = makePlan(source);
      const explanation = explainPlan(plan, source);
      const stages = flatten(explanation.stages);
      t.deepEqual(
        stages.map(({ source: from, parts, sink }) => [
          from,
          flatten(parts)
            .flatMap(stepsOf)
            .map(({ operation }) => operation),
          sink.kind === "shuffle" ? sink.combiner !== null : sink.order,
        ]),
        plan.stages.map(({ source: from, steps, sink }) => [
          from,
          steps.map(({ operation }) => operation),
          sink.kind === "shuffle" ? sink.combiner !== undefined : sink.order,
        ]),
      );
      t.is(explanation.counts.parts, stages.flatMap(({ parts }) => flatten(parts)).length);
      t.deepEqual(JSON.parse(JSON.stringify(explanation)), { ...explanation, output: { order: "key" } });
    }),
  );
});

test("explain: lines are narrow and harmless, whatever names and texts hold", (t) => {
  const hostile = '\u001b[31m\u202e\r\n\t`"<script>|]) end %% 😀';
  const long = `${hostile}${"x".repeat(200)}`;
  const plain = program([map(), repeat(30, repeat(2, map(), reduce()), changeKey())]);
  const rename = (operations: Program["operations"]): Program["operations"] =>
    operations.map((operation) => {
      const renamed = { ...operation, origin: { place: `${operation.origin.place}`.repeat(9), text: long } };
      return renamed.operator === "repeat" ? { ...renamed, operations: rename(renamed.operations) } : renamed;
    });
  const input = { paths: [long, long], format: undefined, header: true, delimiter: "\t", key: long, value: long };
  const output = { path: long, format: undefined, order: "key" } as const;
  const explanation = explain({ ...plain, name: long, input, output, operations: rename(plain.operations) });
  for (const line of formatExplanation(explanation).split("\n")) {
    t.true(Array.from(line).length <= EXPLANATION_COLUMNS, line);
    t.notRegex(line, /[\p{Cc}\p{Cf}]/u);
  }
  const chart = formatMermaid(explanation);
  t.notRegex(chart.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]|<(?!br\/>)|`|%%/u);
  for (const line of chart.split("\n")) t.true((line.match(/"/g)?.length ?? 0) % 2 === 0, line);
});

test("explain: the tree of a deep nest stays within its columns", (t) => {
  let operation = repeat(2, map(), changeKey());
  for (let depth = 0; depth < 15; depth += 1) operation = repeat(2, operation, map(), map());
  const lines = formatExplanation(explain(program([operation]))).split("\n");
  t.true(lines.every((line) => Array.from(line).length <= EXPLANATION_COLUMNS));
});

test("summary: written out in full it is the row that was given, and positions are those of first occurrences", (t) => {
  const rows = fc.oneof(
    fc.array(fc.nat(2), { maxLength: 40 }),
    fc
      .tuple(fc.array(fc.nat(3), { maxLength: 6 }), fc.nat(6), fc.array(fc.nat(3), { maxLength: 6 }), fc.nat(6))
      .map(([inner, innerTimes, outer, outerTimes]) => {
        const round = [...Array.from({ length: innerTimes }, () => inner).flat(), ...outer];
        return Array.from({ length: outerTimes }, () => round).flat();
      }),
  );
  fc.assert(
    fc.property(rows, (row) => {
      const summary = summarise(row);
      t.deepEqual(flatten(summary), row);
      mapSummary(summary, (number, position) => t.is(row[position], number));
    }),
  );
});

test("summary: what repeats is found, also inside each other", (t) => {
  const inner = [1, 2, 2, 2, 3];
  const row = [0, ...Array.from({ length: 10_000 }, () => inner).flat(), 4];
  t.deepEqual(summarise(row), [
    { kind: "once", item: 0 },
    {
      kind: "times",
      times: 10_000,
      items: [
        { kind: "once", item: 1 },
        { kind: "times", times: 3, items: [{ kind: "once", item: 2 }] },
        { kind: "once", item: 3 },
      ],
    },
    { kind: "once", item: 4 },
  ]);
  t.deepEqual(summarise([2, 2, 1, 2, 2, 1]), [
    {
      kind: "times",
      times: 2,
      items: [
        { kind: "times", times: 2, items: [{ kind: "once", item: 2 }] },
        { kind: "once", item: 1 },
      ],
    },
  ]);
});

const expressions: fc.Arbitrary<IntExpression> = fc.letrec<{ tree: IntExpression }>((tie) => {
  const tree = tie("tree");
  return {
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<IntExpression>({ kind: "key" }, { kind: "value" }),
      fc.record({ kind: fc.constant("literal" as const), value: fc.bigInt({ min: -99n, max: 99n }) }),
      fc.record({
        kind: fc.constant("unary" as const),
        operator: fc.constantFrom("-", "+", "~", "!" as const),
        operand: tree,
      }),
      fc.record({
        kind: fc.constant("binary" as const),
        operator: fc.constantFrom(
          ...(["+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^"] as const),
          ...(["==", "!=", "<", "<=", ">", ">="] as const),
        ),
        left: tree,
        right: tree,
      }),
      fc.record({
        kind: fc.constant("logical" as const),
        operator: fc.constantFrom("&&", "||" as const),
        left: tree,
        right: tree,
      }),
      fc.record({ kind: fc.constant("conditional" as const), test: tree, consequent: tree, alternate: tree }),
      fc.record({
        kind: fc.constant("call" as const),
        name: fc.constantFrom("min", "max", "gcd" as const),
        operands: fc.tuple(tree, tree),
      }),
    ),
  } as { tree: fc.Arbitrary<IntExpression> };
}).tree;

test("expression text: it parses to the tree that it was written from", (t) => {
  fc.assert(
    fc.property(expressions, (tree) => {
      const text = expressionText(tree);
      const [operation] = parsed({ operations: [{ operator: "map", expression: text }] }).operations;
      t.deepEqual(operation.operator === "map" && operation.expression, tree, text);
    }),
  );
});

/**
 * The commands that look and tell: `validate`, `explain`, `functions`, `schema`, `generate`, and colours.
 */
import test, { type ExecutionContext } from "ava";
import { CommandStage } from "./command.ts";

const ORDERS = {
  partitions: 8,
  input: "orders.csv",
  operations: [
    { operator: "map", function: "MUL", arg: 3 },
    { operator: "filter", expression: "v > 0 && k != 17" },
    { operator: "changeKey", expression: "v % 1000" },
    { operator: "reduce", function: "SUM" },
  ],
};

const WRONG = {
  partitions: 0,
  operations: [
    { operator: "map", functon: "ABS" },
    { operator: "reduce", function: "SUM" },
    { operator: "map", expression: "v +" },
  ],
};

const WRONG_LINES = [
  "wrong.json: partitions: must be an integer from 1 to 4096, but is 0",
  'wrong.json: operations[0].functon: unknown key "functon"; did you mean "function"?',
  "wrong.json: operations[2].expression: column 4: expected a value, but the expression ends",
];

function stageOf(t: ExecutionContext): CommandStage {
  const stage = new CommandStage(t);
  stage.write({ "orders.json": ORDERS, "wrong.json": WRONG });
  return stage;
}

test("validate: a right program is described, a wrong one told whole", (t) => {
  const stage = stageOf(t);
  const right = stage.run(["validate", "orders.json"]);
  t.deepEqual(right, {
    status: 0,
    signal: null,
    stdout: "ok: orders.json: 4 operations, 2 stages, 8 partitions\n",
    stderr: "",
  });
  const wrong = stage.run(["validate", "wrong.json"]);
  t.deepEqual([wrong.status, wrong.stdout], [2, ""]);
  t.is(wrong.stderr, WRONG_LINES.map((line) => `${line}\n`).join(""));
});

test("validate: --json is one document, of a right program, a wrong one and one that is not there", (t) => {
  const stage = stageOf(t);
  const right = stage.run(["validate", "orders.json", "--json"]);
  t.deepEqual([right.status, right.stderr], [0, ""]);
  t.deepEqual(JSON.parse(right.stdout), { valid: true, diagnostics: [] });
  const wrong = stage.run(["validate", "wrong.json", "--json"]);
  t.deepEqual([wrong.status, wrong.stderr], [2, ""]);
  const { valid, diagnostics } = JSON.parse(wrong.stdout) as {
    valid: boolean;
    diagnostics: { place: string; message: string }[];
  };
  t.false(valid);
  t.deepEqual(
    diagnostics.map(({ place, message }) => `wrong.json: ${place}: ${message}`),
    WRONG_LINES,
  );
  const missing = stage.run(["validate", "nope.json", "--json"]);
  t.is(missing.status, 2);
  t.deepEqual(JSON.parse(missing.stdout), {
    valid: false,
    diagnostics: [{ place: "", message: 'cannot read program "nope.json": there is no such file' }],
  });
});

for (const words of [
  ["explain", "wrong.json"],
  ["chaos", "wrong.json"],
]) {
  test(`${words[0]}: --json is one document of a wrong program, too`, (t) => {
    const { status, stdout, stderr } = stageOf(t).run([...words, "--json"]);
    t.is(status, 2);
    t.is(stderr, WRONG_LINES.map((line) => `${line}\n`).join(""));
    t.deepEqual(JSON.parse(stdout), { status: "failed", error: { code: "PROGRAM_INVALID", messages: WRONG_LINES } });
  });
}

test("validate: --inputs looks for the input files too", (t) => {
  const stage = stageOf(t);
  const missing = stage.run(["validate", "orders.json", "--inputs"]);
  t.deepEqual([missing.status, missing.stderr], [2, 'no input file "orders.csv"\n']);
  stage.write({ "orders.csv": "1,2\n" });
  t.is(stage.run(["validate", "orders.json", "--inputs"]).status, 0);
});

test("explain: the plan as a tree", (t) => {
  const { status, stdout, stderr } = stageOf(t).run(["explain", "orders.json"]);
  t.deepEqual([status, stderr], [0, ""]);
  t.is(
    stdout,
    `orders: 8 partitions, int64, fails on the first error
4 operations written, 4 steps in 2 passes; 2 stages, 1 shuffle

input  orders.csv
├─ stage 0 reads the input
│  ├─ 3 steps in one pass
│  │  ├─ map MUL 3                                  operations[0]
│  │  ├─ filter v > 0 && k != 17                    operations[1]
│  │  └─ changeKey v % 1000                         operations[2]
│  └─ shuffle by key to 8 partitions: text is not partitioned by key
│     └─ combiner: parts of sum(V) can be put together
└─ stage 1 reads shuffled pairs
   ├─ reduce SUM                                    operations[3]
   │  ├─ pairs were shuffled by key
   │  └─ collects sum(V)
   └─ output, sorted by key and value
output standard output
`,
  );
});

test("explain: --partitions, --json and --mermaid", (t) => {
  const stage = stageOf(t);
  t.regex(stage.run(["explain", "orders.json", "--partitions", "3"]).stdout, /^orders: 3 partitions/);
  const json = stage.run(["explain", "orders.json", "--json"]);
  t.is(json.status, 0);
  t.like(JSON.parse(json.stdout), { name: "orders", partitions: 8 });
  const mermaid = stage.run(["explain", "orders.json", "--mermaid"]);
  t.is(mermaid.status, 0);
  t.regex(mermaid.stdout, /^flowchart (TD|LR|TB)\n/);
  t.is(stage.run(["explain", "orders.json", "--json", "--mermaid"]).status, 2);
});

test("functions: the table and the JSON list the same names", (t) => {
  const stage = stageOf(t);
  const { named } = JSON.parse(stage.run(["functions", "--json"]).stdout) as { named: { name: string }[] };
  const { stdout } = stage.run(["functions"]);
  t.true(named.length > 20);
  for (const { name } of named) t.regex(stdout, new RegExp(`^    ${name} `, "m"));
});

test("schema: a JSON Schema that knows every operator", (t) => {
  const schema = JSON.parse(stageOf(t).run(["schema"]).stdout);
  t.is(schema.$schema, "http://json-schema.org/draft-07/schema#");
  const operators = schema.definitions.operation.oneOf.map(
    ({ properties }: { properties: { operator: { const: string } } }) => properties.operator.const,
  );
  t.deepEqual(operators, ["map", "changeKey", "filter", "flatMap", "reduce", "repeat"]);
});

test("generate: the same seed gives the same bytes, another one others", (t) => {
  const stage = stageOf(t);
  for (const options of [
    ["generate", "input", "--rows", "2000"],
    ["generate", "program", "--operations", "12"],
  ]) {
    const [one, same, other] = ["7", "7", "8"].map((seed) => stage.run([...options, "--seed", seed]));
    t.deepEqual([one?.status, one?.stderr], [0, ""]);
    t.is(one?.stdout, same?.stdout);
    t.not(one?.stdout, other?.stdout);
  }
});

test("generate: what it writes is valid, and runs", (t) => {
  const stage = stageOf(t);
  stage.write({ "program.json": stage.run(["generate", "program", "--operations", "5", "--seed", "3"]).stdout });
  stage.write({ "pairs.csv": stage.run(["generate", "input", "--rows", "500", "--keys", "20"]).stdout });
  t.is(stage.run(["validate", "program.json"]).status, 0);
  t.is(stage.run(["run", "program.json", "--input", "pairs.csv", "--quiet"]).status, 0);
  const lines = stage.read("pairs.csv").trimEnd().split("\n");
  t.is(lines.length, 500);
  for (const line of lines) t.true(Number(line.split(",")[0]) <= 20);
});

test("generate: a number of rows is required", (t) => {
  const { status, stderr } = stageOf(t).run(["generate", "input"]);
  t.is(status, 2);
  t.regex(stderr, /required option '--rows <N>' not specified/);
});

test("colours: only on wish where nobody looks at a terminal, and never against NO_COLOR", (t) => {
  const stage = stageOf(t);
  for (const options of [["functions"], ["run", "--help"], ["--help"]]) {
    t.false(stage.run(options).stdout.includes("\x1b"));
    t.true(stage.run(options, { env: { FORCE_COLOR: "1" } }).stdout.includes("\x1b["), options.join(" "));
    t.false(stage.run(options, { env: { FORCE_COLOR: "1", NO_COLOR: "1" } }).stdout.includes("\x1b"));
  }
});

for (const command of [
  ...["run", "validate", "explain", "functions", "schema", "generate input", "generate program", "chaos"],
]) {
  test(`help: ${command} has examples, within 100 columns`, (t) => {
    const { status, stdout } = stageOf(t).run([...command.split(" "), "--help"]);
    t.is(status, 0);
    t.true(stdout.includes(`\nExamples:\n  $ actor-dataflow ${command}`));
    for (const line of stdout.split("\n")) t.true(line.length <= 100, line);
  });
}

/**
 * The example programs and the lists of functions: what is shown to people is right.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { formatOfPath } from "../../programs/format-of-path.ts";
import { listFunctions } from "../../programs/list-functions.ts";
import { interpretProgram } from "../../programs/oracle/interpret-program.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import { programJsonSchema } from "../../programs/schema.ts";

/** From `dist/test/programs` to the sources. */
const folder = path.join(import.meta.dirname, "../../../programs/examples");
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));

test("there are examples", (t) => {
  t.deepEqual(results.map(([file]) => file).sort(), files.sort());
});

for (const file of files) {
  test(`the example ${file} is a right program`, (t) => {
    const program = parseProgram(readFileSync(path.join(folder, file), "utf8"), file);
    t.not(program.name, file, "an example says what it does in its name");
    t.true(program.operations.length > 0);
  });
}

/** File, input, output. */
const results: [string, string, string][] = [
  ["count-values.json", "1,5\n2,5\n3,-1\n", "-1,1\n5,2\n"],
  ["variance.json", "1,2\n1,4\n1,9\n2,7\n", "1,8\n2,0\n"],
  ["medians.json", "1,2\n1,2\n2,5\n5000012,5\n", "14,7\n23,16\n30,16\n"],
  ["histogram.json", "0,-5\n0,999\n0,1000\n0,123456789\n", "0,2\n1,1\n99,1\n"],
  ["collatz-steps.json", "0,1\n0,27\n0,6\n0,0\n", "1,2\n53,1\n"],
  ["digit-frequency.json", "0,-1223\n9,3\n", "1,1\n2,2\n3,2\n"],
  ["top-customers.json", "amount,customer\n900,7\n100,7\n-5,7\n999,8\nfree,9\n", '{"k":7,"v":1000}\n'],
  ["factorials.json", "0,0\n0,5\n7,5\n0,25\n", "0,1\n5,120\n25,15511210043330985984000000\n"],
];

for (const [file, text, output] of results) {
  test(`the example ${file} computes what its name says`, (t) => {
    const program = parseProgram(readFileSync(path.join(folder, file), "utf8"), file);
    const format = program.output.path === undefined ? undefined : formatOfPath(program.output.path);
    const withFormat = { ...program, output: { ...program.output, format } };
    t.like(interpretProgram(withFormat, [{ name: "input.csv", text, format: "csv" }]), { kind: "done", output });
  });
}

test("between them the examples show every operator", (t) => {
  const text = files.map((file) => readFileSync(path.join(folder, file), "utf8")).join();
  for (const operator of ["map", "changeKey", "filter", "flatMap", "reduce", "repeat"]) {
    t.true(text.includes(`"operator": "${operator}"`), operator);
  }
});

test("every function that is listed can be used as listed, with each of its operators", (t) => {
  const { named, expression } = listFunctions();
  const steps = named.flatMap(({ name, operators, takesArg }) =>
    operators.map((operator) => ({ operator, function: name, ...(takesArg ? { arg: 1 } : {}) })),
  );
  const calls = expression.flatMap(({ signature, operators }) =>
    operators.map((operator) => {
      const call = signature.replace(", …", "").replaceAll(/\b(?:a|b|x|n|lo|hi)\b/g, "k");
      const isInt = operator !== "flatMap" || call.startsWith("range");
      return { operator, expression: isInt ? call : `[${call}]` };
    }),
  );
  const { operations } = parseProgram(JSON.stringify({ partitions: 1, operations: [...steps, ...calls] }), "");
  t.is(operations.length, steps.length + calls.length);
  t.is(new Set(steps.map((step) => `${step.operator} ${step.function}`)).size, steps.length);
});

test("formulas of named functions are the expressions that give the same trees", (t) => {
  const formulas = listFunctions().named.filter(({ name }) => name !== "REPEAT" && name !== "DIGITS");
  for (const { name, operators, takesArg, formula } of formulas) {
    for (const operator of operators) {
      const steps = [
        { operator, function: name, ...(takesArg ? { arg: 7 } : {}) },
        { operator, expression: formula.replace("arg", "7") },
      ];
      const { operations } = parseProgram(JSON.stringify({ partitions: 1, operations: steps }), "");
      const [byName, byFormula] = operations.map((operation) => ({ ...operation, origin: undefined }));
      t.deepEqual(byName, byFormula, name);
    }
  }
});

test("the JSON Schema describes every key, and the functions of every operator", (t) => {
  const schema = programJsonSchema() as {
    readonly properties: object;
    readonly required: readonly string[];
    readonly definitions: { readonly operation: { readonly oneOf: readonly OperationSchema[] } };
  };
  interface OperationSchema {
    readonly properties: { readonly operator: { const: string }; readonly function?: { readonly enum: string[] } };
  }
  t.deepEqual(Object.keys(schema.properties).sort(), [
    ...["input", "integers", "name", "onError", "operations", "output", "partitions"],
  ]);
  t.deepEqual(schema.required, ["partitions", "operations"]);
  const { named } = listFunctions();
  for (const { properties } of schema.definitions.operation.oneOf) {
    const operator = properties.operator.const;
    const names = named.filter(({ operators }) => (operators as readonly string[]).includes(operator));
    t.deepEqual(
      properties.function?.enum ?? [],
      names.map(({ name }) => name),
    );
  }
  t.is(schema.definitions.operation.oneOf.length, 6);
});

/**
 * The example programs and the lists of functions: what is shown to people is right.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { listFunctions } from "../../programs/list-functions.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import { programJsonSchema } from "../../programs/schema.ts";

/** From `dist/test/programs` to the sources. */
const folder = path.join(import.meta.dirname, "../../../programs/examples");
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));

test("there are examples", (t) => {
  t.true(files.length >= 6);
});

for (const file of files) {
  test(`the example ${file} is a right program`, (t) => {
    const program = parseProgram(readFileSync(path.join(folder, file), "utf8"), file);
    t.not(program.name, file, "an example says what it does in its name");
    t.true(program.operations.length > 0);
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

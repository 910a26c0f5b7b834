/**
 * The shape of a program file, as zod schemas: they check the file and describe it to editors as JSON Schema.
 *
 * Owns: keys, types and ranges, each with the words that an error uses for what was expected.
 * Never: looks at what spans several keys, at functions or at expressions; see `parse-operations.ts` and `parse-files.ts`.
 *
 * S1. Each message completes the sentence "must be …".
 * S2. Schemas do not nest: `operations`, `input` and `output` are checked where they are taken apart, so that one error hides no other.
 */
import * as z from "zod";
import { INTEGER_FUNCTIONS, LIST_FUNCTIONS, type StepOperator } from "./functions.ts";
import { PARTITION_COUNT_MAX, REPEAT_TIMES_MAX } from "./limits.ts";

const COLUMN_NUMBER_MAX = 65_535;
/** What is part of a number, or quotes one, cannot separate fields. */
const DELIMITER = /^(?![\d+\-"\r\n])\p{ASCII}$/u;
const DELIMITER_PHRASE = 'one ASCII character, but no digit, sign, line end or "';

export const pathSchema = text("a path", { description: "A path; * and ** are globs, expanded in sorted order." });
export const pathsSchema = z.array(pathSchema, "a path, an array of paths, or an object").min(1, "one path or more");
const formatSchema = choice(["csv", "ndjson"]);

const columnPhrase = `a column's name or a number from 0 to ${COLUMN_NUMBER_MAX}`;
const columnSchema = z.union([z.string(), integer(0, COLUMN_NUMBER_MAX, columnPhrase)], columnPhrase);

export const inputSchema = z
  .strictObject(
    {
      path: z
        .unknown()
        .nonoptional("a path or an array of paths")
        .meta({ anyOf: [toJsonSchema(pathSchema), toJsonSchema(pathsSchema)] }),
      format: formatSchema
        .optional()
        .meta({ description: "By default ndjson for .ndjson and .jsonl, csv for all else." }),
      header: z.boolean("true or false").default(false).meta({
        description: "Whether the first line of each CSV file names the columns.",
      }),
      delimiter: z
        .string(DELIMITER_PHRASE)
        .regex(DELIMITER, DELIMITER_PHRASE)
        .default(",")
        .meta({ description: "What separates the fields of a CSV line.", examples: [",", ";", "\t"] }),
      key: columnSchema.optional().meta({
        ...{ description: "Column of the key: name or number from 0 in CSV, member in NDJSON.", examples: [0, "user"] },
      }),
      value: columnSchema.optional().meta({
        ...{ description: "Column of the value: name or number from 0 in CSV, member in NDJSON." },
        examples: [1, "amount"],
      }),
    },
    'an object such as { "path": "pairs.csv" }',
  )
  .meta({ description: "Where the pairs come from, and how they are written." });

export const outputSchema = z
  .strictObject(
    {
      path: pathSchema.optional().meta({ description: "By default standard output." }),
      format: formatSchema
        .optional()
        .meta({ description: "By default ndjson for .ndjson and .jsonl, csv for all else." }),
      order: choice(["key", "none"]).default("key").meta({
        description: "key: sorted by key, then by value. none: any order, which is faster.",
      }),
    },
    'an object such as { "path": "result.csv" }',
  )
  .meta({ description: "Where the result goes." });

const functionSchema = z.string("the name of a function");
const expressionSchema = z.string("an expression between double quotes");
/** Checked in `parse-operations.ts`: whether there may be an `arg`, and which, depends on the function. */
const argSchema = z.unknown().meta({
  description: "The function's second argument; as a string where a JSON number would not be exact.",
  anyOf: [{ type: "integer" }, { type: "string", pattern: "^[+-]?[0-9]+$" }],
  examples: [3, "9223372036854775807"],
});

export const stepSchemas: Record<StepOperator, ReturnType<typeof stepSchema>> = {
  map: stepSchema("map", "Each pair <k, v> becomes <k, f(v)>.", ["v * 3 + 1", "clamp(v, 0, 100)"]),
  changeKey: stepSchema("changeKey", "Each pair <k, v> becomes <f(v), v>.", ["v % 1000", "k + v"]),
  filter: stepSchema("filter", "Keeps the pairs whose f(v) is not 0.", ["v > 0 && k != 17"]),
  flatMap: stepSchema("flatMap", "Each pair <k, v> becomes <k, w> for every w in the list f(v).", [
    "[v, -v]",
    "range(v)",
  ]),
  reduce: stepSchema("reduce", "All pairs of a key k become one, <k, f(V)>; V is the list of their values.", [
    "sum(V) / count(V)",
    "sum(v * v)",
  ]),
};

export const repeatSchema = z
  .strictObject(
    {
      operator: z.literal("repeat"),
      times: integer(0, REPEAT_TIMES_MAX).meta({ description: "How many times over." }),
      operations: operationList(),
    },
    "an object",
  )
  .meta({ description: "Runs operations several times over." });

export const programSchema = z
  .strictObject(
    {
      name: z.string("a string").optional().meta({ description: "Shown to people; by default the file's name." }),
      partitions: integer(1, PARTITION_COUNT_MAX).meta({
        ...{ description: "How many partitions each operator runs over.", examples: [8] },
      }),
      integers: choice(["int64", "bigint"]).default("int64").meta({
        description: "int64: a result that does not fit 64 bits is an error. bigint: integers of any size.",
      }),
      onError: choice(["fail", "reject"]).default("fail").meta({
        description: "fail: a bad record or an arithmetic error fails the job. reject: it is left out and reported.",
      }),
      input: z
        .unknown()
        .optional()
        .meta({
          description: "Where the pairs come from, relative to this file; the command line may say so instead.",
          anyOf: [toJsonSchema(pathSchema), toJsonSchema(pathsSchema), toJsonSchema(inputSchema)],
          examples: ["pairs.csv", ["2023/*.csv", "2024/*.csv"]],
        }),
      output: z
        .unknown()
        .optional()
        .meta({
          description: "Where the result goes, relative to the working directory; by default standard output.",
          anyOf: [toJsonSchema(pathSchema), toJsonSchema(outputSchema)],
          examples: ["result.csv"],
        }),
      operations: operationList(),
    },
    'an object such as { "partitions": 8, "operations": [ … ] }',
  )
  .meta({ title: "Dataflow program" });

/** The JSON Schema (draft 7) of a program file, for editors. */
export function programJsonSchema(): Record<string, unknown> {
  const steps = [...Object.values(stepSchemas), repeatSchema].map(toJsonSchema);
  const draft = { $schema: "http://json-schema.org/draft-07/schema#" };
  return { ...draft, ...toJsonSchema(programSchema), definitions: { operation: { oneOf: steps } } };
}

function stepSchema(operator: StepOperator, description: string, examples: readonly string[]) {
  const names = [...INTEGER_FUNCTIONS, ...LIST_FUNCTIONS]
    .filter((known) => (known.operators as readonly StepOperator[]).includes(operator))
    .map(({ name }) => name);
  return z
    .strictObject(
      {
        operator: z.literal(operator),
        function: functionSchema.optional().meta({ description: "A function by name.", enum: names }),
        arg: argSchema.optional(),
        expression: expressionSchema.optional().meta({ description: "Instead of a function.", examples }),
      },
      "an object",
    )
    .meta({ description, oneOf: [{ required: ["function"] }, { required: ["expression"] }] });
}

function operationList() {
  const operation = z.unknown().meta({ $ref: "#/definitions/operation" });
  return z.array(operation, "an array of operations").min(1, "an array of one operation or more");
}

function choice<const Names extends readonly string[]>(names: Names) {
  return z.enum(names, names.map((name) => `"${name}"`).join(" or "));
}

function integer(min: number, max: number, phrase = `an integer from ${min} to ${max}`) {
  return z.int(phrase).min(min, phrase).max(max, phrase);
}

function text(phrase: string, meta: { readonly description: string }) {
  return z.string(phrase).min(1, `${phrase}, not empty`).meta(meta);
}

function toJsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
  return rest;
}

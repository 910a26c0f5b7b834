import test from "ava";
import fc from "fast-check";
import { TextFormatter } from "../../../../programs/kernels/int64/text-formatter.ts";
import { hardInteger, INT64_MAX, INT64_MIN } from "./hard-integers.ts";
import { putColumn, releaseAll, testKernels } from "./memory-columns.ts";

const kernels = testKernels();

function formatPairs(format: "csv" | "ndjson", pairs: readonly (readonly [bigint, bigint])[]): string {
  const formatter = new TextFormatter(kernels, format);
  const keys = putColumn(
    kernels,
    pairs.map(([key]) => key),
  );
  const values = putColumn(
    kernels,
    pairs.map(([, value]) => value),
  );
  const text = new TextDecoder().decode(formatter.format(keys, values, pairs.length));
  formatter.dispose();
  releaseAll(kernels, [keys, values]);
  return text;
}

test("format: any pairs as CSV and NDJSON are what plain JavaScript writes", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hardInteger, hardInteger), { maxLength: 50 }), (pairs) => {
      t.is(formatPairs("csv", pairs), pairs.map(([key, value]) => `${key},${value}\n`).join(""));
      t.is(formatPairs("ndjson", pairs), pairs.map(([key, value]) => `{"k":${key},"v":${value}}\n`).join(""));
    }),
    { numRuns: 300 },
  );
});

test("format: no pairs are no text", (t) => {
  t.is(formatPairs("csv", []), "");
  t.is(formatPairs("ndjson", []), "");
});

test("format: the longest pairs stay inside the buffer", (t) => {
  const pairs = Array.from({ length: 1000 }, () => [INT64_MIN, INT64_MIN] as const);
  t.is(formatPairs("csv", pairs), `${INT64_MIN},${INT64_MIN}\n`.repeat(1000));
  t.is(formatPairs("ndjson", [[INT64_MAX, INT64_MIN]]), `{"k":${INT64_MAX},"v":${INT64_MIN}}\n`);
});

test("format: every number of one to five digits, and around every power of ten", (t) => {
  const numbers = Array.from({ length: 100_000 }, (_, index) => BigInt(index));
  for (let exponent = 5n; exponent < 19n; exponent += 1n) numbers.push(10n ** exponent - 1n, 10n ** exponent);
  const pairs = numbers.map((number) => [number, -number] as const);
  t.is(formatPairs("csv", pairs), pairs.map(([key, value]) => `${key},${value}\n`).join(""));
});

test("format: every group of four digits in the upper and the lower half of eight", (t) => {
  const pairs = Array.from(
    { length: 10_000 },
    (_, index) => [BigInt(index) * 10_000n + 7n, BigInt(index) + 70_000_000n] as const,
  );
  t.is(formatPairs("csv", pairs), pairs.map(([key, value]) => `${key},${value}\n`).join(""));
});

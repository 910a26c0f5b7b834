/**
 * Aggregation against exact arithmetic: every aggregate, adversarial values and keys, any batches, any order of merges.
 */
import test from "ava";
import fc from "fast-check";
import type { AggregateName } from "../../../../programs/expression/tree.ts";
import { Aggregation, type AggregationSpecification } from "../../../../programs/kernels/int64/aggregation.ts";
import { mergeInto, newInstance, resultsOf, statesOf, updateWith } from "./aggregation-driver.ts";
import { aggregateExactly, type Row } from "./aggregation-reference.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const DECOMPOSABLE: readonly AggregateName[] = ["sum", "count", "min", "max", "product", "mean"];
const HOLISTIC: readonly AggregateName[] = ["median", "distinct"];
const instance = newInstance();

const anyInt64 = fc.bigInt({ min: INT64_MIN, max: INT64_MAX });
const powerOfTwo = fc
  .tuple(fc.integer({ min: 0, max: 63 }), fc.boolean())
  .map(([exponent, negative]) => BigInt.asIntN(64, (negative ? -1n : 1n) * 2n ** BigInt(exponent)));
/** Small factors of 2^63 and of other bounds, values at the ends, and anything. */
const operandValue = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: -3n, max: 3n }) },
  { weight: 2, arbitrary: powerOfTwo },
  {
    weight: 2,
    arbitrary: fc.constantFrom(INT64_MIN, INT64_MIN + 1n, INT64_MAX, INT64_MAX - 1n, 3037000499n, 3037000500n),
  },
  { weight: 1, arbitrary: fc.bigInt({ min: -(2n ** 32n), max: 2n ** 32n }) },
  { weight: 1, arbitrary: anyInt64 },
);
const groupKey = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: -3n, max: 3n }) },
  { weight: 1, arbitrary: fc.constantFrom(INT64_MIN, INT64_MAX) },
  { weight: 1, arbitrary: anyInt64 },
);

interface Sample {
  readonly specifications: readonly AggregationSpecification[];
  readonly rows: readonly Row[];
}

function samples(
  names: readonly AggregateName[],
  lengths: { minLength: number; maxLength: number },
): fc.Arbitrary<Sample> {
  const specification = fc.record({ name: fc.constantFrom(...names), fallible: fc.boolean() });
  return fc.array(specification, lengths).chain((specifications) => {
    const operands = specifications.map(({ fallible }) =>
      fc.record({
        value: operandValue,
        cause: fallible
          ? fc.oneof(
              { weight: 12, arbitrary: fc.constant(0) },
              { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
            )
          : fc.constant(0),
      }),
    );
    const row = fc.record({ key: groupKey, operands: fc.tuple(...operands) });
    return fc.record({ specifications: fc.constant(specifications), rows: fc.array(row, { maxLength: 60 }) });
  });
}

for (const name of [...DECOMPOSABLE, ...HOLISTIC]) {
  test(`aggregation: ${name} of any rows in any batches is the exact result`, (t) => {
    fc.assert(
      fc.property(
        samples([name], { minLength: 1, maxLength: 1 }),
        fc.integer({ min: 1, max: 20 }),
        ({ specifications, rows }, batchRows) => {
          const aggregation = new Aggregation(instance, specifications);
          updateWith(instance, aggregation, rows, batchRows);
          t.deepEqual(resultsOf(instance, aggregation), aggregateExactly(specifications, rows));
          aggregation.dispose();
        },
      ),
      { numRuns: 300 },
    );
  });
}

test("aggregation: several aggregates together, holistic ones too, each give the exact result", (t) => {
  fc.assert(
    fc.property(
      samples([...DECOMPOSABLE, ...HOLISTIC], { minLength: 0, maxLength: 5 }),
      fc.integer({ min: 1, max: 20 }),
      ({ specifications, rows }, batchRows) => {
        const aggregation = new Aggregation(instance, specifications);
        updateWith(instance, aggregation, rows, batchRows);
        t.deepEqual(resultsOf(instance, aggregation), aggregateExactly(specifications, rows));
        aggregation.dispose();
      },
    ),
    { numRuns: 400 },
  );
});

test("aggregation: partial aggregates of any parts, merged in any order, give what the whole gives", (t) => {
  fc.assert(
    fc.property(
      samples(DECOMPOSABLE, { minLength: 0, maxLength: 4 }),
      fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 10 }),
      fc.infiniteStream(fc.nat()),
      ({ specifications, rows }, cuts, sliceKeys, order) => {
        const bounds = [0, ...cuts.map((cut) => Math.min(cut, rows.length)).sort((a, b) => a - b), rows.length];
        const part = new Aggregation(instance, specifications);
        const partials = bounds.slice(1).map((to, index) => {
          part.clear();
          updateWith(instance, part, rows.slice(bounds[index], to));
          return { partial: statesOf(instance, part, sliceKeys), rank: order.next().value };
        });
        partials.sort((left, right) => left.rank - right.rank);
        const total = new Aggregation(instance, specifications);
        for (const { partial } of partials) mergeInto(instance, total, partial);
        t.deepEqual(resultsOf(instance, total), aggregateExactly(specifications, rows));
        part.dispose();
        total.dispose();
      },
    ),
    { numRuns: 600 },
  );
});

test("aggregation: merged states are themselves the states of the whole", (t) => {
  fc.assert(
    fc.property(samples(DECOMPOSABLE, { minLength: 1, maxLength: 4 }), fc.nat({ max: 60 }), (sample, cut) => {
      const { specifications, rows } = sample;
      const [whole, left, right] = [0, 1, 2].map(() => new Aggregation(instance, specifications)) as [
        Aggregation,
        Aggregation,
        Aggregation,
      ];
      updateWith(instance, whole, rows);
      updateWith(instance, left, rows.slice(0, cut));
      updateWith(instance, right, rows.slice(cut));
      mergeInto(instance, left, statesOf(instance, right, 100));
      t.deepEqual(statesOf(instance, left, 100), statesOf(instance, whole, 100));
      for (const aggregation of [whole, left, right]) aggregation.dispose();
    }),
    { numRuns: 300 },
  );
});

/** Deep comparison of 70,000 results takes AVA seconds; of their text, nothing. */
const withBigInts = (_member: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);
const sum: readonly AggregationSpecification[] = [{ name: "sum", fallible: false }];
const DISTRIBUTIONS: Readonly<Record<string, (index: number) => bigint>> = {
  "one key": () => 7n,
  "sequential keys": (index) => BigInt(index),
  "sequential keys below zero": (index) => -BigInt(index) * 3n,
  "keys that recur out of order": (index) => BigInt((index * 7919) % 20_011),
  "multiples of 2^16": (index) => BigInt(index) << 16n,
  "multiples of 2^40": (index) => BigInt.asIntN(64, BigInt(index) << 40n),
  "multiples of 2^48": (index) => BigInt.asIntN(64, BigInt(index) << 48n),
  "scattered keys": (index) => BigInt.asIntN(64, BigInt(index) * 0x9e3779b97f4a7c15n),
  "a dense start, then keys far apart": (index) => (index < 20_000 ? BigInt(index) : BigInt(index) << 33n),
};

for (const [title, keyOf] of Object.entries(DISTRIBUTIONS)) {
  test(`aggregation: the table grows over ${title} and is used again after clear`, (t) => {
    const rows = Array.from({ length: 70_000 }, (_, index) => ({
      key: keyOf(index),
      operands: [{ value: BigInt(index) - 5n, cause: 0 }],
    }));
    const expected = aggregateExactly(sum, rows);
    const text = JSON.stringify(expected, withBigInts);
    const aggregation = new Aggregation(instance, sum);
    for (const round of [1, 2]) {
      updateWith(instance, aggregation, rows);
      t.is(aggregation.keyCount, expected.length);
      t.true(JSON.stringify(resultsOf(instance, aggregation), withBigInts) === text, `round ${round}`);
      aggregation.clear();
      t.is(aggregation.keyCount, 0);
    }
    aggregation.dispose();
  });
}

const FACTORS = [INT64_MIN, -(2n ** 62n), -2n, -1n, 0n, 1n, 2n, 3n, 2n ** 62n, INT64_MAX];

test("aggregation: products of every four of the factors around 2^63, updated and merged at every cut, are exact", (t) => {
  const specifications: readonly AggregationSpecification[] = [{ name: "product", fallible: false }];
  const rows: Row[] = [];
  for (let combination = 0; combination < FACTORS.length ** 4; combination++) {
    for (let place = 0; place < 4; place++) {
      const value = FACTORS[Math.floor(combination / FACTORS.length ** place) % FACTORS.length]!;
      rows.push({ key: BigInt(combination), operands: [{ value, cause: 0 }] });
    }
  }
  const expected = JSON.stringify(aggregateExactly(specifications, rows), withBigInts);
  for (const cut of [0, 1, 2, 3]) {
    const total = new Aggregation(instance, specifications);
    const tail = new Aggregation(instance, specifications);
    updateWith(
      instance,
      total,
      rows.filter((_, row) => row % 4 < cut || cut === 0),
    );
    updateWith(
      instance,
      tail,
      rows.filter((_, row) => row % 4 >= cut && cut > 0),
    );
    mergeInto(instance, total, statesOf(instance, tail, 10_000));
    t.true(JSON.stringify(resultsOf(instance, total), withBigInts) === expected, `cut ${cut}`);
    total.dispose();
    tail.dispose();
  }
});

test("aggregation: after clear a table with few keys in a wide range knows none of them", (t) => {
  const aggregation = new Aggregation(instance, sum);
  const rowsFrom = (first: bigint): Row[] =>
    Array.from({ length: 100 }, (_, index) => ({
      key: first + BigInt(index) * 500n,
      operands: [{ value: 1n, cause: 0 }],
    }));
  for (const first of [0n, 0n, 250n]) {
    updateWith(instance, aggregation, rowsFrom(first));
    t.deepEqual(resultsOf(instance, aggregation), aggregateExactly(sum, rowsFrom(first)));
    aggregation.clear();
  }
  aggregation.dispose();
});

test("aggregation: keys at both ends of int64 keep their order, whichever comes first", (t) => {
  const low = Array.from({ length: 50 }, (_, index) => INT64_MIN + BigInt(index));
  const high = Array.from({ length: 50 }, (_, index) => INT64_MAX - BigInt(index));
  const rowsOf = (keys: readonly bigint[]): Row[] => keys.map((key) => ({ key, operands: [{ value: key, cause: 0 }] }));
  const [fewLow, fewHigh] = [low.slice(0, 10), high.slice(0, 10)];
  for (const parts of [[low, fewHigh], [high, fewLow], [low, high], [low], [high]]) {
    const aggregation = new Aggregation(instance, sum);
    for (const part of parts) updateWith(instance, aggregation, rowsOf(part));
    t.deepEqual(resultsOf(instance, aggregation), aggregateExactly(sum, parts.flatMap(rowsOf)));
    aggregation.dispose();
  }
});

test("aggregation: partial aggregates come in order of first appearance, and sums that fit need no high half", (t) => {
  const aggregation = new Aggregation(instance, [
    { name: "sum", fallible: true },
    { name: "product", fallible: false },
  ]);
  const row = (key: bigint, value: bigint): Row => ({
    key,
    operands: [
      { value, cause: 0 },
      { value, cause: 0 },
    ],
  });
  updateWith(instance, aggregation, [row(5n, -1n), row(-9n, 4n), row(5n, -2n), row(0n, INT64_MAX)]);
  t.is(aggregation.stateColumnCount, 5);
  t.deepEqual(statesOf(instance, aggregation, 2), {
    keys: [5n, -9n, 0n],
    states: [
      [-3n, 4n, INT64_MAX],
      [0n, 0n, 0n],
      [0n, 0n, 0n],
      [2n, 4n, INT64_MAX],
      [0n, 0n, 0n],
    ],
  });
  aggregation.dispose();
});

test("aggregation: a million rows on ten thousand keys, summed, counted and medianed", (t) => {
  const batch = 10_000;
  const keys = instance.allocate(batch * 8);
  const values = instance.allocate(batch * 8);
  const aggregation = new Aggregation(instance, [
    { name: "sum", fallible: false },
    { name: "median", fallible: false },
    { name: "count", fallible: false },
  ]);
  for (let from = 0; from < 1_000_000; from += batch) {
    const [keyView, valueView] = [instance.int64s(keys, batch), instance.int64s(values, batch)];
    for (let row = 0; row < batch; row++) {
      const index = from + row;
      keyView[row] = BigInt(((index * 7) % 10_000) - 5000);
      valueView[row] = BigInt(index);
    }
    const operand = { values, causes: 0 };
    aggregation.update(keys, [operand, operand, operand], batch);
  }
  const results = resultsOf(instance, aggregation);
  t.is(results.length, 10_000);
  // Residue r modulo 10,000 has the values r, r + 10,000, …, a hundred of them up to r + 990,000.
  const inverse = 7143n; // 7 * 7143 = 50,001 = 1 modulo 10,000
  for (const { key, results: aggregates } of results) {
    const residue = ((key + 5000n) * inverse) % 10_000n;
    const expected = [residue * 100n + 49_500_000n, residue + 490_000n, 100n];
    if (aggregates.some(({ value }, position) => value !== expected[position])) t.fail(`key ${key}`);
  }
  for (const pointer of [keys, values]) instance.release(pointer);
  aggregation.dispose();
});

test("aggregation: dispose frees everything it allocated", (t) => {
  const fresh = newInstance();
  const memory = fresh.exports.memory as WebAssembly.Memory;
  const rows = Array.from({ length: 3000 }, (_, index) => ({
    key: BigInt(index % 1000),
    operands: [0, 1, 2].map(() => ({ value: BigInt(index), cause: index % 100 === 0 ? 2 : 0 })),
  }));
  const use = () => {
    const aggregation = new Aggregation(fresh, [
      { name: "mean", fallible: true },
      { name: "median", fallible: true },
      { name: "distinct", fallible: true },
    ]);
    updateWith(fresh, aggregation, rows, 500);
    aggregation.results();
    aggregation.clear();
    updateWith(fresh, aggregation, rows, 500);
    aggregation.results();
    aggregation.dispose();
  };
  use();
  use();
  const before = memory.buffer.byteLength;
  for (let round = 0; round < 50; round++) use();
  t.is(memory.buffer.byteLength, before);
});

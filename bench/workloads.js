/**
 * The workloads that everything is measured on: the same computation as a program, as SQL and as Polars expressions.
 *
 * Owns: what is computed. Results are CSV sorted by key, so that they can be compared byte for byte.
 */

export const WORKLOADS = {
  mod: {
    description: "4 narrow operators, shuffle to 1,000 keys, sum",
    program: {
      partitions: 10,
      operations: [
        { operator: "map", function: "MUL", arg: 3 },
        { operator: "map", function: "ADD", arg: 7 },
        { operator: "changeKey", function: "MOD", arg: 1000 },
        { operator: "map", function: "SUB", arg: 1 },
        { operator: "reduce", function: "SUM" },
      ],
    },
    sql: "select (v * 3 + 7) % 1000 as k, sum(v * 3 + 7 - 1)::hugeint as v from pairs group by 1 order by 1",
    polars: (pl, pairs, int) =>
      pairs
        .select(
          pl.col("v").mul(int(3)).plus(int(7)).modulo(int(1000)).alias("k"),
          pl.col("v").mul(int(3)).plus(int(7)).minus(int(1)).alias("v"),
        )
        .groupBy("k")
        .agg(pl.col("v").sum())
        .sort("k"),
    plain: { map: (_k, v) => [(v * 3 + 7) % 1000, v * 3 + 7 - 1], reduce: "sum" },
  },
  keyed: {
    description: "2 narrow operators, sum by 1,000,000 distinct keys",
    program: {
      partitions: 10,
      operations: [
        { operator: "map", function: "MUL", arg: 3 },
        { operator: "map", function: "ADD", arg: 7 },
        { operator: "reduce", function: "SUM" },
      ],
    },
    sql: "select k, sum(v * 3 + 7)::hugeint as v from pairs group by 1 order by 1",
    polars: (pl, pairs, int) =>
      pairs
        .select(pl.col("k"), pl.col("v").mul(int(3)).plus(int(7)).alias("v"))
        .groupBy("k")
        .agg(pl.col("v").sum())
        .sort("k"),
    plain: { map: (k, v) => [k, v * 3 + 7], reduce: "sum" },
  },
  move: {
    description: "every pair changes its key and moves; median of 5,000,011 keys",
    program: {
      partitions: 64,
      operations: [
        { operator: "map", function: "MUL", arg: 3 },
        { operator: "changeKey", expression: "(v * 7 + k) % 5000011" },
        { operator: "map", function: "ADD", arg: 1 },
        { operator: "reduce", function: "MEDIAN" },
      ],
    },
    sql: "select (v * 3 * 7 + k) % 5000011 as k, quantile_disc(v * 3 + 1, 0.5) as v from pairs group by 1 order by 1",
    polars: (pl, pairs, int) =>
      pairs
        .select(
          pl.col("v").mul(int(21)).plus(pl.col("k")).modulo(int(5000011)).alias("k"),
          pl.col("v").mul(int(3)).plus(int(1)).alias("v"),
        )
        .groupBy("k")
        .agg(pl.col("v").quantile(0.5, "lower").cast(pl.Int64))
        .sort("k"),
    plain: { map: (k, v) => [(v * 21 + k) % 5000011, v * 3 + 1], reduce: "median" },
  },
};

/** One workload on Polars' streaming engine, as a whole process: `node polars.js WORKLOAD INPUT OUTPUT`. */
process.env.POLARS_MAX_THREADS = "2";
const { default: pl } = await import("nodejs-polars");
// A bare JavaScript number would make the whole column one of floating-point numbers.
const { WORKLOADS } = await import("../workloads.js");

const [workload, input, output] = process.argv.slice(2);
const pairs = pl
  .scanCSV(input, { hasHeader: false })
  .select(pl.col("column_1").alias("k"), pl.col("column_2").alias("v"));
const result = await WORKLOADS[workload]
  .polars(pl, pairs, (value) => pl.lit(value).cast(pl.Int64))
  .collect({ streaming: true });
result.writeCSV(output, { includeHeader: false });

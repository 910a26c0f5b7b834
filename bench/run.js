/**
 * Measures this command against its peers: the same workloads, the same bytes, in turns in one run.
 *
 *   npm ci --prefix bench && npm run bench -- --rows 1e6,1e7 --rounds 5
 *
 * Every contestant's output is compared with the first one's before anything is timed. The table goes to
 * `bench/results/` and to standard output; a ratio is this command's median by the other's, so below 1 is faster.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { measure, median } from "./measure.js";
import { WORKLOADS } from "./workloads.js";

const here = import.meta.dirname;
const command = path.join(here, "../dist/cli/main.js");
const data = path.join(here, "data");
const PLAIN_ROWS_MAX = 1e7;

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "1e6,1e7" },
    workloads: { type: "string", default: Object.keys(WORKLOADS).join(",") },
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
  },
});

function contestants(workload, rows, input) {
  const program = path.join(data, `${workload}.json`);
  writeFileSync(program, JSON.stringify(WORKLOADS[workload].program));
  const ours = [process.execPath, command, "run", program, "--quiet", "--input", input, "--workers", "2", "--output"];
  const peer = (name) => [process.execPath, path.join(here, "peers", name), workload, input];
  const all = [
    { name: "actor-dataflow", command: (output) => [...ours, output] },
    { name: "actor-dataflow --no-journal", command: (output) => [...ours, output, "--no-journal"] },
    { name: "actor-dataflow --workers 1", command: (output) => [...ours, output, "--workers", "1"] },
    { name: "DuckDB, 2 threads", command: (output) => [...peer("duckdb.js"), output] },
    { name: "Polars, streaming", command: (output) => [...peer("polars.js"), output] },
    { name: "plain Node", command: (output) => [...peer("plain-node.js"), output], rowsMax: PLAIN_ROWS_MAX },
  ];
  const wanted = options.only.split(",").filter(Boolean);
  return all.filter(
    ({ name, rowsMax = Number.POSITIVE_INFINITY }, index) =>
      rows <= rowsMax && (index === 0 || wanted.length === 0 || wanted.some((word) => name.includes(word))),
  );
}

function generate(rows) {
  const file = path.join(data, `pairs-${rows}.csv`);
  if (existsSync(file)) return file;
  const output = openSync(`${file}.partial`, "w");
  const generator = [command, "generate", "input", "--rows", String(rows), "--keys", "1000000", "--max", "1000000"];
  const { status } = spawnSync(process.execPath, [...generator, "--seed", "1"], {
    stdio: ["ignore", output, "inherit"],
  });
  if (status !== 0) throw new Error("the input could not be generated");
  spawnSync("mv", [`${file}.partial`, file]);
  return file;
}

async function hashOf(file) {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest("hex");
}

async function compare(workload, rows, rounds) {
  const field = contestants(workload, rows, generate(rows));
  const output = path.join(data, "output.csv");
  let expected;
  for (const { name, command: build } of field) {
    rmSync(output, { force: true });
    await measure(build(output));
    const hash = await hashOf(output);
    expected ??= hash;
    if (hash !== expected) throw new Error(`${name} gives another result for ${workload} on ${rows} rows`);
  }
  const figures = field.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { command: build }] of field.entries()) figures[index].push(await measure(build(output)));
  }
  const first = median(figures[0].map(({ seconds }) => seconds));
  return field.map(({ name }, index) => {
    const times = figures[index].map(({ seconds }) => seconds);
    const [low, middle, high] = [Math.min(...times), median(times), Math.max(...times)];
    const peak = median(figures[index].map(({ peakMegabytes }) => peakMegabytes));
    const cells = [workload, rows.toExponential(0), name, middle.toFixed(2), `${low.toFixed(2)}–${high.toFixed(2)}`];
    return `| ${[...cells, (first / middle).toFixed(2), peak.toFixed(0)].join(" | ")} |`;
  });
}

mkdirSync(data, { recursive: true });
const lines = [
  `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
  "",
  "| workload | rows | system | seconds, median | min–max | ratio | peak MB |",
  "| --- | --- | --- | --- | --- | --- | --- |",
];
for (const line of lines) console.log(line);
for (const rows of options.rows.split(",").map(Number)) {
  for (const workload of options.workloads.split(",")) {
    for (const line of await compare(workload, rows, Number(options.rounds))) {
      console.log(line);
      lines.push(line);
    }
  }
}
mkdirSync(path.join(here, "results"), { recursive: true });
writeFileSync(path.join(here, "results", "peers.md"), `${lines.join("\n")}\n`);

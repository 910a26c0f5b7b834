/**
 * Derives flights.csv.gz from flights-200k.json of the npm package vega-datasets:
 *
 *   node derive.js path/to/vega-datasets/data/flights-200k.json
 *
 * Each flight keeps its hour of departure (the decimal hour cut to a whole one), its distance and its delay. The rows are sorted
 * by all three, which the compression likes and no program notices.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

const flights = JSON.parse(readFileSync(process.argv[2], "utf8"));
const rows = flights.map(({ time, distance, delay }) => [Math.trunc(time), distance, delay]);
rows.sort((left, right) => left[0] - right[0] || left[1] - right[1] || left[2] - right[2]);
const text = ["hour,distance,delay", ...rows.map((row) => row.join(","))].join("\n");
writeFileSync(path.join(import.meta.dirname, "flights.csv.gz"), gzipSync(`${text}\n`, { level: 9 }));

/** One workload in plain Node, a byte parser and a Map, one thread: `node plain-node.js WORKLOAD INPUT OUTPUT`. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { WORKLOADS } from "../workloads.js";

const [workload, input, output] = process.argv.slice(2);
const { map, reduce } = WORKLOADS[workload].plain;
const table = new Map();

function add(key, value) {
  if (reduce === "sum") table.set(key, (table.get(key) ?? 0) + value);
  else {
    const values = table.get(key);
    if (values === undefined) table.set(key, [value]);
    else values.push(value);
  }
}

const source = openSync(input, "r");
const bytes = Buffer.allocUnsafe(1 << 20);
let number = 0;
let first = 0;
for (let count = readSync(source, bytes); count > 0; count = readSync(source, bytes)) {
  for (let index = 0; index < count; index += 1) {
    const byte = bytes[index];
    if (byte >= 48) number = number * 10 + byte - 48;
    else if (byte === 44) {
      first = number;
      number = 0;
    } else {
      const [key, value] = map(first, number);
      add(key, value);
      number = 0;
    }
  }
}
closeSync(source);

const target = openSync(output, "w");
let text = "";
for (const key of Float64Array.from(table.keys()).sort()) {
  let value = table.get(key);
  if (reduce === "median") value = value.sort((one, two) => one - two)[(value.length - 1) >> 1];
  text += `${key},${value}\n`;
  if (text.length > 1 << 20) {
    writeSync(target, text);
    text = "";
  }
}
writeSync(target, text);
closeSync(target);

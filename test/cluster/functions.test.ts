/**
 * Functions of the operator's own on a cluster: known to the coordinator by name, and had by workers.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { endpointText } from "../../cli/endpoint.ts";
import { CommandStage } from "../cli/command.ts";
import { localCluster } from "./local-cluster.ts";

const COMMAND = [process.execPath, fileURLToPath(new URL("../../cli/main.js", import.meta.url))];
const MODULE = "export const map = { TWICE: (v) => 2n * v };\n";
const PROGRAM = { partitions: 2, input: "pairs.csv", operations: [{ operator: "map", function: "TWICE" }] };
const TOKEN = "0123456789abcdef0123456789abcdef";

test("functions on a cluster: a program names one, and another module would not do", async (t) => {
  const stage = new CommandStage(t);
  stage.write({ "functions.js": MODULE, "program.json": PROGRAM });
  const functions = path.join(stage.directory, "functions.js");
  const cluster = await localCluster(t, {
    ...{ command: COMMAND, workers: 1, token: TOKEN },
    startOptions: ["--functions", functions],
  });
  writeFileSync(path.join(cluster.dataRoot, "pairs.csv"), "1,2\n3,-4\n");
  const submit = async (program: string) => {
    const options = ["--coordinator", endpointText(cluster.address), "--output", "output.csv"];
    return await stage.start(["submit", program, ...options], { env: { ACTOR_DATAFLOW_TOKEN: TOKEN } }).end;
  };
  const { status, stderr } = await submit("program.json");
  t.is(status, 0, stderr);
  t.is(stage.read("output.csv"), "1,4\n3,-8\n");
  stage.write({ "unknown.json": { ...PROGRAM, operations: [{ operator: "map", function: "TWISE" }] } });
  const unknown = await submit("unknown.json");
  t.is(unknown.status, 2);
  t.regex(unknown.stderr, /operations\[0\]\.function: .*TWICE/);
});

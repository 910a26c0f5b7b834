/**
 * What a job on a cluster rejects: it comes to the submitter, as `run` writes it.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { endpointText } from "../../cli/endpoint.ts";
import { CommandStage } from "../cli/command.ts";
import { localCluster } from "./local-cluster.ts";
import { COMMAND, TOKEN } from "./scene.ts";

test("rejects on a cluster: they are those of one process, beside the output or where they are wanted", async (t) => {
  const stage = new CommandStage(t);
  const text = "1,2\nno,pair\n3,0\n";
  const program = {
    partitions: 2,
    input: "pairs.csv",
    onError: "reject",
    operations: [{ operator: "map", expression: "6 / v" }],
  };
  stage.write({ "program.json": program, "pairs.csv": text });
  t.is(stage.run(["run", "program.json", "--output", "expected.csv"]).status, 0);
  const cluster = await localCluster(t, { command: COMMAND, workers: 1, token: TOKEN });
  writeFileSync(path.join(cluster.dataRoot, "pairs.csv"), text);
  const submit = ["submit", "program.json", "--coordinator", endpointText(cluster.address), "--output", "output.csv"];
  const env = { ACTOR_DATAFLOW_TOKEN: TOKEN };
  const beside = await stage.start(submit, { env }).end;
  t.is(beside.status, 0, beside.stderr);
  t.is((await stage.start([...submit, "--rejects", "elsewhere.ndjson"], { env }).end).status, 0);
  t.is(stage.read("output.csv"), "1,3\n");
  const expected = stage.read("expected.csv.rejects.ndjson");
  t.is(expected.split("\n").length, 3);
  t.is(stage.read("output.csv.rejects.ndjson"), expected);
  t.is(stage.read("elsewhere.ndjson"), expected);
});

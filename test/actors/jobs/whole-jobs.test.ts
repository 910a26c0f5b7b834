/**
 * Whole jobs in process, with threads, held against the reference interpreter.
 */
import test from "ava";
import { programOf } from "../../programs/kernels/random-program.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";
import { prepare, runStaged } from "./job-stage.ts";

test("empty input: the job is done with an empty output", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": "" });
  const program = programOf([], { partitions: 3, onError: "fail", order: "key" });
  const job = await prepare(program, { paths: ["a.csv"] }, { directory, splitBytes: 10 });
  const end = await runStaged({ job, directory });
  t.is(end.outcome.kind, "done");
  t.is(end.output, "");
});

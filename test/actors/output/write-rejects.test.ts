/**
 * The file of rejects while incarnations of its writer follow each other.
 */
import test from "ava";
import type { OutputPort } from "../../../actors/output/output-port.ts";
import { writeRejects } from "../../../actors/output/write-rejects.ts";
import { prepareJob } from "../../../actors/prepare-job.ts";
import { map, program } from "../../programs/build-program.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

test("rejects: a writer that has been followed by another one while its sources were brought leaves the file alone", async (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": "1,2\n" });
  const input = { format: undefined, header: false, delimiter: ",", key: undefined, value: undefined };
  const prepared = { input: { ...input, paths: ["a.csv"] }, baseDirectory: directory, outputFormat: "csv" } as const;
  const job = { ...(await prepareJob(program([map()]), prepared)), id: "job" };
  const calls: string[] = [];
  const called = async (call: string): Promise<number> => calls.push(call);
  const port: OutputPort = {
    open: () => called("open"),
    write: async () => void (await called("write")),
    commit: async () => void (await called("commit")),
    discard: async () => void (await called("discard")),
    close: async () => void (await called("close")),
  };
  const writing = { port, job, segmentDirectory: directory, segmentName: "rejects" };
  const nothing = { commits: [], linesBefore: [0] };
  await t.throwsAsync(writeRejects({ ...writing, signal: AbortSignal.abort() }, nothing), { any: true });
  t.deepEqual(calls, []);
  await writeRejects({ ...writing, signal: new AbortController().signal }, nothing);
  t.deepEqual(calls, ["open", "commit"]);
});

/**
 * What people are told of a job that has no worker.
 */
import test from "ava";
import { jobTable, progressLine, progressLines, statusLines } from "../../../cli/cluster/job-lines.ts";
import { jobStatus } from "../../actors/cluster/fake-control.ts";

test("lines: a job that waits for a worker says so wherever it is shown, and no other one does", (t) => {
  const running = jobStatus("job-1", { state: "running" });
  const linesOf = (job: typeof running): string[] => [
    progressLines(job, 200)[0] ?? "",
    progressLine(job),
    jobTable([job])[1] ?? "",
    statusLines(job, [])[0] ?? "",
  ];
  for (const line of linesOf(running)) t.notRegex(line, /waits for a worker/);
  for (const line of linesOf({ ...running, waitsForWorker: true })) t.regex(line, /waits for a worker/);
});

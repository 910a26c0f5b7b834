/**
 * The commands that ask a coordinator, and their options.
 *
 * Owns: names, defaults, help texts and examples; as `command-line.ts` does for the others.
 */
import type { Command, Option } from "commander";
import { integerBetween, path } from "../option-values.ts";
import { addConnectionOptions } from "./connection.ts";

const [PATIENCE_SECONDS, PATIENCE_SECONDS_MAX] = [600, 604_800];

/** What the commands have in common with others. */
export interface SharedOptions {
  readonly inputOption: () => Option;
  readonly partitionsOption: () => Option;
  readonly examples: (lines: readonly string[]) => string;
  /** `--input` takes all that follows it, also a PROGRAM. */
  readonly programOf: (program: string | undefined, options: { input?: string[] }, command: Command) => string;
}

export function addCluster(root: Command, setExitCode: (code: number) => void, shared: SharedOptions): void {
  addSubmit(root, setExitCode, shared);
  addJobs(root, setExitCode, shared);
  addWorkers(root, setExitCode, shared);
}

function addSubmit(root: Command, setExitCode: (code: number) => void, shared: SharedOptions): void {
  const command = root
    .command("submit [PROGRAM]")
    .usage("PROGRAM [options]")
    .description("Runs a program on a cluster: waits, also through restarts of its coordinator, and writes the result.")
    .addOption(shared.inputOption())
    .option("--upload", "send the inputs along; without it, they are paths below the coordinator's data root")
    .option("-o, --output <PATH>", "where the result goes here, instead of the program's output; - for standard output")
    .option("--rejects <PATH>", "where what is rejected goes here (default: OUTPUT.rejects.ndjson)", path)
    .option("--remote-output <PATH>", "where it goes on the coordinator's host, below its data root", path)
    .addOption(shared.partitionsOption())
    .option("--detach", "print the job's id, and do not wait");
  patient(addConnectionOptions(command))
    .option("--json", "report as JSON: on standard output, or on standard error if the result goes to the other")
    .option("-q, --quiet", "no progress and no summary")
    .addHelpText(
      "after",
      shared.examples([
        "actor-dataflow submit sums.json --coordinator 10.0.0.1 --ca ca.pem --token-file token --output sums.csv",
        "actor-dataflow submit sums.json --upload --input january.csv",
        "job=$(actor-dataflow submit sums.json --detach)",
      ]),
    )
    .action(async (program: string | undefined, options, self: Command) => {
      const { submit } = await import("../commands/submit.ts");
      setExitCode(await submit(shared.programOf(program, options, self), options));
    });
}

function addJobs(root: Command, setExitCode: (code: number) => void, { examples }: SharedOptions): void {
  addConnectionOptions(root.command("jobs").description("Lists the jobs of a cluster."))
    .option("--json", "as JSON")
    .addHelpText("after", examples(["actor-dataflow jobs --coordinator 10.0.0.1 --ca ca.pem --token-file token"]))
    .action(async (options) => {
      const { jobs } = await import("../commands/jobs.ts");
      setExitCode(await jobs(options));
    });
  addConnectionOptions(root.command("status <JOB>").description("Tells how far a job is, and its story."))
    .option("--json", "as JSON")
    .addHelpText("after", examples(["actor-dataflow status 0123456789abcdef"]))
    .action(async (job: string, options) => {
      const { status } = await import("../commands/status.ts");
      setExitCode(await status(job, options));
    });
  addConnectionOptions(root.command("cancel <JOB>").description("Stops a job for good."))
    .option("--json", "as JSON")
    .addHelpText("after", examples(["actor-dataflow cancel 0123456789abcdef"]))
    .action(async (job: string, options) => {
      const { cancel } = await import("../commands/cancel.ts");
      setExitCode(await cancel(job, options));
    });
  const result = root.command("result <JOB>").description("Fetches the result of a job that is done.");
  patient(addConnectionOptions(result))
    .option("-o, --output <PATH>", "where it goes (default: standard output)")
    .option("--json", "report as JSON: on standard output, or on standard error if the result goes to the other")
    .addHelpText("after", examples(["actor-dataflow result 0123456789abcdef --output sums.csv"]))
    .action(async (job: string, options) => {
      const { result: fetch } = await import("../commands/result.ts");
      setExitCode(await fetch(job, options));
    });
}

function addWorkers(root: Command, setExitCode: (code: number) => void, { examples }: SharedOptions): void {
  addConnectionOptions(root.command("workers").description("Lists the workers of a cluster."))
    .option("--json", "as JSON")
    .addHelpText("after", examples(["actor-dataflow workers"]))
    .action(async (options) => {
      const { workers } = await import("../commands/workers.ts");
      setExitCode(await workers(options));
    });
  addConnectionOptions(root.command("drain <WORKER>").description("Has a worker hand over what it does, and leave."))
    .option("--json", "as JSON")
    .addHelpText("after", examples(["actor-dataflow drain worker-1"]))
    .action(async (worker: string, options) => {
      const { drain } = await import("../commands/drain.ts");
      setExitCode(await drain(worker, options));
    });
}

function patient(command: Command): Command {
  const seconds = integerBetween(0, PATIENCE_SECONDS_MAX);
  return command.option(
    "--patience <SECONDS>",
    "how long to wait for a coordinator that is away",
    seconds,
    PATIENCE_SECONDS,
  );
}

/**
 * What the package offers as `actor-dataflow`: programs, jobs, and running one in this process.
 *
 * Owns: the list. Whatever is not in it may change without notice.
 */
export { type Diagnostic, ProgramError, type Reject } from "../programs/errors.ts";
export { parseProgram } from "../programs/parse-program.ts";
export type { InputSpecification, OutputSpecification, Program, TextFormatName } from "../programs/program.ts";
export { RuntimeError } from "../runtime/errors.ts";
export { systemClock } from "../runtime/system-clock.ts";
export { systemRandom } from "../runtime/system-random.ts";
export { type FunctionRegistry, loadFunctions } from "./executor/load-functions.ts";
export type { TaskFailure } from "./executor/messages.ts";
export type { InputFile, JobDescription, JobOutcome } from "./job/messages.ts";
export type { JobTotals } from "./job/totals.ts";
export { FileOutput } from "./output/file-output.ts";
export type { OutputTotals } from "./output/messages.ts";
export type { OutputPort } from "./output/output-port.ts";
export { StreamOutput } from "./output/stream-output.ts";
export { type PrepareOptions, prepareJob } from "./prepare-job.ts";
export { type RunJobOptions, type RunningJob, runJob } from "./run-job.ts";
export type { Tree, TreeView } from "./tree.ts";

/**
 * `result`: fetches the result of a job that is done.
 *
 * Owns: where it goes, standard output unless told otherwise.
 */
import { escapeText, quoteText } from "../../programs/quote-text.ts";
import { systemClock } from "../../runtime/system-clock.ts";
import { systemRandom } from "../../runtime/system-random.ts";
import { ClusterClient } from "../cluster/client.ts";
import { type ConnectionOptions, connectionOf } from "../cluster/connection.ts";
import { fetchResult } from "../cluster/fetch-result.ts";
import { EXIT } from "../exit-codes.ts";
import { bytesText } from "../run/numbers.ts";
import { findDestination, pathOf } from "../run/output-target.ts";
import { listenForStop } from "../run/stop-signal.ts";
import { isStandardOutputClosed, note, writeOut } from "../terminal.ts";

export interface ResultOptions extends ConnectionOptions {
  readonly output?: string;
  /** Seconds. */
  readonly patience: number;
  readonly json?: boolean;
}

/** Returns the exit code. */
export async function result(job: string, options: ResultOptions): Promise<number> {
  const client = new ClusterClient(await connectionOf(options));
  const destination = findDestination(options.output);
  const stop = listenForStop();
  const gone = new AbortController();
  void stop.requested.then(() => gone.abort());
  // What the coordinator knows of the job, and that it is there, is asked without patience.
  await client.job(job);
  try {
    const byteLength = await fetchResult({
      ...{ client, job, destination, directory: `${process.pid}`, patienceMs: options.patience * 1000 },
      ...{ clock: systemClock, random: systemRandom, signal: gone.signal },
      onLost: () => note(`the coordinator at ${client.place} is away; waiting for it`),
    });
    const isOut = destination.kind === "standardOutput";
    const report = { job, output: pathOf(destination), bytes: byteLength };
    if (options.json) await writeOut(isOut ? process.stderr : process.stdout, `${JSON.stringify(report, null, 2)}\n`);
    else if (!isOut) note(`${bytesText(byteLength)} to ${quoteText(pathOf(destination))}`);
    return EXIT.done;
  } catch (error) {
    if (destination.kind === "standardOutput" && isStandardOutputClosed()) return EXIT.done;
    if (!stop.isRequested) throw error;
    note(`interrupted; actor-dataflow result ${escapeText(job)} gives it again`);
    return EXIT.interrupted;
  } finally {
    stop.release();
  }
}

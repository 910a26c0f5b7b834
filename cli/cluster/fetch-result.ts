/**
 * Brings a job's result to its destination, through any number of lost connections.
 *
 * Owns: how many bytes are there already.
 *
 * F1. What was written is not asked for again: the next request begins behind it, and only for the same bytes (`ETag`).
 * F2. A file appears complete, by a rename, or not at all.
 */
import type { OutputPort } from "../../actors/output/output-port.ts";
import { attemptName } from "../run/data-directory.ts";
import { type Destination, openPort } from "../run/output-target.ts";
import type { ClusterClient } from "./client.ts";
import { type Patience, persist } from "./persist.ts";

export interface FetchOptions extends Patience {
  readonly client: ClusterClient;
  readonly job: string;
  readonly destination: Destination;
  /** What is fetched; default: the result. */
  readonly which?: "result" | "rejects";
  /** For the name of the temporary file. */
  readonly directory: string;
}

/** Bytes of the result. Errors: those of the client and of the port. */
export async function fetchResult(options: FetchOptions): Promise<number> {
  const { client, job, destination, directory, signal } = options;
  // The coordinator has chosen the id; here it becomes part of a file's name.
  const name = job.replace(/[^A-Za-z0-9-]/g, "_").slice(0, 64);
  // A result that a loss of power takes away can be fetched again.
  const port = await openPort(destination, attemptName(name, directory), false);
  let byteCount = 0;
  let tag: string | undefined;
  try {
    await port.open(0, 0);
    await persist(options, async (heard) => {
      const part = await client.result(job, byteCount, tag, signal, options.which);
      tag = part.tag;
      for await (const piece of part.bytes) {
        heard();
        await port.write(piece);
        byteCount += piece.length;
      }
    });
    await port.commit();
    await port.close();
    return byteCount;
  } catch (error) {
    await giveUp(port);
    throw error;
  }
}

async function giveUp(port: OutputPort): Promise<void> {
  await port.discard();
  await port.close();
}

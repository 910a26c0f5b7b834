/**
 * How far an output has been written, in the journal, so that a further attempt goes on behind it.
 *
 * Owns: the record and the order of writing and telling (O1).
 * Never: decides what a piece is.
 */
import { crc32 } from "node:zlib";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { TaskResult } from "../executor/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import { outputLog } from "./messages.ts";
import type { OutputPort } from "./output-port.ts";

export interface Resume {
  readonly piecesDone: number;
  /** An output that was cut otherwise is begun anew. */
  readonly pieceCount: number;
  readonly bytesWritten: number;
  /** CRC-32 of the bytes written, as of zlib: whoever goes on behind them looks at them first. */
  readonly crc: number;
  readonly pairsWritten: number;
}

export interface Writing {
  readonly port: OutputPort;
  readonly journal: Journal;
  readonly job: JobDescription;
  /** Aborted when the writer's incarnation has ended: from then on the port is another one's. */
  readonly signal: AbortSignal;
}

/** Opens the port behind what an earlier attempt wrote, or at the beginning. */
export async function readResume({ port, journal, job, signal }: Writing, pieceCount: number): Promise<Resume> {
  const beginning: Resume = { piecesDone: 0, pieceCount, bytesWritten: 0, crc: 0, pairsWritten: 0 };
  const record = (await journal.read(outputLog(job.id))).at(-1);
  signal.throwIfAborted();
  const resume =
    record === undefined ? beginning : (JSON.parse(Buffer.from(record.payload).toString("utf8")) as Resume);
  const wanted = resume.pieceCount === pieceCount ? resume : beginning;
  const keptBytes = await port.open(wanted.bytesWritten, wanted.crc);
  return keptBytes === wanted.bytesWritten ? wanted : beginning;
}

/**
 * Writes one piece, then journals that it is written. One of which there is more to come is not journaled: a further
 * attempt begins with it anew.
 */
export async function writePiece(
  { port, journal, job, signal }: Writing,
  before: Resume,
  { text, pairsOut, rest }: TaskResult,
): Promise<Resume> {
  let { bytesWritten, crc } = before;
  for (const { bytes, times } of text) {
    for (let time = 0; time < times; time += 1) {
      await port.write(bytes);
      signal.throwIfAborted();
      bytesWritten += bytes.length;
      crc = crc32(bytes, crc);
    }
  }
  const written = { ...before, bytesWritten, crc, pairsWritten: before.pairsWritten + pairsOut };
  if (rest !== undefined) return written;
  const resume: Resume = { ...written, piecesDone: before.piecesDone + 1 };
  const payload = Buffer.from(JSON.stringify(resume));
  await journal.commit([{ actor: outputLog(job.id), payload, replace: true }]);
  return resume;
}

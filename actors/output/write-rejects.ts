/**
 * Writes the rejects file: bad records in the order of the input, then arithmetic errors by operation, key and value.
 *
 * Owns: the lines of the file. Its bytes do not depend on partitions or crashes.
 * Never: decides what is rejected.
 */
import { crc32c } from "../../programs/blocks/crc32c.ts";
import type { ArithmeticReject, RecordReject, Reject } from "../../programs/errors.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import { damageFound, SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import type { StoredReference } from "../executor/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import type { TaskCommit } from "../partition/messages.ts";
import type { RejectSources } from "./messages.ts";
import type { OutputPort } from "./output-port.ts";
import { RejectSorter } from "./sort-rejects.ts";

const PIECE_CHARACTERS = 1 << 20;

export interface RejectsWriting {
  readonly port: OutputPort;
  readonly job: JobDescription;
  readonly segmentDirectory: string;
  /** Of files for sorting, and only this writer's. */
  readonly segmentName: string;
  /** Aborted when the writer's incarnation has ended: from then on the port is another one's. */
  readonly signal: AbortSignal;
}

export async function writeRejects(
  { port, job, segmentDirectory, segmentName, signal }: RejectsWriting,
  { commits, linesBefore }: RejectSources,
): Promise<void> {
  const arithmetic = new RejectSorter(segmentDirectory, segmentName);
  const segments = new SegmentReader(segmentDirectory);
  const lines = new LineWriter(port, signal);
  try {
    // Its sources may have taken so long to come that the port is another's by now.
    signal.throwIfAborted();
    await port.open(0, 0);
    for (const commit of commits) {
      const split = commit.sequence * job.plan.partitions + commit.partition;
      for (const reject of readRejects(commit, segments)) {
        if (reject.kind === "record") await lines.write(recordLine(reject, { job, split, linesBefore }));
        else if (arithmetic.add(reject)) await pause(signal);
      }
    }
    for (const reject of arithmetic.sorted()) await lines.write(arithmeticLine(reject, job.plan));
    await lines.end();
  } finally {
    arithmetic.dispose();
    segments.close();
  }
  signal.throwIfAborted();
  await port.commit();
}

/** Lets other events be heard between two long stretches of work. */
async function pause(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  signal.throwIfAborted();
}

function* readRejects({ result }: TaskCommit, segments: SegmentReader): Generator<Reject> {
  for (const reference of result.rejects) {
    const bytes = readChecked(reference, segments);
    for (const line of Buffer.from(bytes.buffer).toString("utf8").split("\n")) {
      if (line !== "") yield JSON.parse(line) as Reject;
    }
  }
}

/** Errors: SEGMENT_DAMAGED, and those of the reader. */
function readChecked(reference: StoredReference, segments: SegmentReader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(reference.byteLength);
  try {
    segments.read(reference, bytes);
  } catch (error) {
    const damage = damageFound(error, reference);
    throw damage.length > 0 ? new SegmentDamageError(damage, error) : error;
  }
  if (crc32c(bytes, 0, bytes.length) !== reference.crc) throw new SegmentDamageError([reference]);
  return bytes;
}

interface RecordPlace extends Pick<RejectSources, "linesBefore"> {
  readonly job: JobDescription;
  readonly split: number;
}

function recordLine({ line, text, reason }: RecordReject, { job, split, linesBefore }: RecordPlace): string {
  const file = job.files[job.splits[split].file].name;
  return `${JSON.stringify({ file, line: linesBefore[split] + line + 1, text, reason })}\n`;
}

/** Digits are written plainly, as in the output, so that no reader loses any. */
function arithmeticLine({ operation, key, value, reason }: ArithmeticReject, plan: Plan): string {
  const { place, text } = plan.operations[operation];
  const pair = value === null ? `"k":${key}` : `"k":${key},"v":${value}`;
  return `{"place":${JSON.stringify(place)},"operation":${JSON.stringify(text)},${pair},"reason":${JSON.stringify(reason)}}\n`;
}

class LineWriter {
  readonly #port: OutputPort;
  readonly #signal: AbortSignal;
  #pending: string[] = [];
  #characters = 0;

  constructor(port: OutputPort, signal: AbortSignal) {
    this.#port = port;
    this.#signal = signal;
  }

  async write(text: string): Promise<void> {
    this.#pending.push(text);
    this.#characters += text.length;
    if (this.#characters >= PIECE_CHARACTERS) await this.end();
  }

  async end(): Promise<void> {
    const text = this.#pending.join("");
    this.#pending = [];
    this.#characters = 0;
    this.#signal.throwIfAborted();
    if (text !== "") await this.#port.write(Buffer.from(text));
  }
}

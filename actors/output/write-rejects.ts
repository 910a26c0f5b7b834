/**
 * Writes the rejects file: bad records in the order of the input, then arithmetic errors by operation, key and value.
 *
 * Owns: the lines of the file. Its bytes do not depend on partitions or crashes.
 * Never: decides what is rejected.
 */
import { crc32c } from "../../programs/blocks/crc32c.ts";
import type { ArithmeticReject, Reject } from "../../programs/errors.ts";
import type { Plan } from "../../programs/plan/plan.ts";
import { damageFound, SegmentDamageError } from "../../runtime/journal/segment-damage.ts";
import type { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import type { StoredReference } from "../executor/messages.ts";
import type { JobDescription } from "../job/messages.ts";
import type { TaskCommit } from "../partition/messages.ts";
import type { RejectSources } from "./messages.ts";
import type { OutputPort } from "./output-port.ts";

const PIECE_CHARACTERS = 1 << 20;

export interface RejectsWriting {
  readonly port: OutputPort;
  readonly job: JobDescription;
  readonly segments: SegmentReader;
  /** Aborted when the writer's incarnation has ended: from then on the port is another one's. */
  readonly signal: AbortSignal;
}

export async function writeRejects(
  { port, job, segments, signal }: RejectsWriting,
  { commits, linesBefore }: RejectSources,
): Promise<void> {
  const arithmetic: ArithmeticReject[] = [];
  const lines = new LineWriter(port, signal);
  await port.open(0);
  for (const commit of commits) {
    const split = commit.sequence * job.plan.partitions + commit.partition;
    for (const reject of readRejects(commit, segments)) {
      if (reject.kind === "arithmetic") arithmetic.push(reject);
      else {
        const line = linesBefore[split] + reject.line + 1;
        await lines.write({
          file: job.files[job.splits[split].file].name,
          line,
          text: reject.text,
          reason: reject.reason,
        });
      }
    }
  }
  for (const reject of arithmetic.sort(compare)) await lines.writeText(arithmeticLine(reject, job.plan));
  await lines.end();
  signal.throwIfAborted();
  await port.commit();
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

function compare(one: ArithmeticReject, two: ArithmeticReject): number {
  return (
    one.operation - two.operation ||
    compareIntegers(one.key, two.key) ||
    compareIntegers(one.value ?? "0", two.value ?? "0") ||
    (one.reason < two.reason ? -1 : one.reason > two.reason ? 1 : 0)
  );
}

function compareIntegers(one: string, two: string): number {
  const [left, right] = [BigInt(one), BigInt(two)];
  return left < right ? -1 : left > right ? 1 : 0;
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

  async write(line: object): Promise<void> {
    await this.writeText(`${JSON.stringify(line)}\n`);
  }

  async writeText(text: string): Promise<void> {
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

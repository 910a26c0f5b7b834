/**
 * Writes pairs of the result as runs, sorted where the output is to be: a run for every RUN_PAIRS_MAX pairs, or when long
 * integers have filled BIGINT_GATHERED_BYTES_MAX.
 *
 * Owns: the pairs collected for the next run.
 * Never: merges runs; see `range-task.ts`.
 */
import { BIGINT_GATHERED_BYTES_MAX, BIGINT_RUN_BLOCK_BYTES, RUN_BLOCK_PAIRS, RUN_PAIRS_MAX } from "../../limits.ts";
import type { OutputOrder } from "../../program.ts";
import type { TaskSink } from "../kernel-set.ts";
import { BLOCK_FRAME_BYTES, writeBlock } from "./block.ts";
import { extraBytes, type Integer } from "./integer.ts";
import { IntegerWriter } from "./integer-writer.ts";
import { PairList } from "./pair-list.ts";
import type { PairSink } from "./pair-sink.ts";
import { BLOCK_LENGTH_BYTES, makeRunHeader, type RunBlock } from "./run-header.ts";

export class RunSink implements PairSink {
  pairsOut = 0;
  readonly #order: OutputOrder;
  readonly #sink: TaskSink;
  #pairs = new PairList();
  #extraBytes = 0;

  constructor(order: OutputOrder, sink: TaskSink) {
    this.#order = order;
    this.#sink = sink;
  }

  take(key: Integer, value: Integer): void {
    this.#pairs.add(key, value);
    this.#extraBytes += extraBytes(key) + extraBytes(value);
    if (this.#pairs.count === RUN_PAIRS_MAX || this.#extraBytes >= BIGINT_GATHERED_BYTES_MAX) this.#flush();
  }

  finish(): void {
    if (this.#pairs.count > 0) this.#flush();
  }

  #flush(): void {
    const pairs = this.#pairs;
    if (this.#order === "key") pairs.sort();
    const { blocks, body } = writeBlocks(pairs);
    const last = pairs.count - 1;
    const header = makeRunHeader(blocks, [pairs.keys[last], pairs.values[last]]);
    const run = new Uint8Array(header.length + body.length);
    run.set(header);
    run.set(body, header.length);
    this.#sink.run(run, { pairCount: pairs.count, headerBytes: header.length });
    this.pairsOut += pairs.count;
    this.#pairs = new PairList();
    this.#extraBytes = 0;
  }
}

/** Blocks of RUN_BLOCK_PAIRS pairs, or of as many as fill BIGINT_RUN_BLOCK_BYTES. */
function writeBlocks({ keys, values, count }: PairList): { readonly blocks: RunBlock[]; readonly body: Uint8Array } {
  const body = new IntegerWriter();
  const rows = new IntegerWriter();
  const blocks: RunBlock[] = [];
  for (let from = 0; from < count; ) {
    let end = from;
    rows.clear();
    while (end < count && end - from < RUN_BLOCK_PAIRS && rows.length < BIGINT_RUN_BLOCK_BYTES) {
      rows.write(keys[end]);
      rows.write(values[end]);
      end += 1;
    }
    const pairCount = end - from;
    const blockBytes = BLOCK_FRAME_BYTES + rows.length;
    const bytes = body.reserve(BLOCK_LENGTH_BYTES + blockBytes);
    new DataView(bytes.buffer).setUint32(body.length, blockBytes, true);
    body.length = writeBlock(bytes, body.length + BLOCK_LENGTH_BYTES, {
      kind: 2,
      rowCount: pairCount,
      rows: rows.bytes,
    });
    blocks.push({ first: [keys[from], values[from]], pairCount, byteLength: BLOCK_LENGTH_BYTES + blockBytes });
    from = end;
  }
  return { blocks, body: body.bytes };
}

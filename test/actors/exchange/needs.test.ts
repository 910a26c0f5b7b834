import test from "ava";
import { bodiesOf } from "../../../actors/exchange/needs.ts";
import type { RunReference, Task } from "../../../actors/executor/messages.ts";
import { crc32c } from "../../../programs/blocks/crc32c.ts";
import { runHeaderBytes, writeRunHeader } from "../../../programs/kernels/int64/run-header.ts";
import type { Plan } from "../../../programs/plan/plan.ts";

const PLAN = { integers: "int64", partitions: 2 } as Plan;
const BLOCK_BYTES = 100;

/** Three blocks: keys from 0, 10 and 20 on. */
function makeRun(segment: string): { readonly run: RunReference; readonly header: Uint8Array } {
  const headerBytes = runHeaderBytes(3);
  const bytes = new Uint8Array(headerBytes + 3 * BLOCK_BYTES);
  const blocks = [0, 1, 2].map((block) => ({
    first: [BigInt(10 * block), 0n] as const,
    pairCount: 10,
    offset: headerBytes + block * BLOCK_BYTES,
  }));
  writeRunHeader(bytes, blocks, [29n, 0n]);
  const header = bytes.slice(0, headerBytes);
  const at = { segment, offset: 7, byteLength: bytes.length, crc: crc32c(header, 0, header.length) };
  return { run: { at, headerBytes, pairCount: 30 }, header };
}

function rangeTask(runs: readonly RunReference[], keys?: readonly [bigint, bigint]): Task {
  const range = keys && { index: 0, from: [keys[0], 0n] as const, below: [keys[1], 0n] as const };
  return { kind: "range", range, runs };
}

test("bodies: of a run, the blocks that a range needs", (t) => {
  const { run, header } = makeRun("a");
  const bodies = (keys?: readonly [bigint, bigint]) =>
    bodiesOf(rangeTask([run], keys), PLAN, () => header).map(({ offset, byteLength }) => [offset, byteLength]);
  const first = 7 + header.length;
  t.deepEqual(bodies([12n, 20n]), [[first + BLOCK_BYTES, BLOCK_BYTES]]);
  t.deepEqual(bodies([12n, 21n]), [[first + BLOCK_BYTES, 2 * BLOCK_BYTES]]);
  t.deepEqual(bodies([30n, 40n]), [], "a run that ends before the range");
  t.deepEqual(bodies(), [[first, 3 * BLOCK_BYTES]], "without a range, the whole body");
});

test("bodies: nothing of a run that is here, nor of one whose header is not as it was written", (t) => {
  const own = makeRun("own");
  const damaged = makeRun("damaged");
  const other = makeRun("other");
  const read = ({ segment }: { readonly segment: string }): Uint8Array => {
    if (segment === "own") return new Uint8Array(0);
    return segment === "damaged" ? damaged.header.map((byte, at) => (at === 30 ? byte ^ 1 : byte)) : other.header;
  };
  const task = rangeTask([own.run, damaged.run, other.run], [0n, 5n]);
  t.deepEqual(
    bodiesOf(task, PLAN, read).map(({ segment }) => segment),
    ["other"],
  );
});

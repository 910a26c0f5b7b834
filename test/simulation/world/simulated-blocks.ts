/**
 * Blocks of other nodes, fetched over the simulated network from the files of simulated disks.
 *
 * Owns: how a request fares: lost, cut in the middle, answered by bytes or by `BLOCK_GONE`.
 * Never: checks the bytes.
 */
import { type BlockSource, COORDINATOR_PEER } from "../../../actors/exchange/messages.ts";
import { inputNumber } from "../../../actors/exchange/segment-names.ts";
import type { InputFile } from "../../../actors/job/messages.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import type { SegmentReference } from "../../../runtime/journal/segment-files.ts";
import type { SimulatedDisk } from "./disk.ts";
import type { Network } from "./network.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

/** Bytes of one buffer: pieces begin and end anywhere in a reference. */
const PIECE_BYTES = 700;
/** After which a request without an answer is given up. */
const PATIENCE_MS = 500;

export interface BlockHolder {
  readonly process: SimulatedProcess;
  readonly disk: SimulatedDisk;
  readonly segmentDirectory: string;
}

export interface InputHolder {
  readonly process: SimulatedProcess;
  readonly inputOf: (job: string, index: number) => InputFile | "refused" | undefined;
  readonly bytesOf: (file: InputFile) => Uint8Array;
}

export interface SimulatedBlocksOptions {
  readonly world: World;
  readonly network: Network;
  readonly process: SimulatedProcess;
  /** The process that serves a worker's blocks; undefined while there is none. */
  readonly holderOf: (worker: string) => BlockHolder | undefined;
  /** The process that serves inputs; undefined while there is none. */
  readonly inputsOf: () => InputHolder | undefined;
  /** Share of pieces of which one bit is another one when they arrive. */
  readonly flipShare: () => number;
}

export function simulatedBlocks(options: SimulatedBlocksOptions): BlockSource {
  const { world, network, process } = options;
  const trip = async (from: string, to: string): Promise<void> => {
    const delayMs = network.tripMs(from, to);
    await world.sleep(delayMs ?? PATIENCE_MS);
    if (delayMs === undefined) throw new RuntimeError("PEER_UNREACHABLE", `${to} does not answer`);
  };
  return {
    noteDirectory: () => undefined,
    fetch: async function* (worker, { job, references, signal }) {
      if (worker === COORDINATOR_PEER) {
        yield* fetchInputs(options, { job, references, signal }, trip);
        return;
      }
      const holder = options.holderOf(worker);
      if (holder === undefined) throw new RuntimeError("PEER_UNREACHABLE", `${worker} is not there`);
      await trip(process.node, holder.process.node);
      for (const reference of references) {
        await trip(holder.process.node, process.node);
        if (signal.aborted) throw new RuntimeError("PEER_UNREACHABLE", `${worker} was given up`);
        if (!holder.process.isAlive || holder.process.isPaused) {
          throw new RuntimeError("PEER_UNREACHABLE", `${worker} is not there`);
        }
        const bytes = bytesOf(holder, reference);
        for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
          const piece = bytes.slice(start, start + PIECE_BYTES);
          if (world.chance(options.flipShare())) piece[Math.floor(world.between(0, piece.length))] ^= 1;
          yield piece;
        }
      }
    },
  };
}

/**
 * From the coordinator: what a worker does not see itself. No bit of it is another one on the way: that is for the network
 * to see to, where nobody has a checksum of it.
 */
async function* fetchInputs(
  { inputsOf, process }: SimulatedBlocksOptions,
  { job, references, signal }: Parameters<BlockSource["fetch"]>[1],
  trip: (from: string, to: string) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const away = (): RuntimeError => new RuntimeError("PEER_UNREACHABLE", "the coordinator is not there");
  const holder = inputsOf();
  if (holder === undefined) throw away();
  await trip(process.node, holder.process.node);
  for (const { segment, offset, byteLength } of references) {
    const file = holder.inputOf(job, inputNumber(segment) ?? -1);
    await trip(holder.process.node, process.node);
    if (signal.aborted || !holder.process.isAlive || holder.process.isPaused) throw away();
    if (file === "refused") throw new RuntimeError("FETCH_REFUSED", `the coordinator does not serve ${job}`);
    if (file === undefined) throw new RuntimeError("BLOCK_GONE", `${job} has no input ${segment}`);
    for (let start = offset; start < offset + byteLength; start += PIECE_BYTES)
      yield holder.bytesOf(file).slice(start, Math.min(start + PIECE_BYTES, offset + byteLength));
  }
}

/** Errors: BLOCK_GONE. */
function bytesOf({ disk, segmentDirectory }: BlockHolder, reference: SegmentReference): Uint8Array {
  const { segment, offset, byteLength } = reference;
  const file = disk.filesIn(segmentDirectory)?.get(segment);
  if (file === undefined || file.byteLength < offset + byteLength) {
    throw new RuntimeError("BLOCK_GONE", `${segment} is gone`);
  }
  return file.bytes.slice(offset, offset + byteLength);
}

/**
 * The disk of one node: files and the entries of a LevelDB, what of them is on stable storage, and what is wrong with it.
 *
 * Owns: what a loss of power takes, what a flipped bit changes, when there is no room and when a sync fails.
 * Never: knows who reads or writes; see `node-files.ts` and `simulated-level.ts`.
 *
 * D1. What was synced survives anything but the loss of the whole disk.
 * D2. Of what was not, a loss of power takes a suffix of each file, often all of it, and the last batches.
 * D3. After a failed sync every further one fails, until the process that had it is gone.
 */
import { addEdits, type EditCounts, NO_EDITS } from "./journal-edits.ts";
import { LevelEntries } from "./level-entries.ts";
import type { World } from "./world.ts";

const INITIAL_BYTES = 1024;
/** D2. */
const ALL_LOST_SHARE = 0.3;
const EDITED_BYTES_MAX = 8;
/** In the names of copies of inputs: `copyName`. */
const INPUT_COPY_MARK = "-input-";

export class SimulatedFile {
  #bytes = new Uint8Array(0);
  #byteLength = 0;
  mode = 0o644;
  modifiedMs = 0;
  /** Bytes on stable storage, from the beginning. */
  syncedLength = 0;
  isNameSynced = false;
  /** Positions of bytes that are not what was written. */
  readonly flipped: number[] = [];

  get byteLength(): number {
    return this.#byteLength;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#byteLength);
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(INITIAL_BYTES, 2 * end));
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, position);
    this.#byteLength = Math.max(this.#byteLength, end);
    this.syncedLength = Math.min(this.syncedLength, position);
  }

  read(target: Uint8Array, position: number): number {
    const found = this.bytes.subarray(position, position + target.length);
    target.set(found);
    return found.length;
  }

  truncate(byteLength: number): void {
    if (byteLength > this.#byteLength) this.write(new Uint8Array(byteLength - this.#byteLength), this.#byteLength);
    this.#bytes.fill(0, byteLength, this.#byteLength);
    this.#byteLength = byteLength;
    this.syncedLength = Math.min(this.syncedLength, byteLength);
  }

  sync(): void {
    this.syncedLength = this.#byteLength;
  }

  flipBit(position: number, bit: number): void {
    this.flipped.push(position);
    this.#bytes[position] ^= 1 << bit;
  }
}

export class SimulatedDisk {
  readonly node: string;
  /** By directory, then by name. */
  readonly directories = new Map<string, Map<string, SimulatedFile>>();
  level = new LevelEntries();
  /** All that was ever written is there, as it was written. */
  isIntact = true;
  /** Records that are not what was written. */
  flippedRecords = 0;
  /** Of stored blocks. */
  editedBlocks = 0;
  /** No write finds room. */
  isFull = false;
  /** The next sync fails, and with it all that follow (D3). */
  syncFails = false;
  /** The next batch of the LevelDB fails. */
  nextWriteFails = false;
  /** No entry of the LevelDB can be read. */
  readsFail = false;
  /** Every operation takes so many times as long. */
  slowness = 1;

  constructor(node: string) {
    this.node = node;
  }

  filesIn(directory: string): Map<string, SimulatedFile> | undefined {
    return this.directories.get(directory);
  }

  makeDirectory(directory: string): void {
    if (!this.directories.has(directory)) this.directories.set(directory, new Map());
  }

  removeDirectory(directory: string): void {
    this.directories.delete(directory);
  }

  /** The process is gone, and the faults of its descriptors with it. */
  release(): void {
    this.level.holder = undefined;
    this.syncFails = false;
  }

  /** D1, D2. */
  losePower(world: World): void {
    this.isIntact = false;
    for (const files of this.directories.values()) {
      for (const [name, file] of files) {
        if (!file.isNameSynced && world.chance(0.3)) {
          files.delete(name);
          continue;
        }
        const { syncedLength } = file;
        const kept = world.chance(ALL_LOST_SHARE)
          ? syncedLength
          : Math.floor(world.between(syncedLength, file.byteLength + 1));
        if (kept < file.byteLength) file.truncate(kept);
        file.sync();
        file.isNameSynced = true;
      }
    }
    this.level.losePower(world);
    this.release();
  }

  /** Everything is gone. */
  wipe(): void {
    this.isIntact = true;
    this.directories.clear();
    this.level = new LevelEntries();
    this.flippedRecords = 0;
    this.isFull = false;
    this.readsFail = false;
    this.nextWriteFails = false;
    this.release();
  }

  /** One bit of one stored block, copy of an input, or record is another one; false if nothing is stored. */
  flipBit(world: World, where: "segment" | "copy" | "record"): boolean {
    this.isIntact = false;
    if (where === "record") {
      this.flippedRecords += 1;
      return this.level.flipBit(world);
    }
    const files = this.#segments().filter(([name]) => where === "segment" || name.includes(INPUT_COPY_MARK));
    if (files.length === 0) return false;
    const [, file] = files[Math.floor(world.between(0, files.length))];
    file.flipBit(Math.floor(world.between(0, file.byteLength)), Math.floor(world.between(0, 8)));
    return true;
  }

  /** Whoever opens it next finds so many edits of records and of stored blocks. */
  edit(world: World, count: number): void {
    this.isIntact = false;
    this.flippedRecords += count;
    for (let time = 0; time < count; time += 1) {
      const files = this.#segments();
      if (files.length === 0 || world.chance(0.6)) this.level.edit(world, 1);
      else {
        const pick = () => files[Math.floor(world.between(0, files.length))];
        editSegment(world, pick(), pick());
        this.editedBlocks += 1;
      }
    }
  }

  #segments(): Segment[] {
    return [...this.directories.values()].flatMap((directory) =>
      [...directory]
        .filter(([name, { byteLength }]) => name.endsWith(".segment") && byteLength > 0)
        .map(([name, file]): Segment => [name, file, directory]),
    );
  }
}

type Segment = readonly [name: string, file: SimulatedFile, directory: Map<string, SimulatedFile>];

/** Other bytes somewhere, those of another file, an end that is missing or that is too much, no file at all. */
function editSegment(world: World, [name, file, directory]: Segment, [, other]: Segment): void {
  const at = Math.floor(world.between(0, file.byteLength));
  const byteCount = Math.ceil(world.between(0, EDITED_BYTES_MAX));
  const kind = Math.floor(world.between(0, 5));
  if (kind === 0) file.truncate(at);
  else if (kind === 1) file.write(other.bytes.slice(0, byteCount), file.byteLength);
  else if (kind === 2) directory.delete(name);
  else if (kind === 3) file.write(other.bytes.slice(0, Math.min(byteCount, file.byteLength - at)), at);
  else for (let bit = 0; bit < byteCount; bit += 1) file.flipBit(at, Math.floor(world.between(0, 8)));
  file.flipped.push(...Array.from({ length: byteCount }, (_, index) => at + index));
  file.sync();
}

/** The disks of all nodes, each there when it is asked for. */
export class Disks {
  readonly #disks = new Map<string, SimulatedDisk>();

  of(node: string): SimulatedDisk {
    const known = this.#disks.get(node) ?? new SimulatedDisk(node);
    this.#disks.set(node, known);
    return known;
  }

  /** Of the journals of all of them. */
  get edits(): EditCounts {
    return [...this.#disks.values()].map(({ level }) => level.edits.counts).reduce(addEdits, NO_EDITS);
  }

  get editedBlocks(): number {
    return [...this.#disks.values()].reduce((sum, disk) => sum + disk.editedBlocks, 0);
  }
}

/**
 * The files of simulated disks, under the very functions of `node:fs` that the product calls.
 *
 * Owns: paths below SIMULATED_ROOT: `/simulated/NODE/…` is a file of that node's disk; all other paths are Node's own.
 * Never: lets anything of a simulated path reach the machine's disk.
 *
 * F1. What is asynchronous takes simulated time, and never ends for a process that is dead.
 * F2. A function of `node:fs` that the product has begun to use and that is not here fails with ENOENT on these paths.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { type SimulatedDisk, SimulatedFile } from "./disk.ts";
import type { World } from "./world.ts";

export const SIMULATED_ROOT = "/simulated";

/** Far beyond what the machine gives out. */
const DESCRIPTORS_FROM = 1 << 24;
const OPERATION_MS = [0.01, 0.2] as const;

interface OpenFile {
  /** Undefined for a directory. */
  readonly file: SimulatedFile | undefined;
  readonly path: string;
  readonly disk: SimulatedDisk;
}

export interface MountedFiles {
  readonly world: World;
  readonly diskOf: (node: string) => SimulatedDisk;
  /** Whether whoever runs now does not see a file. */
  readonly hides?: (path: string) => boolean;
  /** Told before a file takes the place of another one, or appears. */
  readonly renamed?: (from: string, to: string) => void;
}

/** All files of a world while it runs; one world at a time. */
let mounted: (MountedFiles & { readonly open: Map<number, OpenFile> }) | undefined;
let nextDescriptor = DESCRIPTORS_FROM;

/** Gives `node:fs` the files of a world; returns what takes them away again. */
export function mountFiles(files: MountedFiles): () => void {
  assert(mounted === undefined, "one world at a time");
  patch();
  nextDescriptor = DESCRIPTORS_FROM;
  mounted = { ...files, open: new Map() };
  return () => {
    mounted = undefined;
  };
}

function isSimulated(target: unknown): target is string {
  return mounted !== undefined && typeof target === "string" && target.startsWith(`${SIMULATED_ROOT}/`);
}

function failure(code: string, syscall: string, target: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall} '${target}'`), { code, syscall, path: target });
}

function diskOf(target: string): SimulatedDisk {
  const node = target.split("/")[2];
  return (mounted as MountedFiles).diskOf(node);
}

function find(target: string): SimulatedFile | undefined {
  if (mounted?.hides?.(target) === true) return undefined;
  return diskOf(target).filesIn(path.dirname(target))?.get(path.basename(target));
}

function opened(descriptor: number, syscall: string): OpenFile {
  const file = mounted?.open.get(descriptor);
  if (file === undefined) throw failure("EBADF", syscall, String(descriptor));
  return file;
}

function contentOf(descriptor: number, syscall: string): SimulatedFile {
  const { file, path: name } = opened(descriptor, syscall);
  if (file === undefined) throw failure("EISDIR", syscall, name);
  return file;
}

function statusOf(file: SimulatedFile | undefined): Partial<fs.Stats> {
  return {
    size: file?.byteLength ?? 0,
    mode: file?.mode ?? 0o755,
    mtimeMs: file?.modifiedMs ?? 0,
    isFile: () => file !== undefined,
    isDirectory: () => file === undefined,
  };
}

const SYNCHRONOUS = {
  openSync: (target: string, flags = "r"): number => {
    const disk = diskOf(target);
    if (mounted?.hides?.(target) === true) throw failure("ENOENT", "open", target);
    const files = disk.filesIn(path.dirname(target));
    let file = files?.get(path.basename(target));
    const isDirectory = disk.directories.has(target);
    if (flags.startsWith("w") && !isDirectory) {
      if (files === undefined) throw failure("ENOENT", "open", target);
      if (flags.includes("x") && file !== undefined) throw failure("EEXIST", "open", target);
      if (disk.isFull && file === undefined) throw failure("ENOSPC", "open", target);
      file?.truncate(0);
      file ??= new SimulatedFile();
      files.set(path.basename(target), file);
    }
    if (file === undefined && !isDirectory) throw failure("ENOENT", "open", target);
    const descriptor = nextDescriptor;
    nextDescriptor += 1;
    mounted?.open.set(descriptor, { file, path: target, disk });
    return descriptor;
  },
  closeSync: (descriptor: number): void => {
    opened(descriptor, "close");
    mounted?.open.delete(descriptor);
  },
  readSync: (
    descriptor: number,
    target: Uint8Array,
    offset = 0,
    length = target.length - offset,
    position = 0,
  ): number => contentOf(descriptor, "read").read(target.subarray(offset, offset + length), position),
  writeSync: (
    descriptor: number,
    bytes: Uint8Array,
    offset = 0,
    length = bytes.length - offset,
    position?: number,
  ): number => {
    const file = contentOf(descriptor, "write");
    const { disk, path: name } = opened(descriptor, "write");
    if (disk.isFull) throw failure("ENOSPC", "write", name);
    file.write(bytes.subarray(offset, offset + length), position ?? file.byteLength);
    return length;
  },
  fstatSync: (descriptor: number) => statusOf(opened(descriptor, "fstat").file),
  statSync: (target: string, { throwIfNoEntry = true } = {}) => {
    const file = find(target);
    if (file !== undefined || diskOf(target).directories.has(target)) return statusOf(file);
    if (throwIfNoEntry) throw failure("ENOENT", "stat", target);
    return undefined;
  },
  existsSync: (target: string): boolean => find(target) !== undefined || diskOf(target).directories.has(target),
  mkdirSync: (target: string) => diskOf(target).makeDirectory(target),
  readdirSync: (target: string): string[] => {
    const files = diskOf(target).filesIn(target);
    if (files === undefined) throw failure("ENOENT", "scandir", target);
    return [...files.keys()];
  },
  rmSync: (target: string, { force = false } = {}): void => {
    if (!diskOf(target).filesIn(path.dirname(target))?.delete(path.basename(target)) && !force) {
      throw failure("ENOENT", "rm", target);
    }
  },
  fdatasyncSync: (descriptor: number): void => sync(descriptor),
  fsyncSync: (descriptor: number): void => sync(descriptor),
  writeFileSync: (target: string, data: string | Uint8Array): void => {
    const descriptor = SYNCHRONOUS.openSync(target, "w");
    SYNCHRONOUS.writeSync(descriptor, typeof data === "string" ? Buffer.from(data) : data);
    SYNCHRONOUS.closeSync(descriptor);
  },
  readFileSync: (target: string, encoding?: BufferEncoding): string | Buffer => {
    const bytes = find(target)?.bytes;
    if (bytes === undefined) throw failure("ENOENT", "open", target);
    const copy = Buffer.from(bytes);
    return encoding === undefined ? copy : copy.toString(encoding);
  },
};

function sync(descriptor: number): void {
  const { file, disk, path: name } = opened(descriptor, "fsync");
  if (disk.syncFails) throw failure("EIO", "fsync", name);
  if (file === undefined) for (const each of disk.filesIn(name)?.values() ?? []) each.isNameSynced = true;
  else file.sync();
}

/** F1. */
async function inTime<Result>(disk: SimulatedDisk, action: () => Result): Promise<Result> {
  const { world } = mounted as MountedFiles;
  await world.sleep(world.between(...OPERATION_MS) * disk.slowness);
  return action();
}

const ASYNCHRONOUS = {
  unlink: (target: string) => inTime(diskOf(target), () => SYNCHRONOUS.rmSync(target)),
  rm: (target: string, options: { force?: boolean }) =>
    inTime(diskOf(target), () => SYNCHRONOUS.rmSync(target, options)),
  stat: (target: string) => inTime(diskOf(target), () => SYNCHRONOUS.statSync(target)),
  rename: (from: string, to: string) =>
    inTime(diskOf(from), () => {
      const file = find(from);
      if (file === undefined) throw failure("ENOENT", "rename", from);
      mounted?.renamed?.(from, to);
      diskOf(from).filesIn(path.dirname(from))?.delete(path.basename(from));
      diskOf(to).filesIn(path.dirname(to))?.set(path.basename(to), file);
    }),
  open: (target: string, flags: string) =>
    inTime(diskOf(target), () => handleOf(SYNCHRONOUS.openSync(target, flags), diskOf(target))),
};

/** As far as the product uses a `FileHandle`. */
function handleOf(descriptor: number, disk: SimulatedDisk) {
  const syncing = () => inTime(disk, () => sync(descriptor));
  return {
    fd: descriptor,
    write: (bytes: Uint8Array, offset: number, length: number, position: number) =>
      inTime(disk, () => ({ bytesWritten: SYNCHRONOUS.writeSync(descriptor, bytes, offset, length, position) })),
    read: (bytes: Uint8Array, offset: number, length: number, position: number) =>
      inTime(disk, () => ({ bytesRead: SYNCHRONOUS.readSync(descriptor, bytes, offset, length, position) })),
    truncate: (byteLength: number) => inTime(disk, () => contentOf(descriptor, "ftruncate").truncate(byteLength)),
    chmod: (mode: number) =>
      inTime(disk, () => {
        contentOf(descriptor, "fchmod").mode = mode;
      }),
    stat: () => inTime(disk, () => statusOf(opened(descriptor, "fstat").file)),
    sync: syncing,
    datasync: syncing,
    close: () => inTime(disk, () => SYNCHRONOUS.closeSync(descriptor)),
  };
}

// biome-ignore lint/complexity/noBannedTypes: whatever the functions of a module are.
type Functions = Record<string, Function>;
let isPatched = false;

/** Once in a process: with nothing mounted, and for other paths, everything is as before. */
function patch(): void {
  if (isPatched) return;
  isPatched = true;
  replace(fs as unknown as Functions, SYNCHRONOUS as unknown as Functions);
  replace(fs.promises as unknown as Functions, ASYNCHRONOUS as unknown as Functions);
  syncBuiltinESMExports();
}

function replace(module: Functions, by: Functions): void {
  for (const [name, simulated] of Object.entries(by)) {
    const real = module[name];
    module[name] = (first: unknown, ...rest: unknown[]): unknown => {
      const isOurs = typeof first === "number" ? first >= DESCRIPTORS_FROM : isSimulated(first);
      return isOurs ? simulated(first, ...rest) : real.call(module, first, ...rest);
    };
  }
}

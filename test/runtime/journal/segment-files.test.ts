/**
 * Segment files: whole appends, exact reads, and failures that stay.
 */
import fs, { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { RuntimeError } from "../../../runtime/errors.ts";
import { listSegments, removeSegments, SegmentWriter } from "../../../runtime/journal/segment-files.ts";
import { SegmentReader } from "../../../runtime/journal/segment-reader.ts";

function freshDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), "segments-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function throwsWith(t: ExecutionContext, work: () => unknown, code: string): RuntimeError {
  const error = t.throws(work, { instanceOf: RuntimeError })!;
  t.is(error.code, code);
  return error;
}

/** Runs `work`, which must be synchronous, while a function of `node:fs` is another one. */
function withFault<Name extends "writeSync" | "fdatasyncSync">(name: Name, fault: (typeof fs)[Name], work: () => void) {
  const original = fs[name];
  fs[name] = fault;
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    fs[name] = original;
    syncBuiltinESMExports();
  }
}

function failingWith(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
}

test("segments: whatever is appended is read back, whole and in part, over files of any size", (t) => {
  const directory = freshDirectory(t);
  let life = 0;
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 100 }),
      fc.float({ min: 0, max: 1, noNaN: true }),
      (blocks, segmentBytesMax, share) => {
        life += 1;
        const writer = new SegmentWriter(directory, `life-${life}`, { segmentBytesMax });
        const references = blocks.map((block) => writer.append(block));
        const reader = new SegmentReader(directory);
        for (const [index, reference] of references.entries()) {
          const block = blocks[index];
          const whole = new Uint8Array(block.length);
          reader.read(reference, whole);
          t.deepEqual(whole, block);
          const offset = Math.floor(block.length * share);
          const part = new Uint8Array(block.length - offset);
          reader.read(reference, part, { offset, byteLength: part.length });
          t.deepEqual(part, block.subarray(offset));
          t.true(reference.offset === 0 || reference.offset + reference.byteLength <= segmentBytesMax);
        }
        writer.sync();
        writer.close();
        reader.close();
        removeSegments(directory, () => false);
      },
    ),
    { numRuns: 25 },
  );
});

test("segments: what is read may be shared memory of WebAssembly", (t) => {
  const directory = freshDirectory(t);
  const writer = new SegmentWriter(directory, "w");
  const reference = writer.append(Uint8Array.of(1, 2, 3));
  const target = new Uint8Array(new SharedArrayBuffer(8), 2, 3);
  new SegmentReader(directory).read(reference, target);
  t.deepEqual([...target], [1, 2, 3]);
});

test("segments: a write that the system does only in part goes on until it is whole", (t) => {
  const directory = freshDirectory(t);
  const writer = new SegmentWriter(directory, "w");
  const { writeSync } = fs;
  const partly = (descriptor: number, bytes: Uint8Array, offset: number) => writeSync(descriptor, bytes, offset, 1);
  withFault("writeSync", partly as typeof writeSync, () => writer.append(Uint8Array.of(1, 2, 3)));
  const target = new Uint8Array(3);
  new SegmentReader(directory).read({ segment: "w-0.segment", offset: 0, byteLength: 3 }, target);
  t.deepEqual([...target], [1, 2, 3]);
});

test("segments: a file of an earlier life is never appended to", (t) => {
  const directory = freshDirectory(t);
  const first = new SegmentWriter(directory, "w");
  first.append(Uint8Array.of(1));
  first.close();
  const second = new SegmentWriter(directory, "w");
  throwsWith(t, () => second.append(Uint8Array.of(2)), "SEGMENT_EXISTS");
  t.deepEqual(listSegments(directory), [{ segment: "w-0.segment", byteLength: 1 }]);
});

test("segments: after a failed write every later append and sync fails, though the disk has room again", (t) => {
  for (const [systemCode, code] of [
    ["ENOSPC", "DISK_FULL"],
    ["EDQUOT", "DISK_FULL"],
    ["EIO", "SEGMENT_WRITE_FAILED"],
  ]) {
    const directory = freshDirectory(t);
    const writer = new SegmentWriter(directory, "w");
    writer.append(Uint8Array.of(1));
    withFault("writeSync", failingWith(systemCode) as typeof fs.writeSync, () => {
      throwsWith(t, () => writer.append(Uint8Array.of(2)), code);
    });
    throwsWith(t, () => writer.append(Uint8Array.of(3)), code);
    throwsWith(t, () => writer.sync(), code);
    t.is(listSegments(directory)[0].byteLength, 1);
    writer.close();
  }
});

test("segments: a failed fdatasync is final", (t) => {
  const writer = new SegmentWriter(freshDirectory(t), "w");
  writer.append(Uint8Array.of(1));
  withFault("fdatasyncSync", failingWith("EIO"), () => {
    throwsWith(t, () => writer.sync(), "SEGMENT_WRITE_FAILED");
  });
  throwsWith(t, () => writer.sync(), "SEGMENT_WRITE_FAILED");
  throwsWith(t, () => writer.append(Uint8Array.of(1)), "SEGMENT_WRITE_FAILED");
});

test("segments: a sync reaches every file that was filled since the last", (t) => {
  const writer = new SegmentWriter(freshDirectory(t), "w", { segmentBytesMax: 1 });
  const synced: number[] = [];
  const { fdatasyncSync } = fs;
  const counting = (descriptor: number) => {
    synced.push(descriptor);
    fdatasyncSync(descriptor);
  };
  withFault("fdatasyncSync", counting, () => {
    for (let index = 0; index < 30; index += 1) writer.append(Uint8Array.of(index));
    writer.sync();
  });
  t.is(synced.length, 30);
  writer.close();
});

test("segments: a short, a missing and an outlandish file are told apart", (t) => {
  const directory = freshDirectory(t);
  const writer = new SegmentWriter(directory, "w");
  const reference = writer.append(Uint8Array.of(1, 2, 3));
  truncateSync(path.join(directory, reference.segment), 2);
  const reader = new SegmentReader(directory);
  const target = new Uint8Array(3);
  throwsWith(t, () => reader.read(reference, target), "SEGMENT_TRUNCATED");
  throwsWith(t, () => reader.read({ ...reference, segment: "gone-0.segment" }, target), "SEGMENT_MISSING");
  for (const segment of ["../w-0.segment", "/etc/passwd", "", ".segment", "a/b.segment"]) {
    throwsWith(t, () => reader.read({ ...reference, segment }, target), "SEGMENT_MISSING");
  }
});

test("segments: a reader of more files than it may keep open reads them all", (t) => {
  const directory = freshDirectory(t);
  const writer = new SegmentWriter(directory, "w", { segmentBytesMax: 1 });
  const references = Array.from({ length: 100 }, (_, index) => writer.append(Uint8Array.of(index)));
  writer.close();
  const before = openDescriptors();
  const reader = new SegmentReader(directory);
  const target = new Uint8Array(1);
  for (const round of [0, 1]) {
    for (const [index, reference] of references.entries()) {
      reader.read(reference, target);
      t.is(target[0], index, `round ${round}`);
    }
  }
  if (before !== undefined) t.is(openDescriptors()! - before, 64);
  reader.release(references[99].segment);
  if (before !== undefined) t.is(openDescriptors()! - before, 63);
  reader.close();
  t.is(openDescriptors(), before);
});

test("segments: only the files that nobody keeps are removed, and nothing but segments", (t) => {
  const directory = freshDirectory(t);
  const writer = new SegmentWriter(directory, "w", { segmentBytesMax: 2 });
  for (let index = 0; index < 3; index += 1) writer.append(Uint8Array.of(1, 2));
  writeFileSync(path.join(directory, "notes.txt"), "");
  const removed = removeSegments(directory, (segment) => segment === "w-1.segment");
  t.deepEqual(removed, [
    { segment: "w-0.segment", byteLength: 2 },
    { segment: "w-2.segment", byteLength: 2 },
  ]);
  t.deepEqual(readdirSync(directory).sort(), ["notes.txt", "w-1.segment"]);
  t.deepEqual(listSegments(path.join(directory, "missing")), []);
});

/** Undefined where the system does not tell. */
function openDescriptors(): number | undefined {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : undefined;
}

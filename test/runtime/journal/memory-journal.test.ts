/**
 * The memory journal against the contract, and the promises of durability that only a simulated disk can show.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import test from "ava";
import { ChainedJournal } from "../../../runtime/journal/chained-journal.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import type { OrderedStore } from "../../../runtime/journal/ordered-store.ts";
import { bytes, journalContract, rejectsWith, texts } from "./journal-contract.ts";

journalContract(test, () => {
  const disk = new MemoryDisk("memory");
  return {
    name: disk.name,
    bitStride: 1,
    journal: (options) => createMemoryJournal({ ...options, disk }),
    raw: async (work) => {
      const store = disk.store();
      await store.open();
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    },
  };
});

test("durability: a loss of power takes commits acknowledged under `process`, but none under `host`", async (t) => {
  for (const durability of ["process", "host"] as const) {
    const disk = new MemoryDisk("memory");
    const journal = createMemoryJournal({ disk, durability });
    await journal.open();
    for (const text of ["1", "2", "3"]) await journal.commit([{ actor: "a", payload: bytes(text) }]);
    disk.losePower(durability === "process" ? 3 : 0);
    const next = createMemoryJournal({ disk, onBreak: () => t.fail("a lost tail cannot be seen") });
    await next.open();
    t.deepEqual(texts(await next.read("a")), durability === "process" ? ["1", "2"] : ["1", "2", "3"]);
    await next.close();
  }
});

test("durability: a stable record, and all before it, outlast a loss of power under `process`, too", async (t) => {
  const disk = new MemoryDisk("disk");
  const journal = createMemoryJournal({ disk, durability: "process" });
  await journal.open();
  await journal.commit([{ actor: "a", payload: bytes("1") }]);
  await journal.commit([{ actor: "b", payload: bytes("2"), stable: true }]);
  await journal.commit([{ actor: "a", payload: bytes("3") }]);
  disk.losePower(0);
  const next = createMemoryJournal({ disk });
  await next.open();
  t.deepEqual(texts(await next.read("a")), ["1"]);
  t.deepEqual(texts(await next.read("b")), ["2"]);
  await next.close();
});

test("durability: the death of the process alone takes nothing", async (t) => {
  const disk = new MemoryDisk("memory");
  const journal = createMemoryJournal({ disk });
  await journal.open();
  await journal.commit([{ actor: "a", payload: bytes("1") }]);
  disk.killHolder();
  const next = createMemoryJournal({ disk });
  await next.open();
  t.deepEqual(texts(await next.read("a")), ["1"]);
  await next.close();
});

test("group commit: commits called while a batch is under way are written together as the next", async (t) => {
  const disk = new MemoryDisk("memory");
  const store = disk.store();
  const batches: number[] = [];
  const releases: (() => void)[] = [];
  const slow: OrderedStore = {
    ...store,
    write: async (operations, sync) => {
      batches.push(operations.length);
      // The first batch is the format marker.
      if (batches.length > 1) await new Promise<void>((resolve) => releases.push(resolve));
      await store.write(operations, sync);
    },
  };
  const journal = new ChainedJournal(slow, {});
  await journal.open();
  const commit = (text: string) => journal.commit([{ actor: "a", payload: bytes(text) }]);
  const first = commit("1");
  while (releases.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const later = ["2", "3", "4"].map(commit);
  t.deepEqual(batches, [1, 1]);
  releases[0]();
  await first;
  while (releases.length < 2) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(batches, [1, 1, 3]);
  releases[1]();
  await Promise.all(later);
  t.deepEqual(texts(await journal.read("a")), ["1", "2", "3", "4"]);
  await journal.close();
});

test("fail-stop: an error while reading stops the journal too", async (t) => {
  const store = new MemoryDisk("memory").store();
  let failing = false;
  const faulty: OrderedStore = {
    ...store,
    entries: async (range) => {
      if (failing) throw new Error("EIO");
      return store.entries(range);
    },
  };
  const told: unknown[] = [];
  const journal = new ChainedJournal(faulty, { onFailure: (error) => told.push(error) });
  await journal.open();
  failing = true;
  await rejectsWith(t, journal.read("a"), "JOURNAL_FAILED");
  failing = false;
  await rejectsWith(t, journal.commit([{ actor: "b", payload: bytes("1") }]), "JOURNAL_FAILED");
  t.is(told.length, 1, "a failure is told once");
  await journal.close();
});

test.serial("memory: what a snapshot has replaced is not kept, where power is never lost", async (t) => {
  const snapshotBytes = 1024 * 1024;
  const journal = createMemoryJournal();
  await journal.open();
  const beforeBytes = reachableBufferBytes();
  for (let count = 0; count < 64; count += 1) {
    await journal.commit([{ actor: "a", payload: new Uint8Array(snapshotBytes), replace: true }]);
  }
  t.true(reachableBufferBytes() - beforeBytes < 16 * snapshotBytes);
  await journal.close();
});

/** A collection returns while another thread still frees its buffers; the next one waits for that thread first. */
function reachableBufferBytes(): number {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

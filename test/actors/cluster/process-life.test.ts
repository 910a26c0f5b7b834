/**
 * The lives of a process are counted, each number once, whatever becomes of the power or of one record.
 */
import test from "ava";
import { beginLife, type ProcessLife } from "../../../actors/cluster/process-life.ts";
import { partitionLog } from "../../../actors/partition/messages.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { recordKey } from "../../../runtime/journal/record-key.ts";

async function live(disk: MemoryDisk, newId: string): Promise<ProcessLife> {
  const journal = createMemoryJournal({ disk, durability: "process" });
  await journal.open();
  const life = await beginLife(journal, { role: "worker", newId });
  await journal.close();
  return life;
}

test("life: each life of a directory has the next number, and the id of the first", async (t) => {
  const disk = new MemoryDisk("disk");
  t.deepEqual(await live(disk, "a"), { role: "worker", id: "a", count: 1 });
  t.deepEqual(await live(disk, "b"), { role: "worker", id: "a", count: 2 });
});

test("life: a loss of power takes no life back (P1)", async (t) => {
  const disk = new MemoryDisk("disk");
  await live(disk, "a");
  await live(disk, "a");
  disk.losePower(0);
  t.is((await live(disk, "b")).count, 3);
});

async function damage(disk: MemoryDisk, log: string): Promise<void> {
  const store = disk.store();
  await store.open();
  const key = recordKey(log, 1);
  const value = (await store.get(key)) as Uint8Array;
  value[value.length - 3] ^= 1;
  await store.write([{ type: "put", key, value }], true);
  await store.close();
}

for (const log of ["process", "process.copy"]) {
  test(`life: where the record of ${log} is damaged, the count goes on (P2)`, async (t) => {
    const disk = new MemoryDisk("disk");
    await live(disk, "a");
    await damage(disk, log);
    t.deepEqual(await live(disk, "b"), { role: "worker", id: "a", count: 2 });
    t.is((await live(disk, "b")).count, 3);
  });
}

test("life: where both records are damaged, it is another process (P3)", async (t) => {
  const disk = new MemoryDisk("disk");
  await live(disk, "a");
  for (const log of ["process", "process.copy"]) await damage(disk, log);
  t.deepEqual(await live(disk, "b"), { role: "worker", id: "b", count: 1 });
  t.deepEqual(await live(disk, "c"), { role: "worker", id: "b", count: 2 });
});

test("life: what a worker committed under an id that it has lost is gone with it (P4)", async (t) => {
  const payload = Uint8Array.of(1);
  const logs = [partitionLog("job", 0), partitionLog("job", 7), "something else"];
  const logsAfter = async (damaged: readonly string[]): Promise<string[]> => {
    const disk = new MemoryDisk("disk");
    await live(disk, "a");
    const journal = createMemoryJournal({ disk });
    await journal.open();
    for (const actor of logs) await journal.commit([{ actor, payload }]);
    await journal.close();
    for (const log of damaged) await damage(disk, log);
    await live(disk, "b");
    await journal.open();
    return (await journal.actors("")).filter((log) => logs.includes(log));
  };
  t.deepEqual(await logsAfter(["process"]), logs);
  t.deepEqual(await logsAfter(["process", "process.copy"]), ["something else"]);
});

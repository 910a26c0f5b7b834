/**
 * The lives of a process are counted, each number once, whatever becomes of the power or of one record.
 */
import test from "ava";
import { beginLife, type ProcessLife } from "../../../actors/cluster/process-life.ts";
import { createMemoryJournal, MemoryDisk } from "../../../runtime/journal/memory-journal.ts";
import { recordKey } from "../../../runtime/journal/record-key.ts";

async function live(disk: MemoryDisk, newId: string): Promise<ProcessLife> {
  const journal = createMemoryJournal({ disk, durability: "process" });
  await journal.open();
  const life = await beginLife(journal, "worker", newId);
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

for (const log of ["process", "process.copy"]) {
  test(`life: where the record of ${log} is damaged, the count goes on (P2)`, async (t) => {
    const disk = new MemoryDisk("disk");
    await live(disk, "a");
    const store = disk.store();
    await store.open();
    const key = recordKey(log, 1);
    const value = (await store.get(key)) as Uint8Array;
    value[value.length - 3] ^= 1;
    await store.write([{ type: "put", key, value }], true);
    await store.close();
    t.deepEqual(await live(disk, "b"), { role: "worker", id: "a", count: 2 });
    t.is((await live(disk, "b")).count, 3);
  });
}

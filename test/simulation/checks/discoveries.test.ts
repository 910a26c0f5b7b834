/**
 * Edits of a journal from below: the real journal reports each that it reads; one that it would not report is reported.
 */
import test from "ava";
import { createLevelJournal } from "../../../runtime/journal/level-journal.ts";
import { SimulatedDisk } from "../world/disk.ts";
import { simulatedLevel } from "../world/simulated-level.ts";
import { World } from "../world/world.ts";
import { DiscoveriesCheck } from "./discoveries.ts";
import { openCheckStage } from "./stage.ts";

const LOGS = ["one", "two", "three"];
const WORLDS = 150;
const EDITS = 3;

/** Logs with records and a snapshot, edited, and read; resolves with the logs that were edited unnoticed. */
async function unnoticedIn(seed: number, { isDeaf }: { readonly isDeaf: boolean }) {
  const world = new World(seed);
  const disk = new SimulatedDisk("a");
  const unnoticed: string[] = [];
  const open = () =>
    createLevelJournal({
      directory: "/nowhere/journal",
      makeLevel: () => simulatedLevel(world, disk),
      onBreak: ({ actor }) => {
        if (!isDeaf) disk.level.reported(actor);
      },
    });
  const play = async (): Promise<void> => {
    const before = open();
    await before.open();
    for (const [index, actor] of LOGS.entries()) {
      for (let record = 0; record < 4; record += 1)
        await before.commit([{ actor, payload: Uint8Array.of(index, record), replace: index === 1 && record === 2 }]);
    }
    await before.close();
    disk.edit(world, EDITS);
    const after = open();
    await after.open();
    for (const actor of LOGS) {
      await after.read(actor);
      if (disk.level.edits.isUnnoticed(actor)) unnoticed.push(actor);
      await after.commit([{ actor, payload: Uint8Array.of(9) }]);
    }
  };
  let isOver = false;
  const playing = play().finally(() => {
    isOver = true;
  });
  await world.run(() => isOver, 1e9);
  await playing;
  return { unnoticed, counts: disk.level.edits.counts };
}

test("discoveries: the journal reports every edit that leaves another thing than the beginning of a log", async (t) => {
  let [applied, discovered, harmless] = [0, 0, 0];
  for (let seed = 1; seed <= WORLDS; seed += 1) {
    const { unnoticed, counts } = await unnoticedIn(seed, { isDeaf: false });
    t.deepEqual(unnoticed, [], `seed ${seed}`);
    t.is(counts.read, counts.discovered + counts.harmless, `seed ${seed}`);
    applied += counts.applied;
    discovered += counts.discovered;
    harmless += counts.harmless;
  }
  t.true(
    applied === WORLDS * EDITS && discovered > applied / 2 && harmless > 0,
    `${applied} ${discovered} ${harmless}`,
  );
});

test("discoveries: a journal that reports nothing is found out", async (t) => {
  const { unnoticed, counts } = await unnoticedIn(1, { isDeaf: true });
  t.true(unnoticed.length > 0);
  t.is(counts.discovered, 0);
  const stage = openCheckStage();
  new DiscoveriesCheck(stage.problems).unnoticed(stage.resident, unnoticed[0] ?? "");
  t.deepEqual(stage.found(), ["discoveries"]);
});

/**
 * A process that commits without end and says each acknowledgement, until it is killed.
 *
 * Owns: the other side of the kill tests: `node committer.js DIRECTORY` writes lines `actor sequence`.
 * Never: outlives its parent: it ends when its standard input does.
 */
import { writeSync } from "node:fs";
import { createLevelJournal } from "../../../runtime/journal/level-journal.ts";

process.stdin.resume().once("end", () => process.exit());
const journal = createLevelJournal({ directory: process.argv[2] });
await journal.open();
await Promise.all(["north", "east", "south", "west"].map(commitWithoutEnd));

async function commitWithoutEnd(actor: string): Promise<void> {
  let { length: sequence } = await journal.read(actor);
  for (;;) {
    sequence += 1;
    await journal.commit([{ actor, payload: new TextEncoder().encode(`${actor} ${sequence}`) }]);
    // Synchronous, so that what was acknowledged before the kill has been said.
    writeSync(1, `${actor} ${sequence}\n`);
  }
}

/**
 * Random edits of journal and segments after a kill: the right output or a named error, never a wrong byte, never a hang.
 *
 * `npm run faults` does the same a thousand times.
 */
import test from "ava";
import { seededRandom } from "../../runtime/random.ts";
import { editOnce } from "./edit-files.ts";
import { KILL_MOMENTS, KilledRun } from "./killed-run.ts";

const RESUMES = 8;
/** Of the test alone: a run takes a second, and many where a machine is busy. */
const TIME_LIMIT_MS = 600_000;

test("random edits: each resumed run gives the right output or a named error (8 runs, 36 edits, seed 1)", async (t) => {
  t.timeout(TIME_LIMIT_MS);
  const run = await KilledRun.make(t);
  for (let index = 0; index < RESUMES; index += 1) {
    const random = seededRandom(1 + index);
    run.restore(KILL_MOMENTS[index % KILL_MOMENTS.length]);
    const edits = Array.from({ length: 1 + (index % 8) }, () => editOnce(run.dataDirectory, random));
    const { kind, detail } = run.resume();
    t.true(kind === "right" || kind === "error", `${kind}: ${detail}: ${JSON.stringify(edits)}`);
  }
});

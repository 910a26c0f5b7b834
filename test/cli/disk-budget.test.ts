/**
 * `--disk`: a job that needs more of the disk says so, and goes on when it may have it.
 */
import test from "ava";
import { CommandStage, repeatedPairs, SUMS, THREE_SPLITS_REPEATS } from "./command.ts";

const { text: PAIRS, sums: RESULT } = repeatedPairs(THREE_SPLITS_REPEATS);

test.serial("disk: blocks beyond the budget end the run by name, and what is done is taken over with more", (t) => {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": PAIRS });
  const options = ["run", "sums.json", "--output", "result.csv", "--json"];
  const refused = stage.run([...options, "--disk", "0.001kB"]);
  t.is(refused.status, 1);
  const { error } = JSON.parse(refused.stdout);
  t.is(error.code, "DISK_BUDGET_EXCEEDED");
  t.regex(error.messages.join(), /\d+ bytes of blocks are needed at once by now, and 1 are allowed/);
  t.false(stage.files().includes("result.csv"));
  const done = stage.run(options);
  t.is(done.status, 0);
  t.true(JSON.parse(done.stdout).diskPeakBytes > 0);
  t.is(stage.read("result.csv"), RESULT);
});

test.serial("disk: a budget without a unit is refused", (t) => {
  const stage = new CommandStage(t);
  stage.write({ "sums.json": SUMS, "pairs.csv": PAIRS });
  const { status, stderr } = stage.run(["run", "sums.json", "--disk", "100"]);
  t.is(status, 2);
  t.regex(stderr, /--disk/);
});

/**
 * `--memory`: what cannot be kept is refused by name; what can be makes no difference to the result, nor to the job.
 */
import test from "ava";
import { CommandStage, repeatedPairs, SUMS, THREE_SPLITS_REPEATS } from "./command.ts";

const { text: PAIRS, sums: RESULT } = repeatedPairs(THREE_SPLITS_REPEATS);

test.serial(
  "memory: too little is refused with the least, which is enough for the same job and the same bytes",
  (t) => {
    const stage = new CommandStage(t);
    stage.write({ "sums.json": SUMS, "pairs.csv": PAIRS });
    const options = ["run", "sums.json", "--output", "result.csv", "--workers", "2", "--json"];
    const refused = stage.run([...options, "--memory", "64MiB"]);
    t.is(refused.status, 2);
    const { error, job } = JSON.parse(refused.stdout);
    t.is(error.code, "MEMORY_TOO_SMALL");
    const least = /at least (\d+) MiB/.exec(error.messages.join())?.[1];
    t.false(stage.files().includes("result.csv"));
    for (const budget of [["--memory", `${least}MiB`], []]) {
      const done = stage.run([...options, ...budget]);
      t.is(done.status, 0);
      t.is(JSON.parse(done.stdout).job, job);
      t.is(stage.read("result.csv"), RESULT);
    }
  },
);

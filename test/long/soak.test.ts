/**
 * Nothing of a run stays in its process. `npm run soak` is the long form, which looks at memory too.
 */
import { existsSync } from "node:fs";
import test from "ava";
import { temporaryDirectory } from "../actors/temporary-directory.ts";
import { SOAK_ROUND, soakRuns } from "./soak-runs.ts";

const onLinux = existsSync("/proc/self/task") ? test : test.skip;

onLinux("soak: ten runs in one process leave no descriptor open and no thread behind", async (t) => {
  const samples: { descriptors: number; threads: number }[] = [];
  for await (const { run, descriptors, threads } of soakRuns({
    directory: temporaryDirectory(t),
    runs: SOAK_ROUND + 10,
    rows: 500,
  })) {
    if (run >= SOAK_ROUND) samples.push({ descriptors, threads });
  }
  t.deepEqual(
    samples,
    samples.map(() => samples[0]),
  );
});

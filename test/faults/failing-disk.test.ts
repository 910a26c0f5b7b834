/**
 * Disks that are full, and disks that fail: a named error, nothing where the result would be, and the same command goes on.
 */
import test from "ava";
import { temporaryDirectory } from "../actors/temporary-directory.ts";
import { type FaultEnd, FaultyCommand } from "./command-under-fault.ts";

/** Of each test: a run takes a second, and many under strace or where a machine is busy. */
const TIME_LIMIT_MS = 600_000;
/** Too little for the blocks of the job, and for its result, but enough to begin. */
const SMALL_BYTES = 1 << 20;

for (const on of [["data"], ["output"], ["data", "output"]] as const) {
  test.serial(
    `full disk: with ${on.join(" and ")} on it, it is told by name, and with more room the job goes on`,
    (t) => {
      t.timeout(TIME_LIMIT_MS);
      const directory = temporaryDirectory(t);
      const end = new FaultyCommand(directory).onSmallDisk(`${directory}/small`, on, SMALL_BYTES);
      if (typeof end === "string") {
        t.log(`skipped: ${end}`);
        t.pass();
        return;
      }
      t.like(end, { kind: "error", detail: "DISK_FULL", isResumedRight: true }, JSON.stringify(end));
    },
  );
}

const FAILING = [
  ["fdatasync", "1+", undefined],
  ["fdatasync", "4", undefined],
  ["fsync", "1", undefined],
  ["write", "2+", "journal/000003.log"],
] as const;

for (const [call, when, only] of FAILING) {
  const where = only === undefined ? "" : ` of ${only}`;
  test.serial(
    `failing disk: EIO of ${call}${where}, call ${when}, is told by name, and without it the job goes on`,
    (t) => {
      t.timeout(TIME_LIMIT_MS);
      const end: FaultEnd | string = new FaultyCommand(temporaryDirectory(t)).withFailing(call, when, only);
      if (typeof end === "string") {
        t.log(`skipped: ${end}`);
        t.pass();
        return;
      }
      t.true(end.kind === "error" && /^(JOURNAL|SEGMENT|DATA_DIRECTORY)_/.test(end.detail), JSON.stringify(end));
      t.true(end.isResumedRight, JSON.stringify(end));
    },
  );
}

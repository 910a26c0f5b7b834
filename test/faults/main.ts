/**
 * `npm run faults`: damages journals and segments of killed runs at random, fills disks, makes them fail, and counts ends.
 *
 *   npm run faults -- --edits 1000 --seed 1 [--only edits|disks]
 *
 * Prints tables; ends with 1 if anything was wrong, hung, or died without a name.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../../runtime/random.ts";
import { FaultyCommand } from "./command-under-fault.ts";
import { EDIT_KINDS, type Edit, editOnce } from "./edit-files.ts";
import { KILL_MOMENTS, KilledRun, type ResumeEnd } from "./killed-run.ts";

const { values } = parseArgs({
  options: {
    edits: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "edits,disks" },
  },
});
const SMALL_BYTES = 1 << 20;
const teardowns: (() => void)[] = [];
const bad: string[] = [];

try {
  if (values.only.includes("edits")) await tryEdits(Number(values.edits), Number(values.seed));
  if (values.only.includes("disks")) tryDisks();
} finally {
  for (const teardown of teardowns.reverse()) teardown();
}
for (const line of bad) console.log(line);
process.exitCode = bad.length === 0 ? 0 : 1;

async function tryEdits(editCount: number, seed: number): Promise<void> {
  const run = await KilledRun.make({ teardown: (work: () => void) => void teardowns.push(work) });
  const counts = new Map<string, Record<string, number>>();
  const errors = new Map<string, number>();
  let done = 0;
  for (let index = 0; done < editCount; index += 1) {
    const random = seededRandom(seed * 1_000_003 + index);
    const moment = KILL_MOMENTS[index % KILL_MOMENTS.length];
    run.restore(moment);
    // Mostly one edit, so that it is known what did it; sometimes several.
    const wanted = Math.min(editCount - done, index % 4 === 3 ? 4 : 1);
    const edits = Array.from({ length: wanted }, () => editOnce(run.dataDirectory, random)).filter(
      (edit): edit is Edit => edit !== undefined,
    );
    done += Math.max(1, edits.length);
    const end = run.resume();
    for (const { target, kind } of edits) count(counts, `${target} ${kind}`, end);
    if (end.kind === "error") errors.set(end.detail, (errors.get(end.detail) ?? 0) + edits.length);
    else if (end.kind !== "right")
      bad.push(`run ${index} (${moment}): ${end.kind}: ${end.detail}: ${JSON.stringify(edits)}`);
    if (index % 20 === 0) process.stderr.write(`${done} edits\n`);
  }
  console.log("| edit | of | right | named error | wrong | hang | died |\n| --- | --- | --- | --- | --- | --- | --- |");
  for (const target of ["journal", "segments"]) {
    for (const kind of EDIT_KINDS) {
      const row = counts.get(`${target} ${kind}`);
      if (row === undefined) continue;
      const cells = ["right", "error", "wrong", "hang", "died"].map((name) => row[name] ?? 0);
      console.log(`| ${kind} | ${target} | ${cells.join(" | ")} |`);
    }
  }
  console.log(
    `\n${done} edits; errors: ${[...errors].map(([code, times]) => `${code} ${times}`).join(", ") || "none"}\n`,
  );
}

function count(counts: Map<string, Record<string, number>>, name: string, { kind }: ResumeEnd): void {
  const row = counts.get(name) ?? {};
  row[kind] = (row[kind] ?? 0) + 1;
  counts.set(name, row);
}

function tryDisks(): void {
  const directory = mkdtempSync(path.join(tmpdir(), "faults-"));
  teardowns.push(() => rmSync(directory, { recursive: true, force: true }));
  console.log("| fault | end | the same command without it |\n| --- | --- | --- |");
  const tell = (fault: string, attempt: (command: FaultyCommand) => ReturnType<FaultyCommand["withFailing"]>): void => {
    const place = path.join(directory, fault.replaceAll(/[^a-z0-9]+/gi, "-"));
    mkdirSync(place);
    const end = attempt(new FaultyCommand(place));
    rmSync(place, { recursive: true, force: true });
    if (typeof end === "string") {
      console.log(`| ${fault} | not tried: ${end} | |`);
      return;
    }
    const resumed = end.isResumedRight ? `right, ${end.tasksTakenOver} tasks taken over` : "WRONG";
    console.log(`| ${fault} | ${end.kind} ${end.detail} | ${resumed} |`);
    if (!end.isResumedRight || (end.kind !== "right" && end.kind !== "error"))
      bad.push(`${fault}: ${JSON.stringify(end)}`);
  };
  for (const on of [["data"], ["output"], ["data", "output"]] as const) {
    for (const factor of [1, 2, 4]) {
      const fault = `${factor} MiB disk for ${on.join(" and ")}`;
      tell(fault, (command) => command.onSmallDisk(path.join(directory, "small"), on, factor * SMALL_BYTES));
    }
  }
  for (const call of ["fdatasync", "fsync"]) {
    for (const when of ["1", "2", "3", "5", "8", "13", "1+", "10+"]) {
      tell(`EIO of ${call}, call ${when}`, (command) => command.withFailing(call, when));
    }
  }
  for (const when of ["1", "2", "5", "2+"]) {
    tell(`EIO of write to the journal, call ${when}`, (command) =>
      command.withFailing("write", when, "journal/000003.log"),
    );
  }
}

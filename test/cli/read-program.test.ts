/**
 * Program files, as the command reads them.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { CommandError } from "../../cli/command-error.ts";
import { readProgram } from "../../cli/read-program.ts";
import { temporaryDirectory } from "../actors/temporary-directory.ts";

test("program: a file that never ends is refused, and not read until memory ends", (t) => {
  const error = t.throws(() => readProgram("/dev/zero"), { instanceOf: CommandError });
  t.is(error.code, "PROGRAM_UNREADABLE");
  t.regex(error.message, /is larger than/);
});

test("program: a file that is longer than one read is read whole", (t) => {
  const file = path.join(temporaryDirectory(t), "sums.json");
  const blanks = " ".repeat(3 << 20);
  writeFileSync(file, `{"partitions":1,${blanks}"operations":[{"operator":"map","function":"ABS"}]}`);
  const { program, path: absolutePath, directory } = readProgram(file);
  t.is(program.name, "sums");
  t.is(absolutePath, file);
  t.is(directory, path.dirname(file));
});

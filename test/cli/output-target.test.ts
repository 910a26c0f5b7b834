/**
 * Places for results: what is refused before anything runs.
 */
import { linkSync, symlinkSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { CommandError } from "../../cli/command-error.ts";
import { findDestination, requireApart } from "../../cli/run/output-target.ts";
import { temporaryDirectory, writeFiles } from "../actors/temporary-directory.ts";

for (const name of ["input.csv", "./below/../input.csv", "hard.csv", "symbolic.csv"]) {
  test(`output: ${name} is refused where it is an input file under that name`, (t) => {
    const directory = temporaryDirectory(t);
    writeFiles(directory, { "input.csv": "1,2\n", "other.csv": "1,2\n", "below/x": "" });
    const input = path.join(directory, "input.csv");
    linkSync(input, path.join(directory, "hard.csv"));
    symlinkSync("input.csv", path.join(directory, "symbolic.csv"));
    const destination = findDestination(`${directory}/${name}`);
    const error = t.throws(() => requireApart(destination, [path.join(directory, "other.csv"), input]), {
      instanceOf: CommandError,
    });
    t.is(error.code, "OUTPUT_UNUSABLE");
    t.regex(error.message, /it would take the place of what this run reads/);
  });
}

test("output: files that exist or not, beside the inputs, are fine", (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "input.csv": "1,2\n", "other.csv": "1,2\n" });
  const inputs = [path.join(directory, "input.csv"), path.join(directory, "gone.csv")];
  for (const name of ["other.csv", "new.csv"]) {
    t.notThrows(() => requireApart(findDestination(path.join(directory, name)), inputs));
  }
  t.notThrows(() => requireApart(findDestination("-"), inputs));
});

test("output: an empty path is refused", (t) => {
  const error = t.throws(() => findDestination(""), { instanceOf: CommandError });
  t.is(error.message, 'cannot write output "": a path cannot be empty');
});

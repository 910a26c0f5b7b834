/**
 * What the cluster of one run is told of its job: no more of the disk than its inputs need, and which submission it is.
 */
import { realpathSync, symlinkSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { forgetSubmission, placesOf, submissionIn } from "../../../cli/hosts/hosts-job.ts";
import { temporaryDirectory, writeFiles } from "../../actors/temporary-directory.ts";

test("hosts job: the data root is the deepest directory of all inputs, which are named relative to it", (t) => {
  const root = realpathSync(temporaryDirectory(t));
  writeFiles(root, { "a/b/1.csv": "", "a/b/2.csv": "", "a/bc/3.csv": "" });
  const at = (...names: string[]): string[] => names.map((name) => path.join(root, name));
  t.deepEqual(placesOf(at("a/b/1.csv")), { dataRoot: path.join(root, "a/b"), names: ["1.csv"] });
  t.deepEqual(placesOf(at("a/b/2.csv", "a/b/1.csv")), { dataRoot: path.join(root, "a/b"), names: ["2.csv", "1.csv"] });
  t.deepEqual(placesOf(at("a/b/1.csv", "a/bc/3.csv")), {
    dataRoot: path.join(root, "a"),
    names: ["b/1.csv", "bc/3.csv"],
  });
});

test("hosts job: a link is named as it is, and leads to below the root", (t) => {
  const root = realpathSync(temporaryDirectory(t));
  writeFiles(root, { "far/blob": "", "here/x": "" });
  symlinkSync(path.join(root, "far/blob"), path.join(root, "here/link.csv"));
  symlinkSync(path.join(root, "here"), path.join(root, "there"));
  t.deepEqual(placesOf([path.join(root, "there/link.csv")]), { dataRoot: root, names: ["here/link.csv"] });
  t.deepEqual(placesOf([path.join(root, "there/x")]), { dataRoot: path.join(root, "here"), names: ["x"] });
});

test("hosts job: a submission is found again by its name until it is forgotten", (t) => {
  const directory = path.join(temporaryDirectory(t), "data");
  const first = submissionIn(directory, "one");
  t.regex(first, /^[0-9a-f]{32}$/);
  t.is(submissionIn(directory, "one"), first);
  t.not(submissionIn(directory, "two"), first);
  forgetSubmission(directory, "one");
  t.not(submissionIn(directory, "one"), first);
});

test("hosts job: a submission that was torn in writing is a new one", (t) => {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "submission-one": "0123" });
  t.regex(submissionIn(directory, "one"), /^[0-9a-f]{32}$/);
});

/**
 * docs/remote-actors.md: its example prints what is shown, and ends by itself.
 */
import { spawnSync } from "node:child_process";
import test from "ava";
import { projectRoot, sourceText } from "./source-files.ts";

test("remote actors: the example prints what is shown, and its process ends", (t) => {
  const blocks = [...sourceText("docs/remote-actors.md").matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => text,
  );
  const options = ["--input-type=module", "--eval", blocks[0] ?? ""];
  const { stdout, stderr, status } = spawnSync(process.execPath, options, { cwd: projectRoot, encoding: "utf8" });
  t.is(stderr, "");
  t.is(stdout, blocks[1]);
  t.is(status, 0);
});

/**
 * README.md: its programs are right, its commands and files exist, and what it says is printed is printed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "ava";
import { parseProgram } from "../../programs/parse-program.ts";
import { temporaryDirectory, writeFiles } from "../actors/temporary-directory.ts";
import { projectRoot, sourceText } from "./source-files.ts";

const readme = sourceText("README.md");
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => {
  return { language, text };
});
const example = "programs/examples/flights/late-by-hour.json";

test("README: its programs are right", (t) => {
  const programs = blocks.filter(({ language }) => language === "json");
  t.true(programs.length > 1);
  for (const { text } of programs) t.notThrows(() => parseProgram(text, "README.md"));
});

test("README: the program shown first is the example, and prints what is shown", (t) => {
  const [program, printed] = [blocks[1], blocks[2]];
  t.is(program?.text, sourceText(example));
  const { stdout, status } = run(["run", example, "--no-journal", "--quiet"]);
  t.is(status, 0);
  t.is(stdout.split("\n").length, 25);
  t.true(printed?.text.startsWith(stdout));
});

for (const [index, { language, text }] of blocks.entries()) {
  if (language !== "js") continue;
  test(`README: the library's example that imports from ${/from ("[^"]+")/.exec(text)?.[1]} prints what is shown`, (t) => {
    const directory = temporaryDirectory(t);
    // The package by its name, as whoever has installed it, and the sample where the example looks for it.
    mkdirSync(path.join(directory, "node_modules"));
    for (const name of ["actor-dataflow", "xstate"]) {
      const target = name === "xstate" ? path.join(projectRoot, "node_modules/xstate") : projectRoot;
      symlinkSync(target, path.join(directory, "node_modules", name));
    }
    symlinkSync(path.join(projectRoot, "programs"), path.join(directory, "programs"));
    const options = ["--input-type=module", "--eval", text];
    const { stdout, stderr } = spawnSync(process.execPath, options, { cwd: directory, encoding: "utf8" });
    t.is(stderr, "");
    t.is(stdout, blocks[index + 1]?.text);
  });
}

test("README: the library's examples are there", (t) => {
  t.is(blocks.filter(({ language }) => language === "js").length, 2);
});

test("README: each command that is shown with its files and what it says does say it", (t) => {
  const directory = temporaryDirectory(t);
  const shown = blocks.filter(({ text }) => text.startsWith("$ "));
  let commands = 0;
  for (const { text } of shown) {
    for (const [, command = "", said = ""] of text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      const [program = "", ...words] = command.split(" ");
      if (program === "cat") writeFiles(directory, { [words[0] ?? ""]: said });
      else {
        t.deepEqual([program, words.shift()], ["npx", "actor-dataflow"]);
        const { stdout, stderr } = run(words, directory);
        t.is(stdout + stderr, said, command);
        commands += 1;
      }
    }
  }
  t.is(commands, 4);
});

test("README: every script, command and option that it names exists", (t) => {
  const { scripts } = JSON.parse(sourceText("package.json")) as { scripts: Record<string, string> };
  for (const [, script = ""] of readme.matchAll(/npm run ([\w-]+)/g)) t.true(script in scripts, script);
  const lines = readme.split("\n").filter((line) => line.startsWith("| `actor-dataflow "));
  t.true(lines.length > 4);
  for (const line of lines) {
    for (const [, command = ""] of line.matchAll(/`actor-dataflow ([a-z ]+)/g)) {
      const { stdout, status } = run([...command.trim().split(" "), "--help"]);
      t.is(status, 0, command);
      for (const [option] of line.matchAll(/--[a-z-]+/g)) t.true(stdout.includes(option), `${command}: ${option}`);
    }
  }
});

test("the documents: every file that they link to exists", (t) => {
  const documents = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/errors.md",
    "docs/journal.md",
    "docs/wire.md",
    "docs/remote-actors.md",
  ];
  let links = 0;
  for (const document of documents) {
    for (const [, target = ""] of sourceText(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (target.startsWith("http")) continue;
      links += 1;
      t.true(existsSync(path.join(projectRoot, path.dirname(document), target)), `${document}: ${target}`);
    }
  }
  t.true(links > 10);
});

test("the sample: it is small, and says where it comes from", (t) => {
  const sample = readFileSync(path.join(projectRoot, "programs/examples/flights/flights.csv.gz"));
  t.true(sample.length <= 400_000);
  t.regex(sourceText("programs/examples/flights/NOTICE.md"), /Bureau of Transportation Statistics[\s\S]*vega-datasets/);
});

function run(options: readonly string[], cwd = projectRoot): { stdout: string; stderr: string; status: number | null } {
  const state = mkdtempSync(path.join(os.tmpdir(), "readme-"));
  try {
    return spawnSync(process.execPath, [path.join(projectRoot, "dist/cli/main.js"), ...options], {
      cwd,
      encoding: "utf8",
      env: { ...process.env, ACTOR_DATAFLOW_DATA_DIR: state },
    });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

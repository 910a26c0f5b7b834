/**
 * The lint rules of the rooms, of time and of chance: each refuses a file that breaks it, and lets what is right pass.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import test from "ava";
import { projectRoot } from "./source-files.ts";

/** File, its text, the rule that refuses it. */
const refused: [string, string, string][] = [
  ["runtime/program.ts", imports("../programs/limits.ts"), "noRestrictedImports"],
  ["runtime/actor.ts", imports("../actors/options.ts"), "noRestrictedImports"],
  ["runtime/journal/command.ts", imports("../../cli/main.ts"), "noRestrictedImports"],
  ["runtime/zod.ts", imports("zod"), "noRestrictedImports"],
  ["runtime/tests.ts", imports("../test/runtime/simulated-clock.ts"), "noRestrictedImports"],
  ["runtime/hooks.ts", imports("node:perf_hooks"), "noRestrictedImports"],
  ["runtime/timers.ts", imports("node:timers/promises"), "noRestrictedImports"],
  [
    "runtime/bytes.ts",
    `import { randomBytes } from "node:crypto";\nexport const use = randomBytes;\n`,
    "noRestrictedImports",
  ],
  ["runtime/vm.ts", imports("node:vm"), "noRestrictedImports"],
  ["runtime/date.ts", "export const now = Date.now();\n", "noRestrictedGlobals"],
  ["runtime/time.ts", "export const now = performance.now();\n", "noRestrictedGlobals"],
  ["runtime/timer.ts", "setTimeout(() => {}, 1);\n", "noRestrictedGlobals"],
  ["runtime/random.ts", "export const chance = Math.random();\n", "noJsRestrictedProperties"],
  ["runtime/function.ts", `export const code = new Function("return 1");\n`, "noRestrictedGlobals"],
  ["runtime/eval.ts", `export const code = eval("1");\n`, "noGlobalEval"],
  ["programs/runtime.ts", imports("../runtime/clock.ts"), "noRestrictedImports"],
  ["programs/plan/actor.ts", imports("../../actors/options.ts"), "noRestrictedImports"],
  ["programs/files.ts", imports("node:fs"), "noRestrictedImports"],
  ["programs/plan/files.ts", imports("node:fs/promises"), "noRestrictedImports"],
  ["programs/assert.ts", imports("node:assert"), "noRestrictedImports"],
  ["programs/xstate.ts", imports("xstate"), "noRestrictedImports"],
  ["programs/bench.ts", imports("../bench/run.ts"), "noRestrictedImports"],
  ["programs/time.ts", "export const now = performance.now();\n", "noRestrictedGlobals"],
  ["programs/random.ts", "export const chance = Math.random();\n", "noJsRestrictedProperties"],
  ["actors/job/other.ts", imports("../output/machine.ts"), "noRestrictedImports"],
  ["actors/job/decision.ts", imports("../partition/decide.ts"), "noRestrictedImports"],
  ["actors/job/tree.ts", imports("../tree.ts"), "noRestrictedImports"],
  ["actors/job/command.ts", imports("../../cli/main.ts"), "noRestrictedImports"],
  ["actors/command.ts", imports("../cli/main.ts"), "noRestrictedImports"],
  ["actors/commander.ts", imports("commander"), "noRestrictedImports"],
  ["actors/random.ts", "export const chance = Math.random();\n", "noJsRestrictedProperties"],
  ["actors/job/timer.ts", "setInterval(() => {}, 1);\n", "noRestrictedGlobals"],
  ["actors/job/tests.ts", imports("../../test/actors/job.ts"), "noRestrictedImports"],
  ["cli/tests.ts", imports("../test/runtime/simulated-clock.ts"), "noRestrictedImports"],
  ["cli/vm.ts", imports("node:vm"), "noRestrictedImports"],
  ["cli/function.ts", `export const code = new Function("return 1");\n`, "noRestrictedGlobals"],
  ["cli/long.ts", `${"// A line.\n".repeat(401)}export {};\n`, "noExcessiveLinesPerFile"],
  ["cli/wrong_name.ts", "export {};\n", "useFilenamingConvention"],
];

const right: [string, string][] = [
  [
    "actors/job/right.ts",
    imports("../output/messages.ts", "../../runtime/clock.ts", "../options.ts", "./decide.ts", "xstate"),
  ],
  ["actors/job/also-right.ts", imports("../../programs/plan/plan.ts", "node:fs", "node:path")],
  ["actors/tree.ts", imports("./job/machine.ts", "../runtime/clock.ts")],
  ["actors/run-job.ts", `import { randomBytes } from "node:crypto";\nexport const use = randomBytes;\n`],
  ["programs/right.ts", imports("node:assert/strict", "./plan/plan.ts", "zod")],
  ["runtime/journal/right.ts", imports("node:fs", "level", "../errors.ts")],
  ["runtime/system-clock.ts", "export const now = performance.now();\nsetTimeout(() => {}, 1);\n"],
  ["runtime/system-random.ts", `import { randomBytes } from "node:crypto";\nexport const use = randomBytes;\n`],
  ["cli/right.ts", imports("../actors/job/machine.ts", "../programs/limits.ts", "../runtime/clock.ts", "commander")],
];

const verdicts = lint([...refused, ...right]);

for (const [file, text, rule] of refused) {
  test(`lint: ${file} is refused by ${rule}`, (t) => {
    t.true(verdicts.get(file)?.includes(rule), `${text}gave ${verdicts.get(file)?.join() ?? "nothing"}`);
  });
}

for (const [file, text] of right) {
  test(`lint: ${file} passes`, (t) => {
    t.is(verdicts.get(file), undefined, text);
  });
}

function imports(...modules: string[]): string {
  const names = modules.map((_, index) => `import name${index} from "${modules[index]}";\n`).join("");
  return `${names}\nexport const use = [${modules.map((_, index) => `name${index}`).join(", ")}];\n`;
}

/** Lints files in a directory that has the project's configuration and nothing else; gives the rules broken, by file. */
function lint(files: (readonly [string, string, ...string[]])[]): Map<string, string[]> {
  const directory = mkdtempSync(path.join(os.tmpdir(), "lint-rules-"));
  try {
    cpSync(path.join(projectRoot, "biome.json"), path.join(directory, "biome.json"));
    cpSync(path.join(projectRoot, ".gitignore"), path.join(directory, ".gitignore"));
    for (const [file, text] of files) {
      mkdirSync(path.join(directory, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(directory, file), text);
    }
    const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
    const options = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
    const { stdout } = spawnSync(process.execPath, [biome, ...options], { cwd: directory, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: unknown } }[] };
    const broken = new Map<string, string[]>();
    for (const { category, location } of diagnostics) {
      const file = typeof location.path === "string" ? location.path : String((location.path as { file: string }).file);
      broken.set(file, [...(broken.get(file) ?? []), category.slice(category.lastIndexOf("/") + 1)]);
    }
    return broken;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

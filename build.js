/**
 * Builds `dist/`: the WebAssembly kernels with AssemblyScript, everything else with the TypeScript compiler.
 *
 *   node build.js               builds
 *   node build.js --if-needed   builds unless the last build is younger than every source
 *
 * Owns: the order of the steps and the kernels' compiler options.
 * Never: downloads anything, writes outside `dist/`.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const root = import.meta.dirname;
const require = createRequire(import.meta.url);
const dist = path.join(root, "dist");
const kernelSource = path.join(root, "programs/kernels/int64/assembly/index.ts");
const kernelModule = path.join(dist, "programs/kernels/int64/kernels.wasm");

/** Written last: its time is that of the last build that succeeded. */
const marker = path.join(dist, ".built");

function isBuilt() {
  if (!existsSync(marker)) return false;
  const { mtimeMs: builtMs } = statSync(marker);
  const rooms = ["runtime", "programs", "actors", "cli", "test"];
  const sources = rooms.flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true }).map((file) => path.join(room, file)),
  );
  const settings = ["build.js", "package-lock.json", "tsconfig.json"];
  return [...sources, ...settings].every((file) => statSync(path.join(root, file)).mtimeMs < builtMs);
}

function node(script, options) {
  execFileSync(process.execPath, [script, ...options], { cwd: root, stdio: "inherit" });
}

function binary(packageName, name) {
  const manifest = require.resolve(`${packageName}/package.json`);
  const { bin } = require(manifest);
  return path.join(path.dirname(manifest), typeof bin === "string" ? bin : bin[name]);
}

if (process.argv.includes("--if-needed") && isBuilt()) process.exit();

rmSync(dist, { recursive: true, force: true });
mkdirSync(path.dirname(kernelModule), { recursive: true });
node(binary("assemblyscript", "asc"), [
  kernelSource,
  ...["--outFile", kernelModule, "-O3", "--noAssert", "--runtime", "minimal", "--exportTable"],
  ...["--enable", "simd", "--enable", "bulk-memory", "--enable", "sign-extension"],
  ...["--enable", "mutable-globals", "--initialMemory", "16", "--use", "abort="],
]);
node(binary("typescript", "tsc"), ["-p", path.join(root, "tsconfig.json")]);

const command = path.join(dist, "cli/main.js");
if (existsSync(command)) chmodSync(command, 0o755);
writeFileSync(marker, "");

/**
 * Who may import whom, read from the sources themselves: a second net below the lint rules.
 */
import path from "node:path";
import test from "ava";
import { importsOf, ROOMS, sourceFiles } from "./source-files.ts";

const files = sourceFiles(ROOMS).filter((file) => !file.includes("/assembly/"));
const imports = files.flatMap((file) => importsOf(file).map((imported) => ({ file, imported })));

/** Packages that a room may use; of Node's own modules `programs` may use one, the others any. */
const PACKAGES: Record<string, readonly string[]> = {
  runtime: ["xstate", "level", "socket.io", "socket.io-client"],
  programs: ["zod", "node:assert/strict"],
  actors: ["xstate", "tinyglobby"],
  cli: ["commander", "picocolors", "pino", "xstate", "zod"],
};

/** Packages of one folder alone. */
const PACKAGES_OF_FOLDERS: Record<string, readonly string[]> = { "actors/gateway": ["prom-client", "zod"] };

/** Ports of the cluster, which are imported as messages are. */
const PORTS = ["actors/cluster/control.ts", "actors/cluster/data-root.ts", "actors/output/output-port.ts"];

/** Rooms that a room may import besides itself. */
const BELOW: Record<string, readonly string[]> = {
  runtime: [],
  programs: [],
  actors: ["runtime", "programs"],
  cli: ["runtime", "programs", "actors"],
};

/** Files of `actors/` that no actor imports, and that may import any actor. */
const ABOVE_ACTORS = [
  "index",
  "tree",
  "run-job",
  "prepare-job",
  "start-coordinator",
  "start-worker",
  "open-places",
  "open-directory",
  "remove-unused-segments",
  "directory-identity",
  "coordinator-side",
  "coordinator-plot",
  "coordinator-jobs",
  "worker-side",
  "job-record",
  "inspect-directory",
  "inspect-job",
].map((name) => `actors/${name}.ts`);

test("rooms: the check sees the sources", (t) => {
  t.true(files.length > 100, `${files.length} files`);
  t.true(imports.length > 300, `${imports.length} imports`);
  for (const room of ROOMS) t.true(files.filter((file) => file.startsWith(`${room}/`)).length > 4, room);
});

test("rooms: a file imports its own room, the rooms below, and its room's packages", (t) => {
  t.deepEqual(imports.filter(({ file, imported }) => !mayImport(file, imported)).map(described), []);
});

test("rooms: an actor imports its own folder, the options, and of other actors their messages", (t) => {
  const between = imports.filter(({ file, imported }) => isActor(file) && imported.startsWith("actors/"));
  t.true(between.length > 20);
  const wrong = between.filter(
    ({ file, imported }) =>
      path.posix.dirname(file) !== path.posix.dirname(imported) &&
      imported !== "actors/options.ts" &&
      !PORTS.includes(imported) &&
      path.posix.basename(imported) !== "messages.ts",
  );
  t.deepEqual(wrong.map(described), []);
});

test("rooms: the kernels' AssemblyScript imports nothing but itself", (t) => {
  const kernels = sourceFiles(["programs/kernels/int64/assembly"]);
  t.true(kernels.length > 10);
  for (const file of kernels) {
    for (const imported of importsOf(file)) t.is(path.posix.dirname(imported), path.posix.dirname(file), file);
  }
});

test("rooms: the rules refuse what is wrong", (t) => {
  const wrong: [string, string][] = [
    ["runtime/a.ts", "programs/limits.ts"],
    ["runtime/a.ts", "zod"],
    ["programs/a.ts", "runtime/clock.ts"],
    ["programs/a.ts", "node:fs"],
    ["actors/a.ts", "cli/main.ts"],
    ["actors/a.ts", "test/actors/a.ts"],
    ["actors/job/a.ts", "zod"],
    ["cli/a.ts", "bench/a.ts"],
    ["cli/a.ts", "left-pad"],
  ];
  for (const [file, imported] of wrong) t.false(mayImport(file, imported), `${file} -> ${imported}`);
});

function mayImport(file: string, imported: string): boolean {
  const room = roomOf(file);
  if (PACKAGES[room]?.includes(imported)) return true;
  if (PACKAGES_OF_FOLDERS[path.posix.dirname(file)]?.includes(imported)) return true;
  if (imported.startsWith("node:")) return room !== "programs" && imported !== "node:vm";
  return imported.includes("/") && [room, ...(BELOW[room] ?? [])].includes(roomOf(imported));
}

function isActor(file: string): boolean {
  return file.startsWith("actors/") && !ABOVE_ACTORS.includes(file);
}

function roomOf(file: string): string {
  return file.slice(0, file.indexOf("/"));
}

function described({ file, imported }: { file: string; imported: string }): string {
  return `${file} imports ${imported}`;
}

/**
 * package-lock.json installs on every platform, from any registry.
 */
import test from "ava";
import { sourceText } from "./source-files.ts";

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(sourceText("package-lock.json")) as { packages: Record<string, Locked> };

test("lock file: it names the packages of every platform; `npm ci` refuses it otherwise", (t) => {
  t.true(Object.keys(packages).length > 100);
  for (const [place, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      const locked = packages[`${place}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
      t.truthy(locked?.version, `${place} wants ${name}`);
    }
  }
});

test("lock file: it names no registry", (t) => {
  for (const [place, { resolved }] of Object.entries(packages)) t.is(resolved, undefined, place);
});

/** The first versions without a published way to stop or fill a process from outside. */
const SAFE_FROM: Record<string, string> = {
  "engine.io": "6.6.10",
  "socket.io": "4.6.2",
  "socket.io-client": "4.6.2",
  "socket.io-parser": "4.2.7",
  ws: "8.21.0",
};

test("lock file: what reads from sockets is not older than its last security fix, wherever it lies", (t) => {
  for (const [name, least] of Object.entries(SAFE_FROM)) {
    const places = Object.keys(packages).filter((place) => place.endsWith(`node_modules/${name}`));
    t.true(places.length > 0, name);
    for (const place of places) {
      const version = packages[place]?.version ?? "0";
      t.true(compareVersions(version, least) >= 0, `${place} is ${version}, older than ${least}`);
    }
  }
  t.true(compareVersions("6.6.9", "6.6.10") < 0);
});

function compareVersions(left: string, right: string): number {
  const [these, those] = [left, right].map((version) => version.split(".").map(Number));
  for (const [index, part] of (these ?? []).entries()) {
    const difference = part - (those?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

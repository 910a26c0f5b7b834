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

/**
 * The project's sources, and what each of them imports.
 *
 * Owns: where the sources are, seen from `dist/test/project`.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The directory of package.json. */
export const projectRoot: string = path.join(import.meta.dirname, "../../..");

export const ROOMS = ["runtime", "programs", "actors", "cli"] as const;

/** Paths from the project's directory, with `/`, of the TypeScript files below the given directories. */
export function sourceFiles(directories: readonly string[]): string[] {
  return directories.flatMap((directory) =>
    readdirSync(path.join(projectRoot, directory), { recursive: true, encoding: "utf8" })
      .map((file) => `${directory}/${file.split(path.sep).join("/")}`)
      .filter((file) => file.endsWith(".ts"))
      .sort(),
  );
}

export function sourceText(file: string): string {
  return readFileSync(path.join(projectRoot, file), "utf8");
}

/** What a file imports: packages by name, files by their path from the project's directory. */
export function importsOf(file: string): string[] {
  const form = /^(?:import|export)\b[^;"]*\bfrom\s*"([^"\n]+)";|^import\s*"([^"\n]+)";|\bimport\(\s*"([^"\n]+)"/gm;
  const found = sourceText(file).matchAll(form);
  return [...found].map(([, named, unnamed, dynamic]) => {
    const name = named ?? unnamed ?? dynamic ?? "";
    return name.startsWith(".") ? path.posix.join(path.posix.dirname(file), name) : name;
  });
}

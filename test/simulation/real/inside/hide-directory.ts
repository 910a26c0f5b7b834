/**
 * Hides a directory from the process or thread that this is called in: of a worker that does not see the input.
 *
 * Owns: the two functions by which the product opens what it reads.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";

export function hideDirectory(directory: string): void {
  const refuse = (target: unknown): void => {
    if (typeof target !== "string" || !target.startsWith(`${directory}${path.sep}`)) return;
    throw Object.assign(new Error(`ENOENT: open '${target}'`), { code: "ENOENT", syscall: "open", path: target });
  };
  const { openSync } = fs;
  const { open } = fs.promises;
  Object.assign(fs, {
    openSync: (...given: Parameters<typeof openSync>) => {
      refuse(given[0]);
      return openSync(...given);
    },
  });
  Object.assign(fs.promises, {
    open: async (...given: Parameters<typeof open>) => {
      refuse(given[0]);
      return await open(...given);
    },
  });
  syncBuiltinESMExports();
}

#!/usr/bin/env node
/**
 * The entry of the command `actor-dataflow`: as little as there can be, since what it imports is compiled anew each time.
 *
 * Owns: the cache of compiled code of everything else, where Node has one (22.8 and later).
 */
import module from "node:module";

(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
await import("./command.ts");

/**
 * Node's module hooks that change the source of one module; see `planting.ts`.
 *
 * Source: https://nodejs.org/docs/latest-v20.x/api/module.html#customization-hooks
 */
import type { LoadHook } from "node:module";
import type { Mutant } from "./mutants.ts";

/** A place of a compiled module, and what stands there instead. */
export type Planting = Pick<Mutant, "module" | "from" | "to">;

let planted: Mutant | undefined;

export function initialize(mutant: Mutant): void {
  planted = mutant;
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (planted === undefined || !url.endsWith(`/dist/${planted.module}`)) return loaded;
  return { ...loaded, source: plant(String(loaded.source), planted) };
};

/** Errors: an Error if the place is not there once. */
export function plant(source: string, { module, from, to }: Planting): string {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${module} has ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}

/**
 * One program and input of some hundred rows with everything in it: two shuffles, an expansion, rejects of both kinds.
 *
 * Owns: the sample, for tests that run the same job many times.
 */

import type { Program } from "../../../programs/program.ts";
import { seededRandom } from "../../../runtime/random.ts";
import {
  aggregate,
  binary,
  changeKey,
  flatMap,
  k,
  literal,
  map,
  program,
  reduce,
  v,
} from "../../programs/build-program.ts";

/** About 1 of 40 pairs is rejected in the last map of each kind; keys are brought together twice. */
export const SAMPLE_PROGRAM: Program = program(
  [
    map(binary(binary(v, "*", literal(3)), "+", k)),
    flatMap({ kind: "list", items: [v, binary(literal(1000), "/", binary(v, "%", literal(41)))] }),
    // So many pairs that the shuffled stages have more than one task.
    flatMap({ kind: "copies", item: v, count: literal(200) }),
    changeKey(binary(v, "%", literal(50))),
    reduce(binary(aggregate("sum"), "+", aggregate("median"))),
    changeKey(binary(v, "%", literal(9))),
    map(binary(literal(5040), "/", binary(v, "%", literal(23)))),
    reduce(aggregate("distinct")),
    map(binary(v, "-", k)),
  ],
  { onError: "reject" },
);

/** No reduce: as many pairs come out as go in, some rejected. */
export const NARROW_PROGRAM: Program = program(
  [map(binary(binary(v, "*", literal(7)), "-", k)), map(binary(literal(100_000), "/", binary(v, "%", literal(31))))],
  { onError: "reject" },
);

/** Lines of CSV; about one of 30 is a bad record. */
export function sampleLines(rowCount: number): string {
  const random = seededRandom(rowCount);
  const integer = (): number => Math.floor(random.next() * 4000) - 2000;
  const line = (): string => (random.next() < 1 / 30 ? `${integer()},oops\n` : `${integer()},${integer()}\n`);
  return Array.from({ length: rowCount }, line).join("");
}

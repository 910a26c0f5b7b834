/**
 * Which stretch of a run of output a range needs, for those who have no kernels.
 *
 * Never: looks into a block.
 */
import type { IntegerMode } from "../program.ts";
import { rangeExtent as bigintExtent } from "./bigint/output-ranges.ts";
import { rangeExtent as int64Extent } from "./int64/output-ranges.ts";
import type { OutputKernels } from "./kernel-set.ts";

/** As `extent` of the kernels of these integers; the header must be intact. */
export function runExtent(integers: IntegerMode): OutputKernels["extent"] {
  return integers === "int64" ? int64Extent : bigintExtent;
}

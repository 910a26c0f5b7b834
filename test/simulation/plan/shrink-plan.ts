/**
 * Reduces the faults of a failing run to those that matter.
 *
 * Owns: what is tried: the plan without one half, a quarter, …, one fault, then with each fault shorter.
 * Never: accepts a plan that fails in another check than the one at hand.
 *
 * Source: Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002 (ddmin).
 */
import type { Verdict } from "../simulate.ts";
import type { Fault, FaultPlan } from "./fault-plan.ts";

const TRIES_MAX = 200;

export async function shrinkPlan(
  { plan, problems }: Pick<Verdict, "plan" | "problems">,
  run: (plan: FaultPlan) => Promise<Pick<Verdict, "problems">>,
): Promise<FaultPlan> {
  const [{ check }] = problems;
  let best = plan;
  let tries = 0;
  const keep = async (faults: readonly Fault[]): Promise<boolean> => {
    if (tries >= TRIES_MAX) return false;
    tries += 1;
    const tried = { ...best, faults };
    const fails = (await run(tried)).problems.some((problem) => problem.check === check);
    if (fails) best = tried;
    return fails;
  };
  for (let size = Math.ceil(plan.faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let first = 0; first < best.faults.length; ) {
      const without = best.faults.filter((_fault, index) => index < first || index >= first + size);
      if (!(await keep(without))) first += size;
    }
  }
  for (let index = 0; index < best.faults.length; index += 1) {
    const shorter = best.faults.map((fault, at) => (at === index ? shortened(fault) : fault));
    if (shorter[index] !== best.faults[index]) await keep(shorter);
  }
  return best;
}

/** The same fault if there is nothing to shorten. */
function shortened(fault: Fault): Fault {
  return "forMs" in fault && fault.forMs > 20 ? { ...fault, forMs: Math.ceil(fault.forMs / 4) } : fault;
}

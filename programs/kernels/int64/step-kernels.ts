/**
 * The compiled kernels of steps, each made when it is first needed and shared by all stages that have the same steps.
 *
 * Owns: what is compiled. The rounds of a repeat share their step objects, so a program of a hundred thousand stages is
 *       compiled as the few that were written.
 * Never: runs anything.
 */
import type { NarrowStep, ReduceStep, Step } from "../../plan/plan.ts";
import type { Chain, ChainCompiler, Expansion } from "./chain/compile-chain.ts";
import { type CompiledReduce, compileReduce } from "./compiled-reduce.ts";

export type FlatMapStep = NarrowStep & { readonly kind: "flatMap" };

/** Chains kept; a repeat gives at most a few different ones. A chain that is needed again after that many others is compiled again. */
const CHAINS_MAX = 256;

export class StepKernels {
  readonly #compiler: ChainCompiler;
  /** As many as the program file has. */
  readonly #expansions = new Map<FlatMapStep, Expansion>();
  readonly #reduces = new Map<ReduceStep, CompiledReduce>();
  /** By the numbers of their steps, least recently needed first. */
  readonly #chains = new Map<string, Chain>();
  readonly #stepNumbers = new Map<Step, number>();

  constructor(compiler: ChainCompiler) {
    this.#compiler = compiler;
  }

  chain(steps: readonly NarrowStep[]): Chain {
    const text = steps.map((step) => this.#numberOf(step)).join();
    const chain = this.#chains.get(text) ?? this.#compiler.chain(steps);
    this.#chains.delete(text);
    this.#chains.set(text, chain);
    if (this.#chains.size > CHAINS_MAX) {
      const [longestUnneeded] = this.#chains.keys();
      this.#chains.delete(longestUnneeded);
    }
    return chain;
  }

  expansion(step: FlatMapStep): Expansion {
    let expansion = this.#expansions.get(step);
    if (expansion === undefined) {
      expansion = this.#compiler.expansion(step);
      this.#expansions.set(step, expansion);
    }
    return expansion;
  }

  reduce(step: ReduceStep): CompiledReduce {
    let reduce = this.#reduces.get(step);
    if (reduce === undefined) {
      reduce = compileReduce(step, this.#compiler);
      this.#reduces.set(step, reduce);
    }
    return reduce;
  }

  #numberOf(step: Step): number {
    let number = this.#stepNumbers.get(step);
    if (number === undefined) {
      number = this.#stepNumbers.size;
      this.#stepNumbers.set(step, number);
    }
    return number;
  }
}

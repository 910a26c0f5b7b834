/**
 * The compiled kernels of steps, each made when it is first needed and shared by all stages that have the same steps.
 *
 * Owns: what is compiled. The rounds of a repeat share their step objects, so a program of a hundred thousand stages is
 *       compiled as the few that were written.
 * Never: runs anything.
 */
import type { NarrowStep, ReduceStep, Step } from "../../plan/plan.ts";
import type { GuardedFunctions } from "../../registered/guarded-functions.ts";
import type { Chain, ChainCompiler, Expansion } from "./chain/compile-chain.ts";
import { type CompiledReduce, compileReduce } from "./compiled-reduce.ts";
import type { KernelInstance } from "./instance.ts";
import { registeredChain, registeredExpansion } from "./registered-steps.ts";

export type FlatMapStep = NarrowStep & { readonly kind: "flatMap" };

/** Chains kept; a repeat gives at most a few different ones. A chain that is needed again after that many others is compiled again. */
const CHAINS_MAX = 256;

export class StepKernels {
  readonly #compiler: ChainCompiler;
  readonly #instance: KernelInstance;
  readonly #functions: GuardedFunctions;
  /** As many as the program file has. */
  readonly #expansions = new Map<FlatMapStep, Expansion>();
  readonly #reduces = new Map<ReduceStep, CompiledReduce>();
  /** By the numbers of their steps, least recently needed first. */
  readonly #chains = new Map<string, Chain>();
  readonly #stepNumbers = new Map<Step, number>();

  constructor(compiler: ChainCompiler, instance: KernelInstance, functions: GuardedFunctions) {
    this.#compiler = compiler;
    this.#instance = instance;
    this.#functions = functions;
  }

  chain(steps: readonly NarrowStep[]): Chain {
    const text = steps.map((step) => this.#numberOf(step)).join();
    const chain = this.#chains.get(text) ?? this.#makeChain(steps);
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
      const { operation, expression } = step;
      expansion =
        expression.kind === "registered"
          ? registeredExpansion({ operation, call: expression }, this.#instance, this.#functions)
          : this.#compiler.expansion(step);
      this.#expansions.set(step, expansion);
    }
    return expansion;
  }

  reduce(step: ReduceStep): CompiledReduce {
    let reduce = this.#reduces.get(step);
    if (reduce === undefined) {
      reduce = compileReduce(step, this.#compiler, this.#functions);
      this.#reduces.set(step, reduce);
    }
    return reduce;
  }

  /** Compiled, but for the steps that are functions of the operator's own: they stand between compiled chains. */
  #makeChain(steps: readonly NarrowStep[]): Chain {
    const chains: Chain[] = [];
    let compiled: NarrowStep[] = [];
    const compile = (): void => {
      if (compiled.length > 0) chains.push(this.#compiler.chain(compiled));
      compiled = [];
    };
    for (const step of steps) {
      const { kind, operation, expression } = step;
      if (expression.kind !== "registered" || kind === "flatMap") compiled.push(step);
      else {
        compile();
        chains.push(registeredChain({ kind, operation, call: expression }, this.#instance, this.#functions));
      }
    }
    compile();
    return chains.length === 1 ? chains[0] : oneAfterTheOther(chains);
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

function oneAfterTheOther(chains: readonly Chain[]): Chain {
  return {
    run: (columns, count, onFailure) => {
      let rows = count;
      for (const chain of chains) if (rows > 0) rows = chain.run(columns, rows, onFailure);
      return rows;
    },
  };
}

/**
 * The random port, and the seeded generator that tests, simulations and repeatable commands use.
 *
 * Owns: the interface and a deterministic implementation.
 * Never: touches the real random source; see `system-random.ts`.
 */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/**
 * A generator whose sequence depends on the seed only.
 *
 * Source: xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it/), seeded by splitmix32.
 */
export function seededRandom(seed: number): Random {
  let mixer = seed >>> 0;
  const splitmix = (): number => {
    mixer = (mixer + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(mixer ^ (mixer >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const state = [splitmix(), splitmix(), splitmix(), splitmix()] as [number, number, number, number];
  const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
  return {
    next: () => {
      const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
      const shifted = state[1] << 9;
      state[2] ^= state[0];
      state[3] ^= state[1];
      state[1] ^= state[2];
      state[0] ^= state[3];
      state[2] ^= shifted;
      state[3] = rotate(state[3], 11);
      return result / 0x1_0000_0000;
    },
  };
}

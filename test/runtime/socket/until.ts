/**
 * Waits for what sockets bring, by asking at each turn of the event loop.
 */

/** Far beyond what a loaded machine needs; only a test that fails gets here. */
const PATIENCE_MS = 20_000;

export async function until(happened: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!happened()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await turn();
  }
}

export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

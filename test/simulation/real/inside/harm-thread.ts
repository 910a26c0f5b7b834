/**
 * The side of a thread: it dies or hangs when it is told to.
 *
 * Owns: the two words for that, which the thread's own code never hears.
 */
import { parentPort } from "node:worker_threads";

export const HARM = { crash: "simulation.crash", hang: "simulation.hang" } as const;
export type Harm = keyof typeof HARM;

/** Called before the thread's own code listens. */
export function awaitHarm(): void {
  const port = parentPort;
  if (port === null) return;
  const listen = port.on.bind(port) as (name: string, listener: (message: unknown) => void) => typeof port;
  Object.assign(port, {
    on: (name: string, listener: (message: unknown) => void) =>
      listen(name, (message) => {
        if (message === HARM.crash) throw new Error("a planted fault");
        if (message === HARM.hang) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        else listener(message);
      }),
  });
}

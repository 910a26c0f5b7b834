/**
 * A parent process of the tests: it starts a child, writes that it serves to standard output, and waits to be killed.
 */
import { forkedProcess } from "../../../runtime/process/forked-process.ts";

const child = forkedProcess(new URL("./child.js", import.meta.url))({
  onMessage: (message) => {
    if ((message as { type: string }).type === "process.serving") process.stdout.write(`${JSON.stringify(message)}\n`);
  },
  onExit: () => undefined,
});
child.send({ type: "process.start", incarnation: 1, settings: {} });

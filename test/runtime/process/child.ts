/**
 * A child process of the tests: it serves at once, ends when asked, or does what its settings say.
 */
import { attachToParent } from "../../../runtime/process/child-side.ts";
import { systemClock } from "../../../runtime/system-clock.ts";

const parent = await attachToParent(systemClock);
const { exitCode } = parent.settings as { exitCode?: number };
if (exitCode !== undefined) process.exit(exitCode);
parent.tell({ type: "process.serving", detail: { pid: process.pid, argv: process.argv.slice(2) } });
await parent.drainRequested;
process.exit(0);

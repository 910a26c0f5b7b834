/**
 * A process that is struck from outside kills one of its own, of the kind that was meant; others are deaf.
 */
import test from "ava";
import { listenForStrikes, restartsMaxOf, STRUCK_VARIABLE, signalOf } from "../../../cli/chaos/struck-process.ts";
import { seededRandom } from "../../../runtime/random.ts";

const children = (): string[] => ["root/worker", "executors/executor-0", "root/exchange"];

test.serial("struck process: a signal for each kind kills one of that kind", (t) => {
  const killed: string[] = [];
  const kill = (child: string): void => void killed.push(child);
  listenForStrikes({ children, kill }, { environment: { [STRUCK_VARIABLE]: "1" }, random: seededRandom(1) });
  process.emit(signalOf("actor"));
  process.emit(signalOf("executor"));
  for (const kind of ["actor", "executor"] as const) process.removeAllListeners(signalOf(kind));
  t.deepEqual(killed, ["root/worker", "executors/executor-0"]);
});

test.serial("struck process: one that chaos did not start does not listen, and counts restarts as ever", (t) => {
  listenForStrikes({ children, kill: () => t.fail() }, { environment: {}, random: seededRandom(1) });
  t.is(process.listenerCount(signalOf("executor")), 0);
  t.is(process.listenerCount(signalOf("actor")), 0);
  t.is(restartsMaxOf({}), undefined);
  t.is(restartsMaxOf({ [STRUCK_VARIABLE]: "1" }), 1_000_000_000);
});

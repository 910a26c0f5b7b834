/**
 * The pool's ledger: a task is in one place, ends once, and is poison in the end.
 */
import test from "ava";
import fc from "fast-check";
import { PoolLedger, type PoolTask } from "../../../actors/executor-pool/ledger.ts";
import { EXECUTOR_TASKS_MAX, TASK_ATTEMPTS_MAX } from "../../../actors/options.ts";

const owner = { send: () => {} };
const notes = { progress: () => 0, call: () => undefined, lines: () => undefined, stop: () => {} };
const reference = { send: () => {} };

function submit(ledger: PoolLedger, tag: string, job = "job"): void {
  ledger.submit({ job, tag, task: { kind: "split", split: 0 }, owner });
}

function join(ledger: PoolLedger, index: number, incarnation: number): boolean {
  return ledger.join({ index, incarnation, reference, notes });
}

function assigned(ledger: PoolLedger): string[] {
  return ledger.assign().map(({ executor, task }) => `${task.tag} to ${executor.index}`);
}

test("ledger: idle executors are served before busy ones, and nobody has more than two tasks (L1)", (t) => {
  const ledger = new PoolLedger(1);
  for (const tag of ["a", "b", "c", "d", "e"]) submit(ledger, tag);
  t.deepEqual(assigned(ledger), []);
  join(ledger, 0, 1);
  join(ledger, 1, 1);
  t.deepEqual(assigned(ledger), ["a to 0", "b to 1", "c to 0", "d to 1"]);
  t.is(EXECUTOR_TASKS_MAX, 2);
  t.is(ledger.taskCount, 5);
});

test("ledger: the tasks of a dead executor come first, in their order, and only the first counts an attempt (L2, L3)", (t) => {
  const ledger = new PoolLedger(1);
  for (const tag of ["a", "b", "c"]) submit(ledger, tag);
  for (let attempt = 1; attempt <= TASK_ATTEMPTS_MAX; attempt += 1) {
    t.true(join(ledger, 0, attempt));
    t.deepEqual(assigned(ledger), ["a to 0", "b to 0"]);
    const poison = ledger.lose(0, attempt);
    t.is(poison?.tag, attempt === TASK_ATTEMPTS_MAX ? "a" : undefined);
  }
  join(ledger, 0, 9);
  t.deepEqual(assigned(ledger), ["b to 0", "c to 0"]);
});

test("ledger: an executor that joins twice keeps its tasks, a new incarnation gives them back, an old one is not heard (L4)", (t) => {
  const ledger = new PoolLedger(1);
  submit(ledger, "a");
  t.true(join(ledger, 0, 2));
  const [{ task }] = ledger.assign();
  t.false(join(ledger, 0, 2));
  t.false(join(ledger, 0, 1));
  t.is(ledger.finish({ index: 0, incarnation: 1, ticket: task.ticket }), undefined);
  t.is(ledger.lose(0, 1), undefined);
  t.true(join(ledger, 0, 3));
  t.is(ledger.finish({ index: 0, incarnation: 2, ticket: task.ticket }), undefined);
  t.deepEqual(assigned(ledger), ["a to 0"]);
  t.is(ledger.finish({ index: 0, incarnation: 3, ticket: task.ticket })?.tag, "a");
  t.is(ledger.finish({ index: 0, incarnation: 3, ticket: task.ticket }), undefined);
});

test("ledger: a task of a forgotten job is not told of and not run again, not even as poison (L5)", (t) => {
  const ledger = new PoolLedger(1);
  submit(ledger, "a", "gone");
  submit(ledger, "b");
  submit(ledger, "c", "gone");
  join(ledger, 0, 1);
  const [{ task }] = ledger.assign();
  ledger.drop("gone");
  t.is(ledger.taskCount, 2);
  t.is(ledger.finish({ index: 0, incarnation: 1, ticket: task.ticket }), undefined);
  t.is(ledger.lose(0, 1), undefined);
  join(ledger, 0, 2);
  t.deepEqual(assigned(ledger), ["b to 0"]);
});

type Move = readonly [kind: "submit" | "join" | "assign" | "finish" | "lose", executor: number, other: number];

test("ledger: whatever happens, every task is in one place, and ends once", (t) => {
  const move: fc.Arbitrary<Move> = fc.tuple(
    fc.constantFrom("submit", "submit", "join", "assign", "assign", "finish", "lose"),
    fc.nat(2),
    fc.nat(5),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const ledger = new PoolLedger(1);
      const incarnations = [0, 0, 0];
      const ended = new Map<number, number>();
      let submitted = 0;
      const end = (task: PoolTask | undefined): void => {
        if (task !== undefined) ended.set(task.ticket, (ended.get(task.ticket) ?? 0) + 1);
      };
      for (const [kind, index, other] of moves) {
        const executor = [...ledger.executors()].find((each) => each.index === index);
        if (kind === "submit") {
          submit(ledger, String(submitted));
          submitted += 1;
        } else if (kind === "join") {
          incarnations[index] += 1;
          join(ledger, index, incarnations[index]);
        } else if (kind === "assign") ledger.assign();
        else if (kind === "lose") end(ledger.lose(index, incarnations[index] - (other === 0 ? 1 : 0)));
        else if (executor !== undefined) {
          const ticket = executor.tasks.at(other % 2)?.ticket ?? other;
          end(ledger.finish({ index, incarnation: executor.incarnation, ticket }));
        }
        const held = [...ledger.executors()].flatMap(({ tasks }) => tasks.map(({ ticket }) => ticket));
        t.true([...ledger.executors()].every(({ tasks }) => tasks.length <= EXECUTOR_TASKS_MAX));
        t.is(new Set(held).size, held.length);
        t.true(held.every((ticket) => !ended.has(ticket)));
        t.is(ledger.taskCount + ended.size, submitted);
      }
      t.true([...ended.values()].every((count) => count === 1));
    }),
    { numRuns: 200 },
  );
});

test("ledger: jobs take turns, however much one of them has waiting (L6)", (t) => {
  const ledger = new PoolLedger(1);
  for (const tag of ["a1", "a2", "a3", "a4"]) submit(ledger, tag, "a");
  for (const tag of ["b1", "b2"]) submit(ledger, tag, "b");
  join(ledger, 0, 1);
  join(ledger, 1, 1);
  join(ledger, 2, 1);
  t.deepEqual(assigned(ledger), ["a1 to 0", "b1 to 1", "a2 to 2", "b2 to 0", "a3 to 1", "a4 to 2"]);
});

test("ledger: tasks of a job are dropped one by one, wherever they are, and the others stay in their order (L5)", (t) => {
  const ledger = new PoolLedger(1);
  for (const tag of ["a", "b", "c", "d"]) submit(ledger, tag);
  join(ledger, 0, 1);
  ledger.assign();
  submit(ledger, "c", "other");
  const isMeant = ({ tag }: PoolTask): boolean => tag === "b" || tag === "c";
  t.deepEqual(
    ledger.drop("job", isMeant).map(({ tag, job }) => `${tag} of ${job}`),
    ["c of job", "b of job"],
  );
  t.deepEqual(ledger.drop("job", isMeant), [], "once");
  join(ledger, 1, 1);
  t.deepEqual(assigned(ledger), ["d to 1", "c to 1"]);
  const { tasks = [] } = ledger.executor(0) ?? {};
  t.deepEqual(
    tasks.map(({ ticket }) => ledger.finish({ index: 0, incarnation: 1, ticket })?.tag),
    ["a", undefined],
  );
});

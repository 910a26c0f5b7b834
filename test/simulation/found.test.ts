/**
 * What the simulation has found wrong in the product, each with its seed and the faults that it took.
 */
import test from "ava";
import type { Fault, FaultPlan } from "./plan/fault-plan.ts";
import { simulate } from "./simulate.ts";

interface Found {
  readonly title: string;
  readonly seed: number;
  readonly plan: Omit<FaultPlan, "faults"> & { readonly faults: readonly Fault[] };
}

const FOUND: readonly Found[] = [
  {
    title: "a thread that hangs before it is ready is replaced",
    seed: 79,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], slots: 1, durable: false, replicas: 1, submitAtMs: [0], healAtMs: 6461 },
      faults: [{ atMs: 466, kind: "hangThread", node: "a", index: 529 }],
    },
  },
  {
    title: "a job whose end could not be journaled is run again, with the tasks that had failed",
    seed: 114,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], slots: 3, durable: true, replicas: 1, submitAtMs: [0], healAtMs: 1853 },
      faults: [
        { atMs: 639, kind: "diskFull", node: "coordinator", forMs: 1132 },
        { atMs: 833, kind: "diskFull", node: "b", forMs: 2151 },
        { atMs: 1478, kind: "crashThread", node: "c", index: 604 },
      ],
    },
  },
  {
    title: "a coordinator that lost its power begins a term that nobody had before",
    seed: 235,
    plan: {
      ...{
        workers: ["a", "b", "c", "d"],
        slots: 2,
        durable: false,
        replicas: 1,
        submitAtMs: [0, 1127],
        healAtMs: 6665,
      },
      faults: [{ atMs: 819, kind: "crash", node: "coordinator", loses: "power", backAfterMs: 1736, lockStaysMs: 0 }],
    },
  },
  {
    title: "a worker that lost its power is known to be another life of it",
    seed: 66,
    plan: {
      ...{ workers: ["a", "b"], slots: 1, durable: false, replicas: 1, submitAtMs: [0, 1096], healAtMs: 3687 },
      faults: [{ atMs: 1201, kind: "crash", node: "b", loses: "power", backAfterMs: 72, lockStaysMs: 0 }],
    },
  },
  {
    title: "a copy has the very bytes of what it was made of, those that no reader looks at too",
    seed: 101693,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], slots: 3, durable: true, replicas: 1, submitAtMs: [0], healAtMs: 4975 },
      faults: [
        { atMs: 355, kind: "flipBit", node: "c", where: "segment" },
        { atMs: 525, kind: "leave", node: "c" },
      ],
    },
  },
  {
    title: "a copy of the input of which a bit is flipped is made again",
    seed: 20000118,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: ["a", "b", "d"], slots: 2, durable: false, replicas: 1 },
      ...{ submitAtMs: [0, 884, 245], healAtMs: 2245 },
      faults: [{ atMs: 428, kind: "flipBit", node: "a", where: "segment" }],
    },
  },
  {
    title: "a task whose thread died is run again where its input is not seen",
    seed: 20000281,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: ["a", "b", "c", "d"], slots: 1, durable: false, replicas: 1 },
      ...{ submitAtMs: [0], healAtMs: 2057 },
      faults: [
        { atMs: 187, kind: "crashThread", node: "a", index: 29 },
        { atMs: 365, kind: "crashThread", node: "d", index: 153 },
        { atMs: 773, kind: "crashThread", node: "a", index: 143 },
        { atMs: 1173, kind: "crashThread", node: "a", index: 598 },
      ],
    },
  },
  {
    title: "a copy of the input stays while another task of the same split waits for it",
    seed: 20000336,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: ["a", "b", "c", "d"], slots: 1, durable: false, replicas: 1 },
      ...{ submitAtMs: [0, 937], healAtMs: 2554 },
      faults: [{ atMs: 530, kind: "killOften", node: "c", index: 629, times: 7, everyMs: 1000 }],
    },
  },
  {
    title: "a task that comes before its job is opened is read where its input is seen",
    seed: 44002980,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: ["a", "b", "c", "d"], slots: 3, durable: false, replicas: 1 },
      ...{ submitAtMs: [0], healAtMs: 2940 },
      faults: [
        { atMs: 85, kind: "echo", node: "coordinator", withinMs: 282 },
        { atMs: 86, kind: "crash", node: "coordinator", loses: "nothing", backAfterMs: 5157, lockStaysMs: 0 },
        { atMs: 223, kind: "crash", node: "b", loses: "power", backAfterMs: 35, lockStaysMs: 0 },
      ],
    },
  },
  {
    title: "a job that is cancelled while it is being begun again stays cancelled",
    seed: 46002995,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: ["a", "b", "d"], slots: 1, durable: true, replicas: 2 },
      ...{ submitAtMs: [0, 283, 1206], healAtMs: 4251 },
      faults: [
        { atMs: 668, kind: "stop", node: "coordinator" },
        { atMs: 1092, kind: "cancel", job: 0 },
        { atMs: 1247, kind: "crash", node: "coordinator", loses: "power", backAfterMs: 74, lockStaysMs: 0 },
        { atMs: 1381, kind: "stop", node: "coordinator" },
      ],
    },
  },
  {
    title: "rejects of an earlier stage that are lost with what their task had read are made again",
    seed: 48011731,
    plan: {
      ...{ workers: ["a", "b", "c"], slots: 2, durable: true, replicas: 1, submitAtMs: [0], healAtMs: 2348 },
      faults: [
        { atMs: 641, kind: "weather", forMs: 67, dropShare: 0.27, duplicateShare: 0, delayShare: 0, delayMaxMs: 20 },
        { atMs: 1281, kind: "leave", node: "c" },
        { atMs: 1534, kind: "crash", node: "c", loses: "disk", backAfterMs: 84, lockStaysMs: 0 },
      ],
    },
  },
  {
    title:
      "a worker that lost the end of its log brings back an older commit, and whoever reads it is told where it is",
    seed: 48012568,
    plan: {
      ...{ workers: ["a"], blind: ["a"], slots: 1, durable: false, replicas: 1, submitAtMs: [0], healAtMs: 5324 },
      faults: [
        { atMs: 18, kind: "flipBit", node: "a", where: "copy" },
        { atMs: 469, kind: "flipBit", node: "a", where: "segment" },
        { atMs: 1399, kind: "flipBit", node: "a", where: "segment" },
        { atMs: 2058, kind: "flipBit", node: "a", where: "record" },
        { atMs: 2087, kind: "crash", node: "a", loses: "nothing", backAfterMs: 6894, lockStaysMs: 0 },
      ],
    },
  },
  {
    title: "what is committed while a job still asks others what they hold counts",
    seed: 48121043,
    plan: {
      ...{ workers: ["a"], blind: ["a"], slots: 2, durable: true, replicas: 2, submitAtMs: [0], healAtMs: 5509 },
      faults: [
        { atMs: 359, kind: "killActor", node: "a", index: 454 },
        { atMs: 3847, kind: "killActor", node: "a", index: 365 },
        { atMs: 3993, kind: "killActor", node: "coordinator", index: 177 },
        { atMs: 5339, kind: "killActor", node: "coordinator", index: 163 },
        { atMs: 5441, kind: "killActor", node: "a", index: 219 },
      ],
    },
  },
  {
    title: "what a partition commits while its job is closed is dropped, too",
    seed: 50004340,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: ["a", "b", "c", "d"], slots: 3, durable: true, replicas: 1 },
      ...{ submitAtMs: [0], healAtMs: 1955 },
      faults: [
        { atMs: 184, kind: "flipBit", node: "b", where: "copy" },
        { atMs: 842, kind: "diskFull", node: "a", forMs: 43 },
      ],
    },
  },
  {
    title: "a job that was cancelled while it was being journaled is none that workers keep anything of",
    seed: 60005688,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: [], slots: 1, durable: false, replicas: 2 },
      ...{ submitAtMs: [0, 473, 1307], healAtMs: 3691 },
      faults: [
        { atMs: 729, kind: "killOften", node: "b", index: 3, times: 4, everyMs: 400 },
        { atMs: 988, kind: "cancel", job: 0 },
        {
          ...{ atMs: 1058, kind: "whenAt", node: "coordinator", point: "restarts", count: 1 },
          what: { kind: "writeFails", node: "coordinator" },
        },
        { atMs: 1124, kind: "killOften", node: "coordinator", index: 500, times: 4, everyMs: 400 },
        { atMs: 1422, kind: "cancel", job: 1 },
      ],
    },
  },
  {
    title: "what was freed is made again at once where something that needs it is lost",
    seed: 64010541,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: ["c"], slots: 2, durable: false, replicas: 2 },
      ...{ submitAtMs: [0], healAtMs: 6512 },
      faults: [
        { atMs: 117, kind: "cut", from: "a", to: "coordinator", how: "clogged", forMs: 1065 },
        { atMs: 1923, kind: "flipBit", node: "c", where: "record" },
        { atMs: 1941, kind: "crash", node: "c", loses: "disk", backAfterMs: undefined, lockStaysMs: 0 },
        { atMs: 3609, kind: "crash", node: "b", loses: "power", backAfterMs: 1466, lockStaysMs: 0 },
      ],
    },
  },
  {
    title: "a task that is made again, and whose old commit is told first, is read where it is made again",
    seed: 65008427,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: [], slots: 1, durable: false, replicas: 1, workerWaitMs: 8522 },
      ...{ submitAtMs: [0, 1024, 991], healAtMs: 1515 },
      faults: [
        { atMs: 234, kind: "flipBit", node: "d", where: "record" },
        { atMs: 269, kind: "crash", node: "d", loses: "disk", backAfterMs: undefined, lockStaysMs: 0 },
        { atMs: 617, kind: "flipBit", node: "a", where: "record" },
        { atMs: 628, kind: "crash", node: "a", loses: "power", backAfterMs: 80, lockStaysMs: 0 },
        { atMs: 1347, kind: "flipBit", node: "a", where: "record" },
        { atMs: 1363, kind: "crash", node: "a", loses: "power", backAfterMs: 4439, lockStaysMs: 0 },
      ],
    },
  },
  {
    title: "tasks of a job that was closed while its worker's actor was dead are not run",
    seed: 64008511,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: [], slots: 2, durable: true, replicas: 1 },
      ...{ submitAtMs: [0, 822, 181], healAtMs: 2914 },
      faults: [
        { atMs: 234, kind: "killActor", node: "d", index: 442 },
        { atMs: 320, kind: "cancel", job: 2 },
      ],
    },
  },
  {
    title: "a drained worker is not kept by a job that was cancelled while the coordinator's actor was dead",
    seed: 81020486,
    plan: {
      ...{ workers: ["a", "b", "c", "d"], blind: [], slots: 1, durable: true, replicas: 2 },
      ...{ submitAtMs: [0, 1098, 209], healAtMs: 1426 },
      faults: [
        { atMs: 1130, kind: "drain", node: "b" },
        { atMs: 1262, kind: "killActor", node: "coordinator", index: 536 },
        { atMs: 1285, kind: "cancel", job: 2 },
      ],
    },
  },
  {
    title: "workers begin anew for a coordinator that has lost all it knew",
    seed: 48000169,
    plan: {
      ...{ workers: ["a", "b"], blind: [], slots: 1, durable: false, replicas: 2, submitAtMs: [0], healAtMs: 3983 },
      faults: [
        { atMs: 213, kind: "editStorage", node: "coordinator", edits: 6, backAfterMs: 837 },
        { atMs: 1113, kind: "crash", node: "coordinator", loses: "disk", backAfterMs: 422, lockStaysMs: 0 },
      ],
    },
  },
];

for (const { title, seed, plan } of FOUND) {
  test.serial(`simulation: ${title} (seed ${seed})`, async (t) => {
    const { problems } = await simulate({ seed, plan, until: "settled" });
    t.deepEqual(problems, []);
  });
}

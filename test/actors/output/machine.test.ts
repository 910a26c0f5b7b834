/**
 * When an output gives up that is ordered again and again of what it cannot read.
 */
import test, { type ExecutionContext } from "ava";
import { createActor } from "xstate";
import type { RunReference } from "../../../actors/executor/messages.ts";
import { VAIN_REPAIRS_MAX } from "../../../actors/options.ts";
import { outputMachine } from "../../../actors/output/machine.ts";
import type { OutputFact } from "../../../actors/output/messages.ts";
import type { OutputPort } from "../../../actors/output/output-port.ts";
import { createMemoryJournal } from "../../../runtime/journal/memory-journal.ts";
import { map, program } from "../../programs/build-program.ts";
import { prepare } from "../jobs/job-stage.ts";
import { temporaryDirectory, writeFiles } from "../temporary-directory.ts";

const REJECTS = { commits: [], linesBefore: [] };

function runOf(segment: string): RunReference {
  return { at: { segment, offset: 0, byteLength: 100, crc: 0 }, headerBytes: 10, pairCount: 1 };
}

/** An output that has asked for its ranges, which have not come. */
async function planningOutput(t: ExecutionContext) {
  const directory = temporaryDirectory(t);
  writeFiles(directory, { "a.csv": "1,2\n" });
  const job = await prepare(program([map()]), { paths: ["a.csv"] }, { directory, splitBytes: 4, partitions: 1 });
  const told: OutputFact[] = [];
  const tags: string[] = [];
  const actor = createActor(outputMachine, {
    input: {
      ...{ job, runs: [runOf("a")], rejects: REJECTS, rejectsPort: undefined, port: {} as OutputPort },
      ...{ journal: createMemoryJournal(), segmentDirectory: directory, segmentName: "output", inFlightMax: 1 },
      submit: (tag) => tags.push(tag),
      tell: (fact) => told.push(fact),
    },
  });
  t.teardown(() => actor.stop());
  actor.start();
  const starve = (segment: string): void => {
    const { at } = runOf(segment);
    const failure = { code: "SEGMENT_DAMAGED", message: `${segment} is damaged`, damage: [at] };
    actor.send({ type: "output.failed", tag: "plan", failure });
  };
  const order = (segment: string): void =>
    actor.send({ type: "output.order", runs: [runOf(segment)], rejects: REJECTS });
  return { told, tags, starve, order };
}

test("output: that is ordered again and again of what it has told damaged, it ends by name", async (t) => {
  const { told, tags, starve, order } = await planningOutput(t);
  for (let count = 1; count <= VAIN_REPAIRS_MAX; count += 1) {
    starve("a");
    order("a");
  }
  t.deepEqual(tags, Array(1 + VAIN_REPAIRS_MAX).fill("plan"));
  t.deepEqual(
    told.splice(0).map(({ type }) => type),
    Array(VAIN_REPAIRS_MAX).fill("output.starved"),
  );
  starve("a");
  order("a");
  const message = `the output was ordered ${VAIN_REPAIRS_MAX + 1} times in a row of what it had told damaged: a is damaged`;
  t.deepEqual(told.slice(1), [{ type: "output.broken", failure: { code: "REPAIR_IN_VAIN", message } }]);
  t.is(tags.length, 1 + VAIN_REPAIRS_MAX);
});

test("output: what is told of an earlier order, and answered by another one, is no end, however often", async (t) => {
  const { told, starve, order } = await planningOutput(t);
  order("b");
  for (let count = 0; count < 3 * VAIN_REPAIRS_MAX; count += 1) {
    starve("a");
    order("b");
  }
  t.deepEqual(new Set(told.map(({ type }) => type)), new Set(["output.starved"]));
});

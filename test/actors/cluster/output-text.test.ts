/**
 * Text of the output: it lies where it was made until it is written, and what is lost of it is computed again.
 */
import test from "ava";
import { isTextSegment } from "../../../actors/executor/messages.ts";
import { compare, sampleOf, stageOf } from "./sample.ts";

test("cluster: text of the output stays where it was made until it is written, and is deleted then", async (t) => {
  const sample = await sampleOf(t);
  const stage = await stageOf(t, sample.job, ["a", "b"]);
  const fetched: string[] = [];
  const there: boolean[] = [];
  stage.beforeFetch = async (worker, segment) => {
    if (!isTextSegment(segment)) return;
    fetched.push(segment);
    there.push(stage.filesOf(worker).includes(segment));
  };
  compare(t, await stage.run(), sample, "text");
  t.true(fetched.length > 0);
  t.true(there.every(Boolean));
  const isThere = (): boolean => ["a", "b"].some((worker) => stage.filesOf(worker).some(isTextSegment));
  while (isThere()) await new Promise<void>((resolve) => void setImmediate(resolve));
  t.pass();
});

for (const loseDisk of [false, true]) {
  test(`cluster: a worker is killed with text that nobody has written yet, ${loseDisk ? "and its disk" : "but not its disk"}`, async (t) => {
    const sample = await sampleOf(t);
    const stage = await stageOf(t, sample.job, ["a", "b"]);
    const killed: string[] = [];
    stage.beforeFetch = async (worker, segment) => {
      if (!isTextSegment(segment) || killed.length > 0) return;
      killed.push(worker);
      await stage.killWorker(worker, { loseDisk });
    };
    compare(t, await stage.run(), sample, "killed");
    t.is(killed.length, 1);
  });
}

test("cluster: text that is not as it was stored is computed again; text that never is ends the job by name", async (t) => {
  const sample = await sampleOf(t);
  for (const times of [1, 3]) {
    const stage = await stageOf(t, sample.job, ["a", "b"]);
    let tampered = 0;
    stage.tamper = (segment, bytes) => {
      if (!isTextSegment(segment) || tampered >= times) return;
      tampered += 1;
      bytes[0] = (bytes[0] ?? 0) ^ 1;
    };
    compare(t, await stage.run(), sample, `${times} times`);
    t.is(tampered, times);
  }
  const stage = await stageOf(t, sample.job, ["a"]);
  stage.tamper = (segment, bytes) => {
    if (isTextSegment(segment)) bytes[0] = (bytes[0] ?? 0) ^ 1;
  };
  const { outcome, output } = await stage.run();
  t.like(outcome, { kind: "failed", failure: { code: "SEGMENT_DAMAGED" } });
  t.is(output, undefined);
});

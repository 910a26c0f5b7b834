/**
 * The fake cluster keeps the promises of the real one, so that what is tried against it is worth something.
 */
import test from "ava";
import { FakeControl, workerStatus } from "./fake-control.ts";

test("fake control: the same submission twice is one job", async (t) => {
  const control = new FakeControl();
  const request = { program: "{}", fileName: "sums.json", submissionId: "s" };
  const first = await control.submit(request);
  t.is((await control.submit(request)).id, first.id);
  t.not((await control.submit({ ...request, submissionId: "other" })).id, first.id);
  t.is(control.jobs().length, 2);
});

test("fake control: unknown jobs and workers, ended jobs and missing results are told by code", async (t) => {
  const control = new FakeControl();
  const { id } = await control.submit({ program: "{}", fileName: "sums.json" });
  await t.throwsAsync(control.cancel("nope"), { code: "JOB_UNKNOWN" });
  t.throws(() => control.result(id), { code: "JOB_NOT_DONE" });
  await control.cancel(id);
  await t.throwsAsync(control.cancel(id), { code: "JOB_ENDED" });
  await t.throwsAsync(control.drain("w"), { code: "WORKER_UNKNOWN" });
  control.putWorker(workerStatus("w"));
  t.is((await control.drain("w")).state, "draining");
});

test("fake control: whoever listens hears of changes until that ends", async (t) => {
  const control = new FakeControl();
  const heard: (string | undefined)[] = [];
  const end = control.subscribe(({ job }) => heard.push(job));
  const { id } = await control.submit({ program: "{}", fileName: "sums.json" });
  end();
  await control.cancel(id);
  t.deepEqual(heard, [id]);
  t.is(control.story(id).length, 2);
  t.is(control.listenerCount, 0);
});

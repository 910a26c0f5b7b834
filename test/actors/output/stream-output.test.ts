/**
 * Output to a stream: a further attempt goes on behind what went out, whatever its cut.
 */
import { Writable } from "node:stream";
import test from "ava";
import fc from "fast-check";
import { StreamOutput } from "../../../actors/output/stream-output.ts";

const TEXT = Buffer.from("1,2\n3,4\n5,6\n7,8\n");

test("stream output: attempts that end anywhere, cut anyhow, write every byte once", async (t) => {
  const attempt = fc.array(fc.integer({ min: 0, max: TEXT.length }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(attempt, { maxLength: 4 }), attempt, async (broken, last) => {
      const received: Buffer[] = [];
      const stream = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          received.push(chunk);
          done();
        },
      });
      const output = new StreamOutput(stream);
      for (const ends of [...broken, [...last, TEXT.length]]) {
        t.is(await output.open(0), 0);
        let from = 0;
        for (const end of [...ends].sort((left, right) => left - right)) {
          await output.write(TEXT.subarray(from, end));
          from = end;
        }
      }
      await output.commit();
      t.is(Buffer.concat(received).toString(), TEXT.toString());
    }),
    { numRuns: 60 },
  );
});

/**
 * A fetch at the server: whose memory is used again when, and what cancelling leaves undone.
 */
import test from "ava";
import { type BlockRead, Sending } from "../../../runtime/exchange/sending.ts";
import { turn } from "../socket/until.ts";

const KIBIBYTE = 1 << 10;
const windowBytes = 512 * KIBIBYTE;
const pieceBytes = windowBytes / 2;

function stage(read: (request: BlockRead) => Promise<void> | void = () => {}) {
  const sent: Buffer[] = [];
  const failures: [string, number][] = [];
  const spares: Buffer[] = [];
  const references = [{ segment: "a.segment", offset: 0, byteLength: 8 * pieceBytes }];
  const sending = new Sending({
    job: "job",
    references,
    windowBytes,
    spares,
    read,
    send: (bytes) => sent.push(bytes),
    fail: (code, index) => failures.push([code, index]),
  });
  return { sending, sent, spares, failures, run: sending.run() };
}

async function turns(): Promise<void> {
  for (let count = 0; count < 10; count += 1) await turn();
}

test("memory: a piece's is used again when all of it was read, and not before", async (t) => {
  const { sending, sent, spares } = stage();
  await turns();
  t.is(sent.length, 2);
  // Enough credit for a third piece only when the second half of the first is read as well.
  t.true(sending.addCredit(pieceBytes - 1));
  await turns();
  t.is(sent.length, 2);
  t.deepEqual(spares, [], "another fetch of the connection could take it");
  t.true(sending.addCredit(1));
  await turns();
  t.is(sent.length, 3);
  t.is(sent[2]!.buffer, sent[0]!.buffer);
  t.true(sending.addCredit(pieceBytes + pieceBytes / 2));
  await turns();
  // The second is read, the third half: one piece came, in the memory of the second.
  t.is(sent.length, 4);
  t.is(sent[3]!.buffer, sent[1]!.buffer);
  t.true(sending.addCredit(pieceBytes / 2));
  await turns();
  t.is(sent.length, 5);
  t.is(sent[4]!.buffer, sent[2]!.buffer);
});

test("memory: of a fetch with one long piece under way, small credits free nothing", async (t) => {
  const { sending, sent } = stage();
  await turns();
  for (let count = 0; count < 16; count += 1) t.true(sending.addCredit(pieceBytes / 32));
  await turns();
  t.is(sent.length, 2);
  t.not(sent[0]!.buffer, sent[1]!.buffer);
});

test("cancel: ends a fetch that waits for credit, and one that reads; what was read is not sent", async (t) => {
  const waiting = stage();
  await turns();
  waiting.sending.cancel();
  await waiting.run;
  t.is(waiting.sent.length, 2);
  let finish = (): void => {};
  const reading = stage(() => new Promise((resolve) => (finish = resolve)));
  await turns();
  reading.sending.cancel();
  finish();
  await reading.run;
  t.deepEqual([reading.sent, reading.failures], [[], []]);
});

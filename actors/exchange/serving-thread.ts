/**
 * The entry of the thread that serves blocks: a listener of its own, and files that are read synchronously, which here
 * holds up nobody.
 *
 * Owns: who may fetch what.
 * Never: checks the bytes: whoever fetches them does.
 *
 * Y1. A peer gets bytes of one job's segments through a fetch of that job, from the one directory, and nothing else.
 */
import { parentPort, workerData } from "node:worker_threads";
import { RuntimeError } from "../../runtime/errors.ts";
import { createBlockServer } from "../../runtime/exchange/block-server.ts";
import { SegmentReader } from "../../runtime/journal/segment-reader.ts";
import { type Listener, listen } from "../../runtime/socket/listener.ts";
import { isOfJob } from "./segment-names.ts";
import type { ServingCommand, ServingEvent, ServingInput } from "./serve-blocks.ts";

async function serve(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("the thread that serves blocks is started by its owner only");
  const { segmentDirectory, ...listening } = workerData as ServingInput;
  const tell = (event: ServingEvent): void => port.postMessage(event);
  let listener: Listener;
  try {
    listener = await listen(listening);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    tell({ kind: "refused", code: error.code, message: error.message });
    return;
  }
  let peers: ReadonlySet<string> = new Set();
  const segments = new SegmentReader(segmentDirectory);
  const server = createBlockServer({
    listener,
    allow: ({ process }) => peers.has(process),
    read: ({ job, reference, offset, target }) => {
      if (!isOfJob(reference.segment, job)) throw new RuntimeError("SEGMENT_MISSING", "a segment of no such job");
      segments.read(reference, target, { offset, byteLength: target.length });
    },
  });
  port.on("message", (command: ServingCommand) => {
    switch (command.kind) {
      case "allow":
        peers = new Set(command.peers);
        return;
      case "release":
        for (const segment of command.segments) segments.release(segment);
        return tell({ kind: "released", ticket: command.ticket });
      case "close":
        server.close();
        segments.close();
        // Nothing is left then that keeps the thread; closing never fails.
        void listener.close().then(() => port.close());
    }
  });
  tell({ kind: "listening", host: listener.host, port: listener.port });
}

await serve();

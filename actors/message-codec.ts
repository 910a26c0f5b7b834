/**
 * Messages between the processes of a cluster, as plain JSON of bounded size.
 *
 * Owns: the form: a message is its type and a text, in several parts where that is long; a job stands as its record, and
 *       the plan and the splits that follow from it stay behind.
 *
 * Errors: `MESSAGE_TOO_LARGE`, `MESSAGE_MALFORMED`; `JOB_OF_ANOTHER_VERSION`.
 */
import { RuntimeError } from "../runtime/errors.ts";
import { fromCompactJson, toCompactJson } from "../runtime/transport/compact-json.ts";
import { cutIntoParts, isMessagePart, type MessagePart, PartCollector } from "../runtime/transport/message-parts.ts";
import type { JobDescription } from "./job/messages.ts";
import { decodeJob, encodeJob } from "./job-record.ts";
import type { MessageCodec } from "./switchboard.ts";

const OPEN = "worker.open";

export const clusterCodec: MessageCodec = {
  encode: ({ type, ...content }) => cutIntoParts(textOf(type, content)).map((part) => ({ type, ...part })),
  decoder: () => {
    const collector = new PartCollector();
    return {
      decode: (message, from) => {
        const { type } = message;
        if (!isMessagePart(message)) throw new RuntimeError("MESSAGE_MALFORMED", `a ${type} has not the form of ours`);
        const text = collector.take(from, message as unknown as MessagePart);
        return text === undefined ? undefined : { type, ...contentOf(type, text) };
      },
      forget: (from) => collector.forget(from),
    };
  },
};

function textOf(type: string, content: object): string {
  if (type !== OPEN) return toCompactJson(content);
  return Buffer.from(encodeJob((content as { readonly job: JobDescription }).job)).toString("utf8");
}

function contentOf(type: string, text: string): object {
  return type === OPEN ? { job: decodeJob(Buffer.from(text)) } : (fromCompactJson(text) as object);
}

/**
 * Messages between the processes of a cluster, as plain JSON.
 *
 * Owns: the form: a message is its type and a text; integers of any size stand as digits, bytes in base 64, a job as its record, and what
 *       one process alone can make use of stays behind.
 */
import type { JobDescription } from "./job/messages.ts";
import { decodeJob, encodeJob } from "./job-record.ts";
import type { Message, MessageCodec } from "./switchboard.ts";

const INTEGER_MEMBER = "$integer";
const BYTES_MEMBER = "$bytes";
const OPEN = "worker.open";

interface Wire extends Message {
  readonly body: string;
}

export const clusterCodec: MessageCodec = {
  encode: (message): Wire => {
    const { type } = message;
    if (type === OPEN) return { type, body: Buffer.from(encodeJob(message.job as JobDescription)).toString("utf8") };
    const body = JSON.stringify(message, (_name, value: unknown) => {
      if (typeof value === "bigint") return { [INTEGER_MEMBER]: String(value) };
      return value instanceof Uint8Array ? { [BYTES_MEMBER]: Buffer.from(value).toString("base64") } : value;
    });
    return { type, body };
  },
  decode: (message) => {
    const { type, body } = message as Wire;
    if (type === OPEN) return { type, job: decodeJob(Buffer.from(body)) };
    return JSON.parse(body, (_name, value: unknown) => {
      if (typeof value !== "object" || value === null) return value;
      if (INTEGER_MEMBER in value) return BigInt(String(value[INTEGER_MEMBER]));
      return BYTES_MEMBER in value ? new Uint8Array(Buffer.from(String(value[BYTES_MEMBER]), "base64")) : value;
    }) as Message;
  },
};

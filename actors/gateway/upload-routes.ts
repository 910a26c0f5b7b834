/**
 * The routes of uploads: bring one, take it away.
 *
 * Owns: their limits of bytes and time.
 */

import { RuntimeError } from "../../runtime/errors.ts";
import type { Handler } from "./exchange.ts";
import type { UploadStatus } from "./messages.ts";
import { announcedBytes, readBody } from "./read-body.ts";
import { json } from "./reply.ts";

export const receiveUpload: Handler = async ({ request, response, name, signal }, services) => {
  const { clock, limits, uploads, metrics, log } = services;
  const announced = announcedBytes(request, limits.uploadBytesMax) ?? 0;
  if (uploads.isBusy) throw new RuntimeError("GATEWAY_BUSY", "there are too many uploads under way; try again");
  const byteLength = await uploads.receive(name, announced, (write) =>
    readBody({ request, response, clock, signal }, { kind: "stall", ms: limits.uploadStallMs }, async (piece) => {
      await write(piece);
      metrics.uploaded(piece.length);
    }),
  );
  log.info("upload complete", { upload: name, bytes: byteLength, from: request.socket.remoteAddress });
  return json(201, { name, byteLength } satisfies UploadStatus);
};

export const removeUpload: Handler = async ({ name }, { uploads }) => {
  await uploads.remove(name);
  return json(200, {});
};

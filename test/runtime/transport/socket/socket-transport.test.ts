/**
 * The socket transport against the contract: over a connection on 127.0.0.1, either end sending, and in crumbs.
 */
import test, { type TestFn } from "ava";
import { transportContract } from "../transport-contract.ts";
import { twoProcesses } from "./two-processes.ts";

function titled(prefix: string): TestFn {
  return ((title: string, run: never) => test(`${prefix}: ${title}`, run)) as unknown as TestFn;
}

transportContract(titled("the one who dials sends"), (t, transport = {}) => twoProcesses(t, { transport }));

transportContract(titled("the one who listens sends"), (t, transport = {}) =>
  twoProcesses(t, { transport, listening: ["left", "self"] }),
);

transportContract(titled("17 bytes at a time"), async (t, transport = {}) => {
  const place = await twoProcesses(t, { transport, proxied: true });
  place.proxy.pieceBytes = 17;
  return place;
});

/**
 * What the processes of a cluster are called on the wire.
 *
 * Owns: the names, and which process an actor's address lives in.
 */
import type { Address } from "../../runtime/transport/transport.ts";
import { COORDINATOR_PEER } from "../exchange/messages.ts";
import { workerAt } from "../membership/messages.ts";

export const COORDINATOR_PROCESS = "coordinator";

/** Of a worker, or of the coordinator where it stands in place of one. */
export function processOf(peer: string): string {
  return peer === COORDINATOR_PEER ? COORDINATOR_PROCESS : `worker-${peer}`;
}

export function processAt(address: Address): string {
  return processOf(workerAt(address) ?? COORDINATOR_PEER);
}

export function isWorkerProcess(name: string): boolean {
  return /^worker-[0-9a-f]+$/.test(name);
}

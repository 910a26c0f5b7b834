/**
 * Which process speaks over a connection.
 *
 * Owns: the identities and their alphabet.
 * Never: believes one: whoever has the cluster's token may claim any name; client certificates say more.
 */

/** Letters that need no quoting in logs, paths and routes. */
const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

export interface ProcessIdentity {
  /** Names the process in the cluster, such as `coordinator` or `worker-7`; addresses are routed to it. */
  readonly process: string;
  /** Differs between the lives of a process: an epoch, or anything random. */
  readonly life: string;
}

export interface PeerIdentity extends ProcessIdentity {
  /** An IP address; of a process that was dialled, the host as it was named. */
  readonly remoteAddress: string;
  /** The common name in the peer's certificate; undefined if it showed none. */
  readonly certificateName: string | undefined;
}

/** Whether this may be the name of a process, or of one of its lives. */
export function isProcessName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}

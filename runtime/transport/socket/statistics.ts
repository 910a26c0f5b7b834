/**
 * What a socket transport counts, for metrics and tests.
 *
 * Owns: the shape.
 */

export interface TransportCounters {
  packetsSent: number;
  packetsReceived: number;
  bytesSent: number;
  bytesReceived: number;
  connectionsMade: number;
  connectionsLost: number;
  /** Connections closed for what the peer said. */
  packetsRefused: number;
  /** Frames that came from a process to which their sender's address is not routed: dropped. */
  framesMisrouted: number;
}

export interface SocketTransportStatistics extends Readonly<TransportCounters> {
  /** Of all connections, now. */
  readonly framesQueued: number;
  /** Sent, and not yet taken by the peer. */
  readonly packetsUnderWay: number;
}

export function zeroCounters(): TransportCounters {
  return {
    packetsSent: 0,
    packetsReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    connectionsMade: 0,
    connectionsLost: 0,
    packetsRefused: 0,
    framesMisrouted: 0,
  };
}

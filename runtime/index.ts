/**
 * What the package offers as `actor-dataflow/runtime`: supervision, failure detection, journals, and
 * messages between processes, for XState actors.
 *
 * Owns: the list. Whatever is not in it may change without notice.
 */
export type { Clock, TimerHandle } from "./clock.ts";
export { RuntimeError } from "./errors.ts";
export {
  type BlockClient,
  type BlockClientOptions,
  createBlockClient,
  type FetchRequest,
} from "./exchange/block-client.ts";
export { type BlockServer, type BlockServerOptions, createBlockServer } from "./exchange/block-server.ts";
export { ExchangeError } from "./exchange/exchange-error.ts";
export { createSegmentSource, type SegmentSource } from "./exchange/segment-source.ts";
export type { BlockRead } from "./exchange/sending.ts";
export type { Heartbeat, HeartbeatOptions, PeerStatus, Transition } from "./failure/heartbeat-decision.ts";
export {
  type HeartbeatMonitor,
  type HeartbeatMonitorInput,
  startHeartbeatMonitor,
} from "./failure/heartbeat-monitor.ts";
export { type Fence, type Fenced, nextLife, toIncarnation, toTerm } from "./identity.ts";
export type {
  Journal,
  JournalAppend,
  JournalBreak,
  JournalDurability,
  JournalOptions,
  JournalRecord,
} from "./journal/journal.ts";
export { createLevelJournal, type LevelJournalOptions } from "./journal/level-journal.ts";
export { createMemoryJournal, MemoryDisk, type MemoryJournalOptions } from "./journal/memory-journal.ts";
export { type SegmentReference, SegmentWriter, type SegmentWriterOptions } from "./journal/segment-files.ts";
export { SegmentReader } from "./journal/segment-reader.ts";
export { type Random, seededRandom } from "./random.ts";
export type { DialTarget } from "./socket/dial.ts";
export { type Listener, type ListenOptions, listen, type PeerRefusal } from "./socket/listener.ts";
export type { PeerIdentity, ProcessIdentity } from "./socket/peer.ts";
export type { DialSecurity, ListenSecurity } from "./socket/security.ts";
export { childRef, type SupervisorRef, supervisorLogic } from "./supervision/machine.ts";
export type { ChildShutdown, SupervisorCommand, SupervisorInput, SupervisorNotice } from "./supervision/messages.ts";
export {
  type Backoff,
  type ChildSpecification,
  type Intensity,
  type RestartType,
  type Strategy,
  specifyChild,
} from "./supervision/specification.ts";
export { type ChildExit, type Death, SupervisionError } from "./supervision/supervision-error.ts";
export { systemClock } from "./system-clock.ts";
export { systemRandom } from "./system-random.ts";
export { createLoopbackTransport } from "./transport/loopback-transport.ts";
export {
  createSocketTransport,
  type PeerEvent,
  type SocketTransport,
  type SocketTransportOptions,
} from "./transport/socket/socket-transport.ts";
export type {
  Address,
  ControlMessage,
  Delivery,
  Endpoint,
  EndpointHandler,
  Envelope,
  SendOutcome,
  SignalEnvelope,
  Transport,
} from "./transport/transport.ts";

/**
 * What goes over the wire between a gateway and its clients, besides the shapes of `cluster/control.ts`.
 *
 * Owns: header names, the version of the interface, the shape of errors.
 */

/** Raised when a client of before would misunderstand an answer. A client that names another version is refused. */
export const API_VERSION = "1";
/** Lower case, as Node gives headers. */
export const API_VERSION_HEADER = "actor-dataflow-api";

/** Body of every answer that is no success. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  /** Of a wrong program or body: every place that is wrong. */
  readonly diagnostics?: readonly { readonly place: string; readonly message: string }[];
}

/** Answer to an upload. */
export interface UploadStatus {
  readonly name: string;
  readonly byteLength: number;
}

/** Answer of `/version`. */
export interface VersionStatus {
  readonly version: string;
  readonly api: string;
  /** Of the coordinator: raised by each start. */
  readonly term: number;
}

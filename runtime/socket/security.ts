/**
 * Who may connect: the token, the names of this host, the pages of a browser, and which sockets may be open at all.
 *
 * Owns: those decisions, over the headers of a request.
 * Never: reads a token from anywhere, opens a socket, tells anyone a token.
 *
 * S1. A listener has a token; one that others than this host can reach has TLS too. `insecure` alone lifts that.
 * S2. The token is compared in constant time, and before anything of a request is acted upon.
 * S3. A page of another site gets nothing: browsers name it in Origin, and where a name was made to point here (DNS
 *     rebinding) that name stands in Host. An IP address cannot be made to point elsewhere, so it passes.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { RuntimeError } from "../errors.ts";

export interface ListenSecurity {
  /** 16 to 512 visible ASCII characters. */
  readonly token?: string;
  readonly tls?: ListenTls;
  /** Names that may stand in Host, besides localhost and IP addresses. */
  readonly hostNames?: readonly string[];
  /** Pages that may connect, besides those that come from here, such as `https://example.org`. */
  readonly origins?: readonly string[];
  /** Allows to listen without a token, and without TLS where others than this host can connect. */
  readonly insecure?: boolean;
}

/** All in PEM. */
export interface ListenTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Who may have signed the certificates of clients. */
  readonly ca?: string | Buffer;
  /** Only clients with a certificate that `ca` has signed get in. Default: false. */
  readonly clientCertificates?: boolean;
}

export interface DialSecurity {
  readonly token?: string;
  readonly tls?: DialTls;
}

/** All in PEM. */
export interface DialTls {
  /** Who must have signed the listener's certificate. Default: the authorities that Node knows. */
  readonly ca?: string | Buffer;
  /** Shown to a listener that asks for a certificate. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name that the listener's certificate must have. Default: the host that is dialled. */
  readonly serverName?: string;
}

export interface RequestRefusal {
  readonly status: 401 | 403;
  readonly code: "TOKEN_REFUSED" | "HOST_REFUSED" | "ORIGIN_REFUSED";
}

const TOKEN = /^[\x21-\x7e]{16,512}$/;
const BEARER = /^Bearer (.+)$/i;

/** Errors: `LISTENER_INSECURE` if listening on `host` with this would let strangers in; asserts the token's shape. */
export function requireSecure(host: string, security: ListenSecurity): void {
  const { token, tls, insecure = false } = security;
  if (token !== undefined && !TOKEN.test(token)) {
    throw new RuntimeError("LISTENER_INSECURE", "a token has 16 to 512 visible ASCII characters");
  }
  if (insecure) return;
  if (token === undefined) throw new RuntimeError("LISTENER_INSECURE", `listening on ${host} needs a token`);
  if (tls === undefined && !isLoopback(host)) {
    const reason = "others than this host can reach it";
    throw new RuntimeError("LISTENER_INSECURE", `listening on ${host} needs TLS: ${reason}`);
  }
}

/**
 * Judges a request, also one to upgrade, by its headers.
 *
 * Result: undefined if it may pass, else the HTTP status to answer with and the code of docs/errors.md.
 * `tokenNeeded: false` is for what anybody may know, such as whether the process is alive.
 */
export function refuseRequest(
  request: Pick<IncomingMessage, "headers">,
  security: ListenSecurity,
  { tokenNeeded = true }: { readonly tokenNeeded?: boolean } = {},
): RequestRefusal | undefined {
  const { host, origin, authorization } = request.headers;
  if (!isOwnHost(host, security.hostNames ?? [])) return { status: 403, code: "HOST_REFUSED" };
  if (origin !== undefined && !isOwnOrigin(origin, host, security)) return { status: 403, code: "ORIGIN_REFUSED" };
  if (!tokenNeeded || security.token === undefined) return undefined;
  const shown = BEARER.exec(authorization ?? "")?.[1];
  return isEqualSecret(shown, security.token) ? undefined : { status: 401, code: "TOKEN_REFUSED" };
}

/** Takes as long for any `shown` of the same length; hashed, so that the lengths may differ. */
function isEqualSecret(shown: string | undefined, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown ?? ""), digest(expected)) && shown !== undefined;
}

function isOwnHost(host: string | undefined, names: readonly string[]): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  return name === "localhost" || isIP(name) !== 0 || names.some((one) => one.toLowerCase() === name);
}

function isOwnOrigin(origin: string, host: string | undefined, { tls, origins = [] }: ListenSecurity): boolean {
  return origin === `${tls === undefined ? "http" : "https"}://${host}` || origins.includes(origin);
}

/** Of a Host header: lower case, without port and brackets; undefined if it is none. */
function hostName(host: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/i.exec(host ?? "");
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** Whether only processes of this host can connect to it. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

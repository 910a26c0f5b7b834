/**
 * Decides whether a request is let in, by its headers.
 *
 * Owns: what is asked of a request besides host, origin and token, which are those of every listener (`runtime/socket`).
 * Never: reads a body, knows a route.
 *
 * A1. A request that may not come in learns nothing but why.
 * A2. A web page of another site is refused, also where its browser sends no `Origin`.
 * A3. A client that speaks another version of the interface is told so, once it is let in.
 */
import type { IncomingMessage } from "node:http";
import { type ListenSecurity, refuseRequest } from "../../runtime/socket/security.ts";
import { API_VERSION, API_VERSION_HEADER } from "./messages.ts";

export interface Refusal {
  readonly code: "HOST_REFUSED" | "ORIGIN_REFUSED" | "TOKEN_REFUSED" | "API_VERSION_UNKNOWN";
  readonly message: string;
}

const MESSAGES = {
  HOST_REFUSED: "this coordinator does not go by that host name",
  ORIGIN_REFUSED: "requests of other sites' pages are refused",
  TOKEN_REFUSED: "the token is missing or wrong",
  API_VERSION_UNKNOWN: `this coordinator speaks version ${API_VERSION} of the interface, the client another`,
} as const;

/** `tokenNeeded`: false for a route that says no more than that the process lives. Undefined: let in. */
export function refusalOf(
  request: Pick<IncomingMessage, "headers">,
  security: ListenSecurity,
  tokenNeeded: boolean,
): Refusal | undefined {
  const code = codeOf(request, security, tokenNeeded);
  return code === undefined ? undefined : { code, message: MESSAGES[code] };
}

function codeOf(
  request: Pick<IncomingMessage, "headers">,
  security: ListenSecurity,
  tokenNeeded: boolean,
): Refusal["code"] | undefined {
  const { "sec-fetch-site": site, [API_VERSION_HEADER]: version } = request.headers;
  const refusal = refuseRequest(request, security, { tokenNeeded });
  if (refusal !== undefined) return refusal.code;
  // Tools do not send this header. Source: Fetch Metadata, https://www.w3.org/TR/fetch-metadata/
  if (site !== undefined && site !== "same-origin" && site !== "none") return "ORIGIN_REFUSED";
  return version === undefined || version === API_VERSION ? undefined : "API_VERSION_UNKNOWN";
}

/**
 * Settles who may reach the listeners of a process that `start` starts, and how it shows itself to those of others.
 *
 * Owns: the rules between host, token and TLS, and the files of keys and certificates.
 * Never: listens; the listener checks for itself again (`runtime/socket/security.ts`).
 *
 * S1. Who listens to others than this host has a token and TLS, or says `insecure`.
 * S2. On this host alone, a missing token is allowed and warned of: then every user of the host may submit programs.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import os from "node:os";
import type { Diagnostics } from "../../programs/diagnostics.ts";
import { exposureOf } from "../private-file.ts";
import { optionOf } from "./setting-names.ts";
import type { GatheredSettings } from "./setting-sources.ts";

/** What a listener lets in; the shape of `runtime/socket`'s, as plain data. */
export interface ListenSettings {
  readonly token?: string;
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly clientCertificates?: boolean;
  };
  readonly hostNames: readonly string[];
  readonly insecure: boolean;
}

/** How this process shows itself to the listeners of others. */
export interface DialSettings {
  readonly token?: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly serverName?: string };
}

export interface SecuritySettings {
  readonly listen: ListenSettings;
  readonly dial: DialSettings;
  /** For the log. */
  readonly warnings: readonly string[];
}

/** What is wrong is reported to `diagnostics`. */
export function settleSecurity(
  { given, placeOf }: GatheredSettings,
  token: string | undefined,
  diagnostics: Diagnostics,
): SecuritySettings {
  const read = (key: "tlsCert" | "tlsKey" | "tlsCa"): string | undefined =>
    readPem(given[key], placeOf(key), diagnostics, { isSecret: key === "tlsKey" });
  const [cert, key, ca] = [read("tlsCert"), read("tlsKey"), read("tlsCa")];
  const { insecure = false, clientCertificates = false, tlsServerName, host = "127.0.0.1" } = given;
  if ((given.tlsCert === undefined) !== (given.tlsKey === undefined)) {
    const [is, lacks] =
      given.tlsCert === undefined ? (["tlsKey", "tlsCert"] as const) : (["tlsCert", "tlsKey"] as const);
    diagnostics.report(placeOf(is), `needs ${optionOf(lacks)} beside it`);
  }
  if (clientCertificates && given.tlsCa === undefined) {
    diagnostics.report(placeOf("clientCertificates"), `needs ${optionOf("tlsCa")}: who has signed them`);
  }
  const isOpen = !isLoopback(host);
  if (isOpen && !insecure) {
    const open = `${host} can be reached from other hosts`;
    if (token === undefined) diagnostics.report(placeOf("host"), `${open}: it needs a token, or --insecure`);
    if (given.tlsCert === undefined) {
      diagnostics.report(placeOf("host"), `${open}: it needs --tls-cert and --tls-key, or --insecure`);
    }
  }
  const warnings = warningsOf({ isOpen, hasToken: token !== undefined, hasTls: cert !== undefined });
  const tls = cert !== undefined && key !== undefined ? { cert, key, ca, clientCertificates } : undefined;
  const dialsTls = tls !== undefined || ca !== undefined || tlsServerName !== undefined;
  const dialTls = dialsTls ? { ca, ...(tls && { cert, key }), serverName: tlsServerName } : undefined;
  const hostNames = [
    ...new Set([os.hostname(), ...(given.hostNames ?? []), ...(given.advertise ? [given.advertise] : [])]),
  ];
  return {
    listen: { token, tls, hostNames, insecure: insecure || (!isOpen && token === undefined) },
    dial: { token, tls: dialTls },
    warnings,
  };
}

function warningsOf(has: { isOpen: boolean; hasToken: boolean; hasTls: boolean }): string[] {
  const { isOpen, hasToken, hasTls } = has;
  const who = isOpen ? "everybody who can reach this host" : "every user of this host";
  const warnings = hasToken ? [] : [`there is no token: ${who} may use the cluster`];
  if (isOpen && !hasTls) warnings.push("there is no TLS: the token and all data can be read on their way");
  return warnings;
}

function readPem(
  file: string | undefined,
  place: string,
  diagnostics: Diagnostics,
  { isSecret }: { readonly isSecret: boolean },
): string | undefined {
  if (file === undefined) return undefined;
  try {
    const exposure = isSecret ? exposureOf(file) : undefined;
    if (exposure !== undefined) diagnostics.report(place, exposure);
    const text = readFileSync(file, "utf8");
    if (!text.includes("-----BEGIN ")) diagnostics.report(place, `"${file}" is not PEM`);
    return text;
  } catch (error) {
    diagnostics.report(place, (error as Error).message);
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

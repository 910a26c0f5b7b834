/**
 * How a command reaches a coordinator: address, token, TLS.
 *
 * Owns: the options that say so, and what is refused before anything is sent.
 *
 * N1. A token does not travel in the clear to another host, unless `--insecure` says that it may.
 */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type Command, Option } from "commander";
import { quoteText } from "../../programs/quote-text.ts";
import { CommandError } from "../command-error.ts";
import { COORDINATOR_PORT, type Endpoint, endpointText, parseEndpoint } from "../endpoint.ts";
import { path } from "../option-values.ts";
import { findToken, refuseToken, tokenOptions } from "../token.ts";

/** As the command line gives them. */
export interface ConnectionOptions {
  readonly coordinator?: string;
  readonly tokenFile?: string;
  readonly token?: unknown;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

export interface Connection extends Endpoint {
  readonly token: string | undefined;
  /** PEM; undefined: plain HTTP. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
}

const COORDINATOR_VARIABLE = "ACTOR_DATAFLOW_COORDINATOR";
const CA_VARIABLE = "ACTOR_DATAFLOW_TLS_CA";

export function addConnectionOptions(command: Command): Command {
  const place = `where the coordinator is (default: $${COORDINATOR_VARIABLE}, or 127.0.0.1:${COORDINATOR_PORT})`;
  command.option("--join, --coordinator <HOST:PORT>", place);
  for (const option of tokenOptions()) command.addOption(option);
  return command
    .option("--tls", "over TLS, with the authorities that this machine trusts")
    .option("--ca <FILE>", `over TLS, with this authority, PEM; or $${CA_VARIABLE}`, path)
    .option("--cert <FILE>", "certificate to show, PEM; needs --key", path)
    .option("--key <FILE>", "its private key, PEM", path)
    .addOption(new Option("--insecure", "send the token in the clear to another host"));
}

/** Errors: CommandError USAGE, TOKEN_UNUSABLE. */
export async function connectionOf(options: ConnectionOptions): Promise<Connection> {
  refuseToken(options);
  const { env: environment, stdin: standardInput } = process;
  const written = options.coordinator ?? (environment[COORDINATOR_VARIABLE] || `127.0.0.1:${COORDINATOR_PORT}`);
  const endpoint = parseEndpoint(written);
  if (endpoint === undefined) throw new CommandError("USAGE", `--coordinator: ${quoteText(written)} is no HOST:PORT`);
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw new CommandError("USAGE", "--cert and --key need each other");
  }
  const caFile = options.ca ?? (environment[CA_VARIABLE] || undefined);
  const isSecure = options.tls === true || caFile !== undefined || options.cert !== undefined;
  const token = await findToken({ tokenFile: options.tokenFile, environment, standardInput });
  if (token !== undefined && !isSecure && !isLoopback(endpoint.host) && options.insecure !== true) {
    const where = endpointText(endpoint);
    throw new CommandError("USAGE", `the token would go to ${where} in the clear: add --ca FILE, --tls or --insecure`);
  }
  const tls = { ca: pem(caFile), cert: pem(options.cert), key: pem(options.key) };
  return { ...endpoint, token, tls: isSecure ? tls : undefined };
}

function pem(file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    const bytes = readFileSync(file);
    if (bytes.includes("-----BEGIN ")) return bytes;
  } catch (error) {
    throw new CommandError("USAGE", `cannot read ${quoteText(file)}: ${(error as Error).message}`);
  }
  throw new CommandError("USAGE", `${quoteText(file)} is not PEM`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

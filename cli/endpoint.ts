/**
 * Where a coordinator or worker is reached: `HOST:PORT`.
 *
 * Owns: how that is written, and the port that is meant without one.
 */

export interface Endpoint {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where a coordinator listens unless told otherwise. */
export const COORDINATOR_PORT = 7411;

const FORM = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/;
const PORT_MAX = 65_535;

/** `host`, `host:7411`, `10.0.0.1:7411`, `[::1]:7411`; undefined for anything else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, address, name, digits] = FORM.exec(text) ?? [];
  const host = address ?? name;
  const port = digits === undefined ? COORDINATOR_PORT : Number(digits);
  return host === undefined || port < 1 || port > PORT_MAX ? undefined : { host, port };
}

export function endpointText({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

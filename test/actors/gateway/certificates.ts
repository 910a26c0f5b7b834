/**
 * Certificates of an hour, made by `openssl`: an authority, a server on 127.0.0.1 or at other addresses, a client, and a
 * stranger's authority.
 *
 * Owns: their making. Node can read certificates, and cannot make them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Why tests of TLS are skipped; undefined: they are not. */
export const NO_OPENSSL =
  spawnSync("openssl", ["version"]).status === 0 ? undefined : "there is no openssl to make certificates with";

/** Certificate and key, as PEM and as files. */
export interface Identity {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificates {
  readonly authority: Identity;
  readonly server: Identity;
  readonly client: Identity;
  /** Signed by itself; nobody trusts it. */
  readonly stranger: Identity;
}

export function makeCertificates(directory: string, addresses: readonly string[] = ["127.0.0.1"]): Certificates {
  const place = (name: string) => path.join(directory, name);
  const openssl = (...given: string[]): void => {
    execFileSync("openssl", given, { stdio: ["ignore", "ignore", "pipe"] });
  };
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const identity = (name: string): Identity => {
    const [certFile, keyFile] = [place(`${name}.pem`), place(`${name}.key`)];
    return { cert: readFileSync(certFile), key: readFileSync(keyFile), certFile, keyFile };
  };
  for (const name of ["authority", "stranger"]) {
    openssl(
      "req",
      "-x509",
      ...curve,
      "-subj",
      `/CN=${name}`,
      "-keyout",
      place(`${name}.key`),
      "-out",
      place(`${name}.pem`),
    );
  }
  for (const name of ["server", "client"]) {
    const request = place(`${name}.csr`);
    openssl("req", ...curve.slice(0, 5), "-subj", `/CN=${name}`, "-keyout", place(`${name}.key`), "-out", request);
    const extensions = place(`${name}.ext`);
    const names = addresses.map((address) => `IP:${address}`).join();
    writeFileSync(extensions, name === "server" ? `subjectAltName=${names}\n` : "extendedKeyUsage=clientAuth\n");
    openssl(
      ...["x509", "-req", "-days", "1", "-in", request, "-extfile", extensions, "-out", place(`${name}.pem`)],
      ...["-CA", place("authority.pem"), "-CAkey", place("authority.key"), "-CAcreateserial"],
    );
  }
  return {
    authority: identity("authority"),
    server: identity("server"),
    client: identity("client"),
    stranger: identity("stranger"),
  };
}

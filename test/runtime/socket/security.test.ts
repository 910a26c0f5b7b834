/**
 * Who may listen where, and which requests get in: the whole table.
 */
import test from "ava";
import fc from "fast-check";
import { RuntimeError } from "../../../runtime/errors.ts";
import { type ListenSecurity, refuseRequest, requireSecure } from "../../../runtime/socket/security.ts";

const token = "0123456789abcdef";
const tls = { cert: "", key: "" };

const listening: [string, ListenSecurity, boolean][] = [
  ["127.0.0.1", { token }, true],
  ["localhost", { token }, true],
  ["::1", { token }, true],
  ["127.8.8.8", { token }, true],
  ["127.0.0.1", {}, false],
  ["127.0.0.1", { tls }, false],
  ["127.0.0.1", { insecure: true }, true],
  ["0.0.0.0", { token }, false],
  ["::", { token }, false],
  ["10.1.2.3", { token }, false],
  ["127.evil.example", { token }, false],
  ["0.0.0.0", { tls }, false],
  ["0.0.0.0", { token, tls }, true],
  ["0.0.0.0", { token, insecure: true }, true],
  ["0.0.0.0", { insecure: true }, true],
  ["127.0.0.1", { token: "too short" }, false],
  ["127.0.0.1", { token: "with a blank in it" }, false],
  ["127.0.0.1", { token: "short", insecure: true }, false],
];

for (const [host, security, allowed] of listening) {
  const described = JSON.stringify(security);
  test(`listening: on ${host} with ${described} is ${allowed ? "allowed" : "refused"}`, (t) => {
    if (allowed) t.notThrows(() => requireSecure(host, security));
    else t.is(t.throws(() => requireSecure(host, security), { instanceOf: RuntimeError })?.code, "LISTENER_INSECURE");
  });
}

const right = { host: "10.0.0.7:8080", authorization: `Bearer ${token}` };
const security: ListenSecurity = { token, hostNames: ["Cluster.example"], origins: ["https://pages.example"] };

const requests: [string, Record<string, string | undefined>, string | undefined][] = [
  ["an IP address as host", right, undefined],
  ["an IPv6 address as host", { ...right, host: "[::1]:80" }, undefined],
  ["localhost", { ...right, host: "localhost" }, undefined],
  ["a name of ours, whatever its case", { ...right, host: "cluster.EXAMPLE:443" }, undefined],
  ["another name (DNS rebinding)", { ...right, host: "evil.example:8080" }, "HOST_REFUSED"],
  ["a name that begins like ours", { ...right, host: "cluster.example.evil" }, "HOST_REFUSED"],
  ["no host", { ...right, host: undefined }, "HOST_REFUSED"],
  ["a host that is none", { ...right, host: "127.0.0.1/evil" }, "HOST_REFUSED"],
  ["two hosts", { ...right, host: "localhost, evil.example" }, "HOST_REFUSED"],
  ["the page's own origin", { ...right, origin: "http://10.0.0.7:8080" }, undefined],
  ["an origin that is allowed", { ...right, origin: "https://pages.example" }, undefined],
  ["another origin", { ...right, origin: "http://evil.example" }, "ORIGIN_REFUSED"],
  ["another port's origin", { ...right, origin: "http://10.0.0.7:9090" }, "ORIGIN_REFUSED"],
  ["another scheme's origin", { ...right, origin: "https://10.0.0.7:8080" }, "ORIGIN_REFUSED"],
  ["the origin of a local file", { ...right, origin: "null" }, "ORIGIN_REFUSED"],
  ["an empty origin", { ...right, origin: "" }, "ORIGIN_REFUSED"],
  ["no token", { ...right, authorization: undefined }, "TOKEN_REFUSED"],
  ["an empty token", { ...right, authorization: "Bearer " }, "TOKEN_REFUSED"],
  ["the token in another scheme", { ...right, authorization: `Basic ${token}` }, "TOKEN_REFUSED"],
  ["the scheme in lower case", { ...right, authorization: `bearer ${token}` }, undefined],
  ["a token that begins like ours", { ...right, authorization: `Bearer ${token}0` }, "TOKEN_REFUSED"],
  ["a beginning of our token", { ...right, authorization: `Bearer ${token.slice(0, -1)}` }, "TOKEN_REFUSED"],
];

for (const [described, headers, code] of requests) {
  test(`requests: ${described} is ${code === undefined ? "let in" : `refused, ${code}`}`, (t) => {
    const refusal = refuseRequest({ headers }, security);
    t.is(refusal?.code, code as never);
    t.is(refusal?.status, code === undefined ? undefined : code === "TOKEN_REFUSED" ? 401 : 403);
  });
}

test("requests: where no token is needed, host and origin still are judged", (t) => {
  const judge = (headers: Record<string, string>) => refuseRequest({ headers }, security, { tokenNeeded: false })?.code;
  t.is(judge({ host: "127.0.0.1" }), undefined);
  t.is(judge({ host: "evil.example" }), "HOST_REFUSED");
  t.is(judge({ host: "127.0.0.1", origin: "http://evil.example" }), "ORIGIN_REFUSED");
});

test("requests: no token but the right one gets in, whatever it is", (t) => {
  fc.assert(
    fc.property(fc.string(), (shown) => {
      const headers = { ...right, authorization: `Bearer ${shown}` };
      t.is(refuseRequest({ headers }, security)?.code, shown === token ? undefined : "TOKEN_REFUSED");
    }),
  );
});

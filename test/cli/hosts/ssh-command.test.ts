/**
 * Command lines for other hosts: what passes through a shell arrives as it was, and nothing is taken for an option.
 */
import { spawnSync } from "node:child_process";
import test from "ava";
import fc from "fast-check";
import { isThisHost, parseHosts, quoteWord, sshWords } from "../../../cli/hosts/ssh-command.ts";

test("hosts: names, addresses and users are understood", (t) => {
  t.deepEqual(
    parseHosts("a, me@b.example ,10.0.0.1,fe80::1").map(({ name, destination }) => [name, destination]),
    [
      ["a", "a"],
      ["b.example", "me@b.example"],
      ["10.0.0.1", "10.0.0.1"],
      ["fe80::1", "fe80::1"],
    ],
  );
});

for (const wrong of ["", "a,,b", "-oProxyCommand=x", "a b", "a;b", "$(x)", "me@-x", "-x@a", "a\nb", "a/b", "@a"]) {
  test(`hosts: ${JSON.stringify(wrong)} is refused`, (t) => {
    t.throws(() => parseHosts(wrong), { code: "USAGE" });
  });
}

test("hosts: those that are this one are known", (t) => {
  const own = parseHosts("localhost,127.0.0.1,127.9.9.9,::1,a,127.evil,10.0.0.1").map(isThisHost);
  t.deepEqual(own, [true, true, true, true, false, false, false]);
});

test("ssh: options end before the host, and the command is one word", (t) => {
  const words = sshWords({ destination: "me@a", name: "a" }, ["node", "a b.js", "--x"]);
  t.deepEqual(words.slice(words.indexOf("--")), ["--", "me@a", "exec node 'a b.js' --x"]);
  t.true(words.indexOf("BatchMode=yes") < words.indexOf("--"));
});

test("ssh: a shell gives each word back as it was", (t) => {
  const word = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter((text) => !/[\0\n\r]/.test(text));
  const nasty = ["'", "''", "\\", "$HOME", "`id`", "$(id)", "a'b'c", "*", "~", "!", '"', " ", "é", "-n", "a\tb"];
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.constantFrom(...nasty)), { minLength: 60, maxLength: 100 }), (words) => {
        const script = `printf '%s\\n' ${words.map(quoteWord).join(" ")}`;
        const { stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
        return stdout === words.map((one) => `${Buffer.from(one).toString()}\n`).join("");
      }),
      { numRuns: 4 },
    ),
  );
  for (const broken of ["a\nb", "\0", "\r"]) t.throws(() => quoteWord(broken), { code: "USAGE" });
});

/**
 * The token: its file's mode, its shape, and that no message repeats it.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import test, { type ExecutionContext } from "ava";
import { Command } from "commander";
import { CommandError } from "../../cli/command-error.ts";
import { isPrivate } from "../../cli/private-file.ts";
import { findToken, refuseToken, tokenOptions } from "../../cli/token.ts";
import { temporaryDirectory } from "../actors/temporary-directory.ts";

const TOKEN = "correct-horse-battery-staple";

function tokenFile(t: ExecutionContext, text: string, mode = 0o600): string {
  const file = path.join(temporaryDirectory(t), "token");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const nowhere = { environment: {}, standardInput: Readable.from([]) };

test("token: a file of mode 0600 gives it, without the line feed at its end", async (t) => {
  t.is(await findToken({ ...nowhere, tokenFile: tokenFile(t, `${TOKEN}\r\n`) }), TOKEN);
  t.is(await findToken({ ...nowhere, tokenFile: tokenFile(t, TOKEN, 0o400) }), TOKEN);
});

for (const mode of [0o640, 0o604, 0o620, 0o666, 0o610]) {
  test(`token: a file of mode ${mode.toString(8)} is refused`, async (t) => {
    const error = await t.throwsAsync(findToken({ ...nowhere, tokenFile: tokenFile(t, TOKEN, mode) }), {
      instanceOf: CommandError,
      code: "TOKEN_UNUSABLE",
    });
    t.true(error.message.includes(`mode 0${mode.toString(8)}`), error.message);
  });
}

test("private file: nobody but its owner reads it, or a group to which root gave it", (t) => {
  for (const mode of [0o600, 0o400]) t.true(isPrivate({ mode, uid: 1000 }, 1000));
  t.true(isPrivate({ mode: 0o440, uid: 0 }, 1000));
  t.false(isPrivate({ mode: 0o440, uid: 0 }, 0));
  t.false(isPrivate({ mode: 0o440, uid: 1000 }, 1000));
  for (const mode of [0o460, 0o444, 0o441, 0o404]) t.false(isPrivate({ mode, uid: 0 }, 1000), mode.toString(8));
});

test("token: what is wrong with it is said without repeating it", async (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(path.join(directory, "folder"));
  const wrong: [string, RegExp][] = [
    [tokenFile(t, "short"), /5 characters; it must have 16 to 512/],
    [tokenFile(t, "blank in the middle of it"), /blanks/],
    [tokenFile(t, "schlüsselschlüssel"), /not ASCII/],
    [tokenFile(t, "x".repeat(600)), /600 characters/],
    [tokenFile(t, "x".repeat(6000)), /too large/],
    [tokenFile(t, ""), /0 characters/],
    [path.join(directory, "missing"), /ENOENT/],
    [path.join(directory, "folder"), /not a regular file/],
  ];
  for (const [file, reason] of wrong) {
    const error = await t.throwsAsync(findToken({ ...nowhere, tokenFile: file }), { code: "TOKEN_UNUSABLE" });
    t.regex(error.message, reason);
    t.notRegex(error.message, /blank in|schl|xxxxx/);
  }
});

test("token: the command line's file comes first, then the environment's file, then the environment's token", async (t) => {
  const [first, second] = [tokenFile(t, `${TOKEN}-1`), tokenFile(t, `${TOKEN}-2`)];
  const environment = { ACTOR_DATAFLOW_TOKEN_FILE: second, ACTOR_DATAFLOW_TOKEN: `${TOKEN}-3` };
  t.is(await findToken({ ...nowhere, tokenFile: first, environment }), `${TOKEN}-1`);
  t.is(await findToken({ ...nowhere, environment }), `${TOKEN}-2`);
  t.is(await findToken({ ...nowhere, environment: { ...environment, ACTOR_DATAFLOW_TOKEN_FILE: "" } }), `${TOKEN}-3`);
  t.is(await findToken(nowhere), undefined);
  t.is(await findToken({ ...nowhere, environment: { ACTOR_DATAFLOW_TOKEN: "" } }), undefined);
});

test("token: standard input gives its first line, however it is cut, and does not wait for its end", async (t) => {
  for (const pieces of [[`${TOKEN}\nrest\n`], ["correct-horse", "-battery-staple\r\n"], [TOKEN]]) {
    t.is(await findToken({ tokenFile: "-", environment: {}, standardInput: Readable.from(pieces) }), TOKEN);
  }
  const open = new Readable({ read: () => undefined });
  open.push(`${TOKEN}\n`);
  t.is(await findToken({ tokenFile: "-", environment: {}, standardInput: open }), TOKEN);
});

test("token: on the command line it is refused, however it is written, and not repeated", (t) => {
  t.notThrows(() => refuseToken({}));
  for (const words of [["--token", TOKEN], [`--token=${TOKEN}`], ["--token"], ["--token="]]) {
    const command = new Command();
    for (const option of tokenOptions()) command.addOption(option);
    const options = command.parse(words, { from: "user" }).opts();
    const error = t.throws(() => refuseToken(options), { code: "USAGE" });
    t.regex(error.message, /--token-file/);
    t.false(error.message.includes(TOKEN));
  }
});

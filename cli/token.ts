/**
 * Finds the token of a cluster: in a file that nobody else can read, in the environment, or on standard input.
 *
 * Owns: the rules for a token and for its file.
 * Never: takes one from the command line, where every user of the machine can read it; shows one in a message.
 */
import { readFileSync, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { Option } from "commander";
import { quoteText } from "../programs/quote-text.ts";
import { CommandError } from "./command-error.ts";
import { exposureOf } from "./private-file.ts";

export const TOKEN_VARIABLE = "ACTOR_DATAFLOW_TOKEN";
const TOKEN_FILE_VARIABLE = "ACTOR_DATAFLOW_TOKEN_FILE";

/** Characters: fewer can be guessed, more do not fit a header. */
const [TOKEN_LENGTH_MIN, TOKEN_LENGTH_MAX] = [16, 512];
/** As a bearer token of HTTP can carry it. */
const TOKEN_SHAPE = /^[\x21-\x7e]+$/;

export interface TokenSources {
  /** `-` for the first line of standard input. */
  readonly tokenFile?: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly standardInput: Readable;
}

/** For commands that need a token: what names its file, and what refuses the token itself (see `refuseToken`). */
export function tokenOptions(): readonly Option[] {
  return [
    new Option("--token-file <FILE>", `file with the cluster's token, mode 0600; or $${TOKEN_VARIABLE}`),
    new Option("--token [TOKEN]", "refused").hideHelp(),
  ];
}

/** Errors: CommandError USAGE, which does not repeat the token. */
export function refuseToken(options: { readonly token?: unknown }): void {
  if (options.token === undefined) return;
  const instead = `write it to a file of mode 0600 and give --token-file FILE, or set ${TOKEN_VARIABLE}`;
  const message = `--token is refused: every user of this machine can read a command line; ${instead}`;
  throw new CommandError("USAGE", message);
}

/**
 * The file that is named on the command line, else the one named in the environment, else the environment's token.
 *
 * Errors: CommandError TOKEN_UNUSABLE. Undefined: there is none.
 */
export async function findToken({ tokenFile, environment, standardInput }: TokenSources): Promise<string | undefined> {
  if (tokenFile === "-") return requireShape(await firstLine(standardInput), "standard input");
  if (tokenFile !== undefined) return readTokenFile(tokenFile);
  const { [TOKEN_FILE_VARIABLE]: file, [TOKEN_VARIABLE]: token } = environment;
  if (file) return readTokenFile(file);
  return token ? requireShape(token, TOKEN_VARIABLE) : undefined;
}

function readTokenFile(file: string): string {
  const shown = `token file ${quoteText(file)}`;
  let text: string;
  try {
    const exposure = exposureOf(file);
    if (exposure !== undefined) throw unusable(`token file ${exposure}`);
    if (statSync(file).size > 2 * TOKEN_LENGTH_MAX) throw unusable(`${shown} is too large for a token`);
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw unusable(`cannot read ${shown}: ${(error as Error).message}`);
  }
  return requireShape(text.trimEnd(), shown);
}

function requireShape(token: string, place: string): string {
  if (token.length < TOKEN_LENGTH_MIN || token.length > TOKEN_LENGTH_MAX) {
    const wanted = `${TOKEN_LENGTH_MIN} to ${TOKEN_LENGTH_MAX} characters`;
    throw unusable(`${place} holds a token of ${token.length} characters; it must have ${wanted}`);
  }
  if (!TOKEN_SHAPE.test(token)) {
    throw unusable(`${place} holds a token with blanks or characters that are not ASCII`);
  }
  return token;
}

/** Without its line feed; the rest of the stream is left to others. */
async function firstLine(stream: Readable): Promise<string> {
  let line = "";
  return await new Promise<string>((resolve, reject) => {
    const end = (): void => {
      stream.off("data", take).off("end", end).off("error", reject).pause();
      resolve(line.trimEnd());
    };
    const take = (chunk: Buffer | string): void => {
      const [text = "", rest] = chunk.toString().split("\n", 2);
      line += text;
      if (rest !== undefined || line.length > 2 * TOKEN_LENGTH_MAX) end();
    };
    stream.on("data", take).once("end", end).once("error", reject);
  });
}

function unusable(message: string): CommandError {
  return new CommandError("TOKEN_UNUSABLE", message);
}

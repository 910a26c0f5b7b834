/**
 * The command that starts a worker on another host: `ssh HOST 'exec …'`.
 *
 * Owns: which hosts are understood, and the quoting for the shell at the other end.
 *
 * S1. Nothing of a host's name is taken for an option of ssh, and nothing of a word for more than a word by a shell.
 * S2. ssh asks nobody anything: a host that wants a password is an error.
 */
import { CommandError } from "../command-error.ts";

/** `user@name`, a name or an address. */
const HOST =
  /^(?:[A-Za-z_][A-Za-z0-9_.-]{0,63}@)?([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$/;
const HOSTS_MAX = 1000;

const SSH_OPTIONS = [
  ...["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"],
  // A host that has gone silent is noticed, so that its end of this is not waited for.
  ...["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"],
];

export interface Host {
  /** As ssh takes it. */
  readonly destination: string;
  /** As others reach it. */
  readonly name: string;
}

/** `HOST,HOST`; a host may be given several times. Errors: CommandError USAGE. */
export function parseHosts(text: string): readonly Host[] {
  const hosts = text.split(",").map((part) => {
    const destination = part.trim();
    const [, name] = HOST.exec(destination) ?? [];
    if (name === undefined) throw new CommandError("USAGE", `--hosts: "${destination}" is no host`);
    return { destination, name };
  });
  if (hosts.length > HOSTS_MAX) throw new CommandError("USAGE", `--hosts takes at most ${HOSTS_MAX} hosts`);
  return hosts;
}

export function isThisHost({ name }: Host): boolean {
  return name === "localhost" || name === "::1" || /^127\.\d+\.\d+\.\d+$/.test(name);
}

/** The words after `ssh`. `command` is what runs at the other end, word by word. */
export function sshWords({ destination }: Host, command: readonly string[]): readonly string[] {
  return [...SSH_OPTIONS, "--", destination, `exec ${command.map(quoteWord).join(" ")}`];
}

/** For POSIX shells; fish and csh read it alike. Errors: CommandError USAGE for what no shell can be given. */
export function quoteWord(word: string): string {
  if (/[\0\n\r]/.test(word)) throw new CommandError("USAGE", "a word for another host's shell has a line end");
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * `run`: one program on this machine, coordinator and workers embedded; or on a cluster of its own, with `--hosts`.
 *
 * Owns: what begins before anything is known of the program: one thread, which loads its modules while this one does.
 */
import { createThreadSource } from "../../actors/executor/thread-source.ts";
import { CommandError } from "../command-error.ts";
import type { HostsOptions } from "../hosts/run-hosts.ts";
import type { RunOptions } from "../run/run-settings.ts";

/** Any job needs one thread; those of small ones need no more. */
const THREADS_AHEAD = 1;

/** Returns the exit code. */
export async function run(file: string, options: RunOptions & Partial<HostsOptions>): Promise<number> {
  const { hosts } = options;
  if (hosts !== undefined) {
    const { runHosts } = await import("../hosts/run-hosts.ts");
    return await runHosts(file, { ...options, hosts });
  }
  requireHosts(options);
  const threads = createThreadSource(THREADS_AHEAD);
  try {
    const { runProgram } = await import("../run/run-program.ts");
    return await runProgram(file, options, threads);
  } finally {
    await threads.close();
  }
}

/** Errors: CommandError USAGE for what means something with `--hosts` alone. */
function requireHosts({ host, remoteCommand, insecure, tlsCert, tlsKey, tlsCa }: Partial<HostsOptions>): void {
  const given = { "--host": host, "--remote-command": remoteCommand, "--insecure": insecure };
  for (const [option, value] of Object.entries({
    ...given,
    "--tls-cert": tlsCert,
    "--tls-key": tlsKey,
    "--tls-ca": tlsCa,
  })) {
    if (value !== undefined) throw new CommandError("USAGE", `${option} belongs to --hosts`);
  }
}

/**
 * Runs the command as a process while this one serves it.
 *
 * Owns: the process, its streams, and an environment without the settings of whoever runs the tests.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TOKEN } from "../../actors/gateway/gateway-stage.ts";

const MAIN = fileURLToPath(new URL("../../../cli/main.js", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error contains `wanted`. */
  told(wanted: string): Promise<void>;
}

export interface CommandOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly directory?: string;
}

export function startCommand(
  given: readonly string[],
  { environment, directory }: CommandOptions = {},
): RunningCommand {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ACTOR_DATAFLOW_TOKEN: TOKEN, ...environment };
  const child = spawn(process.execPath, [MAIN, ...given], { env, cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  const looks = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const look of looks) look();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
  const told = async (wanted: string): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (stderr.includes(wanted)) resolve();
      };
      looks.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without "${wanted}": ${stdout}${stderr}`)));
    });
  };
  return { child, ended, told };
}

export async function runCommand(given: readonly string[], options?: CommandOptions): Promise<Ended> {
  return await startCommand(given, options).ended;
}

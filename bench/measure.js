/**
 * Runs a command as a whole process and measures it from outside.
 *
 * Owns: wall time and peak resident memory of one process.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

const SAMPLE_INTERVAL_MS = 20;

/** Resolves to `{ seconds, peakMegabytes }`; rejects if the command does not exit with 0. */
export async function measure([command, ...options]) {
  const begun = performance.now();
  const child = spawn(command, options, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (bytes) => {
    errors += bytes;
  });
  let peakKilobytes = 0;
  // The kernel keeps the peak itself (VmHWM); it only has to be read before the process is gone.
  const sampler = setInterval(() => {
    peakKilobytes = Math.max(peakKilobytes, peakOf(child.pid));
  }, SAMPLE_INTERVAL_MS);
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(sampler);
  if (code !== 0) throw new Error(`${command} ${options.join(" ")} exited with ${code}: ${errors.slice(-2000)}`);
  return { seconds, peakMegabytes: peakKilobytes / 1024 };
}

function peakOf(processId) {
  try {
    const status = readFileSync(`/proc/${processId}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export function median(numbers) {
  const sorted = [...numbers].sort((one, two) => one - two);
  return sorted[(sorted.length - 1) >> 1];
}

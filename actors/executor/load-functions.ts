/**
 * Loads a module of functions of the operator's own.
 *
 * Owns: reading it, its hash, what makes its bytes code, and the errors of all that.
 * Never: takes code from a program or from another process: a file is named by whoever starts this one.
 *
 * L1. Every thread runs the bytes that were read and hashed once, whatever becomes of the file meanwhile.
 * L2. A module is complete in itself: it can import what Node has (`node:…`), but no file beside it and no package, which
 *     the hash would not know. (An absolute URL it can import: whoever writes one knows what he does.)
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { quoteText } from "../../programs/quote-text.ts";
import { readFunctions } from "../../programs/registered/read-functions.ts";
import type { FunctionSignature, RegisteredFunction } from "../../programs/registered/registered-function.ts";
import { RuntimeError } from "../../runtime/errors.ts";
import { FUNCTION_MODULE_BYTES_MAX } from "../options.ts";
import type { FunctionModule } from "./messages.ts";

export interface FunctionRegistry {
  /** As it is named in messages. */
  readonly file: string;
  /** SHA-256 of the module's bytes, hexadecimal: what the functions compute is named by it. */
  readonly hash: string;
  readonly signatures: readonly FunctionSignature[];
  readonly functions: readonly RegisteredFunction[];
  /** For threads, which load it again. */
  readonly module: FunctionModule;
}

/** Errors: FUNCTIONS_UNUSABLE. */
export async function loadFunctions(file: string): Promise<FunctionRegistry> {
  const bytes = read(file);
  const hash = createHash("sha256").update(bytes).digest("hex");
  const module: FunctionModule = { file, path: path.resolve(file), hash, bytes };
  const functions = await importFunctions(module);
  const signatures = functions.map(({ operator, name, takesArg }) => ({ operator, name, takesArg }));
  return { file, hash, signatures, functions, module };
}

/** The functions that a job was made with, by their hash, from the module that is here. Errors: FUNCTIONS_OTHER, FUNCTIONS_UNUSABLE. */
export async function functionsOf(hash: string, module: FunctionModule | undefined): Promise<RegisteredFunction[]> {
  if (module?.hash === hash) return await importFunctions(module);
  const here = module === undefined ? "no functions are" : `${quoteText(module.file)}, which is ${module.hash}, is`;
  throw new RuntimeError("FUNCTIONS_OTHER", `the job calls functions of the module ${hash}, and ${here} here`);
}

/** Errors: FUNCTIONS_UNUSABLE. */
async function importFunctions({ file, path: place, bytes }: FunctionModule): Promise<RegisteredFunction[]> {
  // The name that traces give the module; behind its last line, whatever that is.
  const url = pathToFileURL(place).href;
  const source = Buffer.concat([bytes, Buffer.from(`\n//# sourceURL=${url}\n`)]);
  let exported: Record<string, unknown>;
  try {
    exported = (await import(`data:text/javascript;base64,${source.toString("base64")}`)) as Record<string, unknown>;
  } catch (error) {
    throw unusable(file, whyNotLoaded(error, url), error);
  }
  const { functions, problems } = readFunctions(exported);
  if (problems.length > 0) throw unusable(file, problems.join("; "));
  return [...functions];
}

function read(file: string): Uint8Array<ArrayBuffer> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    // A device or a pipe may never end: no more is read than may be.
    const bytes = Buffer.allocUnsafe(FUNCTION_MODULE_BYTES_MAX + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count) {
      count = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    if (length > FUNCTION_MODULE_BYTES_MAX) throw new Error(`it is larger than ${FUNCTION_MODULE_BYTES_MAX} bytes`);
    new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length));
    return new Uint8Array(bytes.subarray(0, length));
  } catch (error) {
    throw unusable(file, whyNotRead(error), error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function whyNotRead(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES") return "permission denied";
  return code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "it is not UTF-8 text" : message;
}

/** With the line, where the trace has one; that of a syntax error has none. */
function whyNotLoaded(error: unknown, url: string): string {
  if (!(error instanceof Error)) return `it threw ${quoteText(String(error))}`;
  const { code, message, name, stack = "" } = error as NodeJS.ErrnoException;
  if (code === "ERR_UNSUPPORTED_RESOLVE_REQUEST" || code === "ERR_INVALID_URL" || code === "ERR_MODULE_NOT_FOUND") {
    return "it imports another file or package, and must be complete in itself: it can import only what Node has";
  }
  if (error instanceof SyntaxError) return `${name}: ${message} (node --check tells where)`;
  const line = /^:(\d+):/.exec(stack.split(url)[1] ?? "")?.[1];
  const hint = /\b(?:module|exports|require)\b.*not defined/.test(message) ? " (it must be an ES module)" : "";
  return `${line === undefined ? "" : `line ${line}: `}${name}: ${message}${hint}`;
}

function unusable(file: string, why: string, cause?: unknown): RuntimeError {
  return new RuntimeError("FUNCTIONS_UNUSABLE", `cannot use functions ${quoteText(file)}: ${why}`, cause);
}

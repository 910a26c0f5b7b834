/**
 * `schema`: prints the JSON Schema of program files.
 */
import { programJsonSchema } from "../../programs/schema.ts";
import { EXIT } from "../exit-codes.ts";
import { writeOut } from "../terminal.ts";

/** Returns the exit code. */
export async function schema(): Promise<number> {
  await writeOut(process.stdout, `${JSON.stringify(programJsonSchema(), null, 2)}\n`);
  return EXIT.done;
}

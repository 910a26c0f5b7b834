/**
 * `functions`: lists what programs can call.
 *
 * Owns: the table.
 */
import { listFunctions } from "../../programs/list-functions.ts";
import { EXIT } from "../exit-codes.ts";
import { type FunctionsOption, namedFunctions } from "../named-functions.ts";
import { coloursOf, writeOut } from "../terminal.ts";

export interface FunctionsOptions extends FunctionsOption {
  readonly json?: boolean;
}

/** Returns the exit code. */
export async function functions({ json, ...options }: FunctionsOptions): Promise<number> {
  const listing = listFunctions((await namedFunctions(options))?.signatures);
  await writeOut(process.stdout, json ? `${JSON.stringify(listing, null, 2)}\n` : table(listing));
  return EXIT.done;
}

function table({ named, expression }: ReturnType<typeof listFunctions>): string {
  const { bold, cyan, dim } = coloursOf(process.stdout);
  const lines: string[] = [bold('By name: "function": NAME, with "arg" where one is shown')];
  let heading = "";
  const nameColumns = Math.max(...named.map(({ name }) => name.length)) + 2;
  const formulaColumns = Math.max(...named.map(({ formula }) => formula.length)) + 2;
  for (const { name, operators, formula, meaning } of named) {
    if (operators.join(", ") !== heading) {
      heading = operators.join(", ");
      lines.push("", `  ${bold(heading)}`);
    }
    lines.push(`    ${cyan(name.padEnd(nameColumns))}${formula.padEnd(formulaColumns)}${dim(meaning)}`);
  }
  lines.push("", bold('In expressions: "expression": "…"'));
  heading = "";
  const signatureColumns = Math.max(...expression.map(({ signature }) => signature.length)) + 2;
  for (const { signature, operators, meaning } of expression) {
    if (operators.join(", ") !== heading) {
      heading = operators.join(", ");
      lines.push("", `  ${bold(heading)}`);
    }
    lines.push(`    ${cyan(signature.padEnd(signatureColumns))}${dim(meaning)}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * `docs/errors.md` lists the codes that the sources have, all of them and no others, with the exit codes of the command.
 */
import test from "ava";
import { exitCodeOf } from "../../cli/exit-codes.ts";
import { ROOMS, sourceFiles, sourceText } from "./source-files.ts";

/** Written like our codes, but of others, of Node, of LevelDB; or names of environment variables. */
const FOREIGN = /^(ERR_|LEVEL_|ACTOR_DATAFLOW_)/;
/** Codes of one word: a string in capitals may be a function's name as well. */
const OF_ONE_WORD = ["BUG", "INTERRUPTED", "USAGE"];

interface Row {
  readonly code: string;
  readonly exit: string;
}

const rows: Row[] = sourceText("docs/errors.md")
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter((cells) => cells.length === 6 && /^`[A-Z_]+`$/.test(cells[1] ?? ""))
  .map(([, code = "", , , exit = ""]) => ({ code: code.slice(1, -1), exit }));

const texts = sourceFiles(ROOMS).map(sourceText);

test("error codes: the document and the sources are seen", (t) => {
  t.true(rows.length > 30, `${rows.length} rows`);
  t.true(texts.length > 100, `${texts.length} files`);
});

test("error codes: what the sources have and what the document lists are the same", (t) => {
  const found = texts.flatMap((text) => {
    const literals = [...text.matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"/g)].map(([, literal = ""]) => literal);
    return literals.filter((code) => OF_ONE_WORD.includes(code) || (code.includes("_") && !FOREIGN.test(code)));
  });
  t.deepEqual([...new Set(found)].sort(), rows.map(({ code }) => code).sort());
});

test("error codes: every error is made with a code that looks like one", (t) => {
  const made = texts.flatMap((text) => [
    ...text.matchAll(/new (?:Runtime|Command|Data|Supervision)Error\(\s*([^,]+),/g),
  ]);
  t.true(made.length > 30, `${made.length} places`);
  // A variable is fine: its values are literals elsewhere, and so are found by the test above.
  for (const [, code = ""] of made) t.regex(code, /^"[A-Z]+(_[A-Z]+)*"$|^code$|\?/);
});

test("error codes: the document gives the command's exit codes", (t) => {
  const listed = rows.filter(({ code, exit }) => exit !== "–" && code !== "INTERRUPTED");
  t.true(listed.length > 20);
  for (const { code, exit } of listed) t.is(exit, String(exitCodeOf(code)), code);
});

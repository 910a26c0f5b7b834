import test, { type ExecutionContext } from "ava";
import { ARITHMETIC_REASON, ProgramError } from "../../programs/errors.ts";
import { formatOfPath } from "../../programs/format-of-path.ts";
import { interpretProgram } from "../../programs/oracle/interpret-program.ts";
import type { OracleInput } from "../../programs/oracle/read-pairs.ts";
import type { OracleReject } from "../../programs/oracle/reject.ts";
import { parseProgram } from "../../programs/parse-program.ts";
import type { Program } from "../../programs/program.ts";
import type { Expected, ExpectedProblem } from "./vectors/vector.ts";
import { VECTORS } from "./vectors.ts";

for (const { title, program, files, expected } of VECTORS) {
  test(`oracle: ${title}`, (t) => {
    const text = JSON.stringify(program);
    if (expected.kind === "refused") {
      const error = t.throws(() => parseProgram(text, "vector"), { instanceOf: ProgramError });
      t.deepEqual(error?.diagnostics.map(({ place }) => place).toSorted(), expected.places.toSorted());
      return;
    }
    checkRun(t, parseProgram(text, "vector"), files, expected);
  });
}

test("vectors: each has a title of its own", (t) => {
  const titles = VECTORS.map(({ title }) => title);
  t.deepEqual(
    titles.filter((title, index) => titles.indexOf(title) !== index),
    [],
  );
});

function checkRun(
  t: ExecutionContext,
  program: Program,
  files: Readonly<Record<string, string>>,
  expected: Exclude<Expected, { kind: "refused" }>,
): void {
  const result = interpretProgram(program, openInputs(program, files));
  if (result.kind === "failed") {
    const hopes = expected.kind === "failure" ? expected.problems : [];
    checkProblems(t, result.failures, hopes);
    return;
  }
  if (expected.kind === "failure") {
    t.fail(`the job is done: ${result.output}`);
    return;
  }
  const lines = result.pairs.map(({ key, value }) => `${key},${value}\n`);
  t.is(program.output.order === "none" ? lines.join("") : result.output, expected.output);
  checkProblems(t, result.rejects, expected.rejects);
}

function checkProblems(t: ExecutionContext, found: readonly OracleReject[], hopes: readonly ExpectedProblem[]): void {
  t.deepEqual(found.map(seen).toSorted(), hopes.map(hoped).toSorted());
  for (const hope of hopes) {
    if (!("file" in hope) || hope.text === undefined) continue;
    const reject = found.find((candidate) => seen(candidate) === hoped(hope));
    t.like(reject, { kind: "record", text: hope.text });
  }
}

/** A path may have one `*`. */
function openInputs(program: Program, files: Readonly<Record<string, string>>): OracleInput[] {
  const paths = program.input?.paths ?? [];
  return paths.flatMap((path) => {
    const [before, after] = path.split("*");
    const matches = (name: string) =>
      after === undefined ? name === path : name.startsWith(before) && name.endsWith(after);
    const names = Object.keys(files).filter(matches).toSorted();
    return names.map((name) => ({
      name,
      text: files[name],
      format: program.input?.format ?? formatOfPath(name),
    }));
  });
}

function hoped(problem: ExpectedProblem): string {
  if ("file" in problem) return `${problem.file}:${problem.line}`;
  return `${problem.place} <${problem.key}, ${problem.value}> ${ARITHMETIC_REASON[problem.reason]}`;
}

function seen(reject: OracleReject): string {
  if (reject.kind === "record") return `${reject.file}:${reject.line}`;
  return `${reject.place} <${reject.key}, ${reject.value}> ${reject.reason}`;
}

/**
 * The log: one line a record, levels, fields of children, and nothing that others wrote can break or bloat it.
 */
import test from "ava";
import fc from "fast-check";
import type { LogFormat, LogLevel } from "../../../cli/start/log-options.ts";
import { createPinoLog } from "../../../cli/start/pino-log.ts";
import { RuntimeError } from "../../../runtime/errors.ts";
import { type Log, silentLog } from "../../../runtime/log.ts";

function capture(format: LogFormat, level: LogLevel = "debug"): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: createPinoLog({ level, format, write: (line) => lines.push(line) }), lines };
}

function parse(line: string | undefined): Record<string, unknown> {
  return JSON.parse(line ?? "") as Record<string, unknown>;
}

test("log: a JSON record has level, time, message and the fields", (t) => {
  const { log, lines } = capture("json");
  log.warn("worker lost", { worker: "w-3", epoch: 2, silent: true, missing: undefined, none: null });
  const { time, ...rest } = parse(lines[0]);
  t.deepEqual(rest, { level: "warn", message: "worker lost", worker: "w-3", epoch: 2, silent: true, none: null });
  t.regex(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("log: records below the level are left out", (t) => {
  const { log, lines } = capture("json", "warn");
  for (const level of ["debug", "info", "warn", "error"] as const) log[level](level);
  t.deepEqual(
    lines.map((line) => parse(line).message),
    ["warn", "error"],
  );
});

test("log: a child's fields are in each of its records, the nearest one wins, each name stands once", (t) => {
  const { log, lines } = capture("json");
  log.child({ term: 1, worker: "w" }).child({ term: 2 }).info("a", { incarnation: 3, worker: "own" });
  log.info("b");
  const { term, worker, incarnation } = parse(lines[0]);
  t.deepEqual({ term, worker, incarnation }, { term: 2, worker: "own", incarnation: 3 });
  t.is(lines[0]?.match(/"term"/g)?.length, 1);
  t.false("term" in parse(lines[1]));
});

test("log: a plain line is read by people, values with blanks are quoted", (t) => {
  const { log, lines } = capture("text");
  log.error("cannot join", { host: "a b", count: 2, quote: 'x"y' });
  t.regex(lines[0] ?? "", /^\S+Z ERROR cannot join {2}host="a b" count=2 quote="x\\"y"\n$/);
  log.info("bare");
  t.regex(lines[1] ?? "", /^\S+Z INFO {2}bare\n$/);
});

test("log: a percent sign in a message is no format", (t) => {
  const { log, lines } = capture("json");
  log.info("%s %d %j %o 100 %", { a: 1 });
  t.is(parse(lines[0]).message, "%s %d %j %o 100 %");
});

test("log: an error is told with its code and its causes, without a trace", (t) => {
  const { log, lines } = capture("json");
  log.error("failed", { error: new RuntimeError("JOURNAL_FAILED", "cannot write", new Error("EIO")) });
  t.is(parse(lines[0]).error, "JOURNAL_FAILED: cannot write; because EIO");
});

test("log: names that a record uses itself do not overwrite it", (t) => {
  const { log, lines } = capture("json");
  log.info("said", { level: "error", message: "forged", time: "never", __proto__x: "p" });
  const record = parse(lines[0]);
  t.is(record.level, "info");
  t.is(record.message, "said");
  t.is(record.message_, "forged");
});

for (const format of ["json", "text"] as const) {
  test(`log: whatever others wrote, a record is one bounded line without controls (${format})`, (t) => {
    t.notThrows(() =>
      fc.assert(
        fc.property(
          fc.string({ unit: "binary", maxLength: 5000 }),
          fc.dictionary(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ unit: "binary", maxLength: 3000 }), {
            maxKeys: 60,
          }),
          (message, fields) => {
            const { log, lines } = capture(format);
            log.info(message, fields);
            const [line = ""] = lines;
            return (
              lines.length === 1 &&
              line.endsWith("\n") &&
              !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line.slice(0, -1)) &&
              line.length < 1_000_000
            );
          },
        ),
        { numRuns: 100 },
      ),
    );
  });
}

test("log: long values are cut, and of too many fields the rest is counted", (t) => {
  const { log, lines } = capture("json");
  log.info("x".repeat(10_000), { long: "y".repeat(10_000) });
  log.info("many", Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, index])));
  const [long, many] = lines.map(parse);
  t.is(String(long?.message).length, 2001);
  t.is(String(long?.long).length, 1001);
  t.is(many?.fieldsLeftOut, 52);
});

test("log: the silent one takes everything and says nothing", (t) => {
  t.notThrows(() => {
    for (const level of ["debug", "info", "warn", "error"] as const) silentLog.child({ a: 1 })[level]("x", { b: 2 });
  });
});

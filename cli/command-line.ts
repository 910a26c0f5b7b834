/**
 * The commands and their options.
 *
 * Owns: names, defaults, help texts and examples.
 * Never: does what a command does: its module is loaded when it is called, so that `--help` loads none.
 */
import { Command, Option } from "commander";
import { addCluster } from "./cluster/cluster-commands.ts";
import { byteCount, integerBetween, namesAmong, numberBetween, path } from "./option-values.ts";
import { describeStart } from "./start/describe-start.ts";
import { coloursOf } from "./terminal.ts";
import { version } from "./version.ts";

/** Of programs and of executor threads; the modules that own them are too much to load for a help text. */
const [PARTITIONS_MAX, WORKERS_MAX] = [4096, 256];
const [ROWS_MAX, GENERATED_OPERATIONS_MAX, GENERATED_VALUE_MAX] = [1e12, 10_000, 2 ** 31];
const SEED_MAX = Number.MAX_SAFE_INTEGER;

export function commandLine(setExitCode: (code: number) => void): Command {
  const root = new Command("actor-dataflow")
    .description("Fault-tolerant dataflow over pairs of integers, built on supervised XState actors.")
    .version(version())
    .configureHelp({ ...styles(), sortSubcommands: false })
    .showHelpAfterError("(add --help for more)")
    .exitOverride()
    .addHelpText("after", EXIT_CODES_HELP);
  addRun(root, setExitCode);
  addLooks(root, setExitCode);
  addGenerate(root, setExitCode);
  addStart(root, setExitCode);
  addCluster(root, setExitCode, { inputOption, partitionsOption, examples, programOf });
  addChaos(root, setExitCode);
  return root;
}

const EXIT_CODES_HELP = `
Exit codes: 0 done; 1 the job failed; 2 the program, the command line or an input is wrong;
3 the cluster cannot be reached, or refused; 4 gave up after too many restarts; 130 interrupted, can be resumed.`;

function addRun(root: Command, setExitCode: (code: number) => void): void {
  root
    .command("run [PROGRAM]")
    .usage("PROGRAM [options]")
    .description("Runs a program on this machine; run again after any kind of death, it goes on where it was.")
    .addOption(inputOption())
    .option("-o, --output <PATH>", "where the result goes instead of the program's output; - for standard output")
    .addOption(workersOption())
    .addOption(partitionsOption())
    .addOption(functionsOption())
    .option("--disk <SIZE>", "disk for blocks at once, such as 10GiB (default: all there is)", byteCount)
    .option("--memory <SIZE>", "memory of the process, such as 1GiB (default: half of the machine's)", byteCount)
    .option("--data-dir <DIR>", "directory of journals (default: one a job, below $ACTOR_DATAFLOW_DATA_DIR)", path)
    .option("--no-journal", "keep no journal: nothing survives this process")
    .addOption(
      new Option("--durability <WHAT>", "what the journal survives: the death of the process, or of the host")
        .choices(["process", "host"])
        .default("process"),
    )
    .option("--keep-journal", "leave the journal of a run that is done, for inspect")
    .option("--rejects <PATH>", "where rejected records and pairs go (default: OUTPUT.rejects.ndjson)")
    .option("--json", "report as JSON: on standard output, or on standard error if the result goes to the other")
    .option("-q, --quiet", "no progress and no summary")
    .option("--hosts <HOST,HOST>", "on a worker on each of these, started over ssh, and ended with the run")
    .option("--host <NAME>", "with --hosts: the name of this host for the others (default: its own)")
    .option("--remote-command <COMMAND>", "with --hosts: what actor-dataflow is there (default: as here)")
    .option("--tls-cert <FILE>", "with --hosts: certificate of each host, PEM, at the same path on all", path)
    .option("--tls-key <FILE>", "with --hosts: its private key, PEM", path)
    .option("--tls-ca <FILE>", "with --hosts: who signed these certificates, PEM", path)
    .option("--insecure", "with --hosts: without TLS between them")
    .addHelpText(
      "after",
      examples([
        "actor-dataflow run sums.json",
        "actor-dataflow run sums.json --hosts alpha,beta --tls-cert c.pem --tls-key k.pem --tls-ca ca.pem",
        "actor-dataflow run sums.json --input january.csv february.csv --output sums.csv",
        "actor-dataflow run sums.json --output - | head",
      ]),
    )
    .action(async (program: string | undefined, options, command: Command) => {
      const { run } = await import("./commands/run.ts");
      setExitCode(await run(programOf(program, options, command), options));
    });
}

/** `--input` takes all that follows it, so that a PROGRAM behind it ends up there. */
function programOf(program: string | undefined, options: { input?: string[] }, command: Command): string {
  if (program !== undefined) return program;
  if (options.input !== undefined && options.input.length > 1) return options.input.pop()!;
  return command.error("error: missing required argument 'PROGRAM'");
}

function addLooks(root: Command, setExitCode: (code: number) => void): void {
  root
    .command("validate <PROGRAM>")
    .description("Checks a program; tells everything that is wrong with it.")
    .option("--inputs", "check its input files too")
    .addOption(functionsOption())
    .option("--json", "tell as JSON")
    .addHelpText("after", examples(["actor-dataflow validate sums.json", "actor-dataflow validate sums.json --json"]))
    .action(async (program: string, options) => {
      const { validate } = await import("./commands/validate.ts");
      setExitCode(await validate(program, options));
    });
  root
    .command("explain <PROGRAM>")
    .description("Shows the plan of a program: stages, fused operators, shuffles.")
    .addOption(partitionsOption())
    .addOption(functionsOption())
    .addOption(new Option("--json", "as JSON").conflicts("mermaid"))
    .addOption(new Option("--mermaid", "as a Mermaid flowchart"))
    .addHelpText("after", examples(["actor-dataflow explain sums.json", "actor-dataflow explain sums.json --mermaid"]))
    .action(async (program: string, options) => {
      const { explain } = await import("./commands/explain.ts");
      setExitCode(await explain(program, options));
    });
  root
    .command("functions")
    .description("Lists the functions that programs can use.")
    .addOption(functionsOption())
    .option("--json", "as JSON")
    .addHelpText("after", examples(["actor-dataflow functions", "actor-dataflow functions --functions own.js"]))
    .action(async (options) => {
      const { functions } = await import("./commands/functions.ts");
      setExitCode(await functions(options));
    });
  root
    .command("inspect <DIR>")
    .description("Shows what a data directory holds, and its health; never writes, and works while a run goes on.")
    .option("--verify", "check every stored block too")
    .option("--json", "as JSON")
    .addHelpText("after", examples(["actor-dataflow inspect state", "actor-dataflow inspect state --verify --json"]))
    .action(async (directory: string, options) => {
      const { inspect } = await import("./commands/inspect.ts");
      setExitCode(await inspect(directory, options));
    });
  root
    .command("schema")
    .description("Prints the JSON Schema of program files, for editors.")
    .addHelpText("after", examples(["actor-dataflow schema > program.schema.json"]))
    .action(async () => {
      const { schema } = await import("./commands/schema.ts");
      setExitCode(await schema());
    });
}

function addGenerate(root: Command, setExitCode: (code: number) => void): void {
  const generate = root
    .command("generate")
    .description("Writes random inputs and programs to standard output, the same for the same seed.");
  generate
    .command("input")
    .description("Writes CSV lines, key,value.")
    .addOption(integerOption("--rows <N>", "lines; required", [0, ROWS_MAX]).makeOptionMandatory())
    .addOption(integerOption("--keys <N>", "keys are 1 to N (default: as --max)", [1, SEED_MAX]))
    .addOption(integerOption("--max <N>", "values are 1 to N", [1, SEED_MAX]).default(1_000_000))
    .addOption(seedOption())
    .addHelpText("after", examples(["actor-dataflow generate input --rows 1000000 --keys 1000 --seed 7 > pairs.csv"]))
    .action(async (options) => {
      const { writeInput } = await import("./commands/generate.ts");
      setExitCode(await writeInput(options));
    });
  generate
    .command("program")
    .description("Writes a valid program.")
    .addOption(
      integerOption("--operations <N>", "operations; required", [1, GENERATED_OPERATIONS_MAX]).makeOptionMandatory(),
    )
    .addOption(integerOption("--max <N>", "largest value of the input", [1, GENERATED_VALUE_MAX]).default(1_000_000))
    .addOption(seedOption())
    .addOption(integerOption("--partitions <N>", "partitions (default: random)", [1, PARTITIONS_MAX]))
    .addHelpText("after", examples(["actor-dataflow generate program --operations 10 --seed 7 > program.json"]))
    .action(async (options) => {
      const { writeProgram } = await import("./commands/generate.ts");
      setExitCode(await writeProgram(options));
    });
}

function addStart(root: Command, setExitCode: (code: number) => void): void {
  const command = describeStart().action(async (options) => {
    const { start } = await import("./commands/start.ts");
    setExitCode(await start(options));
  });
  // As `command()` would: the help's style, and no exit of its own.
  root.addCommand(command.copyInheritedSettings(root));
}

function addChaos(root: Command, setExitCode: (code: number) => void): void {
  root
    .command("chaos [PROGRAM]")
    .usage("PROGRAM [options]")
    .description("Runs a program while killing its parts at random, and compares the output with an undisturbed run.")
    .addOption(
      new Option(
        "--kill <KINDS>",
        "actor, executor, worker, coordinator, or several with commas (default: actor,executor)",
      ).argParser(namesAmong(["actor", "executor", "worker", "coordinator"])),
    )
    .option("--pause", "stop processes for up to 10 s")
    .option("--lose-disk", "kill workers along with their data directories")
    .option("--partition-network", "cut processes off for up to 10 s; each has a network namespace of its own")
    .addOption(
      new Option("--rate <R>", "how many of these a second (default: 5, on a cluster 0.5)").argParser(
        numberBetween(0.01, 1000),
      ),
    )
    .addOption(seedOption())
    .addOption(integerOption("--runs <N>", "disturbed runs", [1, 1_000_000]).default(3))
    .addOption(inputOption())
    .addOption(
      integerOption("-w, --workers <N>", "threads (default: one a core), on a cluster processes (default: 2)", [
        1,
        WORKERS_MAX,
      ]),
    )
    .addOption(partitionsOption())
    .addOption(functionsOption())
    .option("--json", "report as JSON on standard output")
    .addHelpText(
      "after",
      `\nActors and executors alone are killed in one process, as in run; all else takes a cluster.\n${examples([
        "actor-dataflow chaos sums.json --kill executor --rate 20 --runs 10 --seed 7",
        "actor-dataflow chaos sums.json --kill worker,coordinator --pause --workers 4",
      ])}`,
    )
    .action(async (program: string | undefined, options, command: Command) => {
      const { chaos } = await import("./commands/chaos.ts");
      setExitCode(await chaos(programOf(program, options, command), options));
    });
}

function inputOption(): Option {
  return new Option("-i, --input <PATH...>", "input files or globs, instead of the program's");
}

function workersOption(): Option {
  return integerOption("-w, --workers <N>", "executor threads (default: one a core)", [1, WORKERS_MAX]);
}

function partitionsOption(): Option {
  return integerOption("-p, --partitions <N>", "partitions, instead of the program's", [1, PARTITIONS_MAX]);
}

function functionsOption(): Option {
  return new Option("--functions <FILE>", "a module of functions of your own, for the program to name").argParser(path);
}

function seedOption(): Option {
  return integerOption("--seed <S>", "seed", [0, SEED_MAX]).default(1);
}

function integerOption(flags: string, description: string, [minimum, maximum]: readonly [number, number]): Option {
  return new Option(flags, description).argParser(integerBetween(minimum, maximum));
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}

function styles() {
  const colours = coloursOf(process.stdout);
  return { styleTitle: colours.bold, styleCommandText: colours.cyan, styleOptionText: colours.cyan };
}

/**
 * Draws an explanation as a tree in plain text.
 *
 * Owns: the drawing.
 * Never: writes colours, control characters or lines of more than EXPLANATION_COLUMNS columns.
 */
import type { InputSpecification, OutputSpecification } from "../program.ts";
import { escapeText } from "../quote-text.ts";
import type { ExplainedPart, ExplainedSink, ExplainedStage, ExplainedStep, Explanation } from "./explain.ts";
import type { Summary } from "./summarise.ts";

export const EXPLANATION_COLUMNS = 100;
/** Beyond this the guides of a deep tree are cut. */
const GUIDE_COLUMNS_MAX = 60;

interface TreeNode {
  readonly text: string;
  /** Shown at the right. */
  readonly note?: string;
  readonly children?: readonly TreeNode[];
}

/** Lines, each with its line feed. */
export function formatExplanation(explanation: Explanation): string {
  const { name, partitions, integers, onError, counts } = explanation;
  const errors = onError === "fail" ? "fails on the first error" : "rejects what fails";
  const lines = [
    `${name}: ${count(partitions, "partition")}, ${integers}, ${errors}`,
    [
      `${count(counts.operations, "operation")} written, ${count(counts.steps, "step")} in ${count(counts.parts, "pass", "passes")}`,
      `${count(counts.stages, "stage")}, ${count(counts.shuffles, "shuffle")}`,
    ].join("; "),
    "",
    describeInput(explanation.input),
    ...draw(
      explanation.stages.flatMap((entry) => stageNodes(entry, partitions)),
      "",
    ),
    describeOutput(explanation.output),
  ];
  return lines.map((line) => `${cut(clean(line), EXPLANATION_COLUMNS)}\n`).join("");
}

/** `times`: how often the stage occurs. */
function stageNodes(entry: Summary<ExplainedStage>, partitions: number, times = 1): readonly TreeNode[] {
  if (entry.kind === "once") return [stageNode(entry.item, partitions, times)];
  const children = entry.items.flatMap((item) => stageNodes(item, partitions, times * entry.times));
  return [{ text: `${entry.times.toLocaleString("en")} times`, children }];
}

function stageNode({ index, source, parts, sink }: ExplainedStage, partitions: number, times: number): TreeNode {
  const others = times === 1 ? "" : `, the first of ${times.toLocaleString("en")},`;
  return {
    text: `stage ${index}${others} reads ${source === "input" ? "the input" : "shuffled pairs"}`,
    children: [...parts.flatMap(partNodes), sinkNode(sink, partitions)],
  };
}

function partNodes(entry: Summary<ExplainedPart>): readonly TreeNode[] {
  if (entry.kind === "times") {
    return [{ text: `${entry.times.toLocaleString("en")} times`, children: entry.items.flatMap(partNodes) }];
  }
  const part = entry.item;
  if (part.kind === "fused") {
    const steps = part.steps.map(stepNode);
    return part.stepCount === 1 ? steps : [{ text: `${count(part.stepCount, "step")} in one pass`, children: steps }];
  }
  const { step, aggregates, result, reason } = part;
  const children: TreeNode[] = [{ text: reason }];
  children.push({ text: aggregates.length === 0 ? "collects only keys" : `collects ${aggregates.join(", ")}` });
  if (result !== null) children.push({ text: `gives ${result}` });
  return [{ text: step.text, note: step.place, children }];
}

function stepNode(entry: Summary<ExplainedStep>): TreeNode {
  if (entry.kind === "once") return { text: entry.item.text, note: entry.item.place };
  return { text: `${entry.times.toLocaleString("en")} times`, children: entry.items.map(stepNode) };
}

function sinkNode(sink: ExplainedSink, partitions: number): TreeNode {
  if (sink.kind === "output") {
    return { text: sink.order === "key" ? "output, sorted by key and value" : "output, in any order" };
  }
  const { combiner, combinerReason, reason } = sink;
  return {
    text: `shuffle by key to ${count(partitions, "partition")}: ${reason}`,
    children: [{ text: `${combiner === null ? "no combiner" : "combiner"}: ${combinerReason}` }],
  };
}

function describeInput(input: InputSpecification | null): string {
  if (input === null) return "input  named on the command line";
  const { paths, format, header, delimiter, key, value } = input;
  const details = [
    ...(format === undefined ? [] : [format]),
    ...(header ? ["with a header"] : []),
    ...(delimiter === "," ? [] : [`delimiter ${JSON.stringify(delimiter)}`]),
    ...(key === undefined ? [] : [`key ${JSON.stringify(key)}`]),
    ...(value === undefined ? [] : [`value ${JSON.stringify(value)}`]),
  ];
  return `input  ${paths.join(", ")}${details.length === 0 ? "" : ` (${details.join(", ")})`}`;
}

function describeOutput({ path, format }: OutputSpecification): string {
  return `output ${path ?? "standard output"}${format === undefined ? "" : ` (${format})`}`;
}

function* draw(nodes: readonly TreeNode[], guide: string): Generator<string> {
  const shown = guide.length > GUIDE_COLUMNS_MAX ? `…${guide.slice(guide.length - GUIDE_COLUMNS_MAX + 1)}` : guide;
  for (const [index, { text, note, children = [] }] of nodes.entries()) {
    const isLast = index === nodes.length - 1;
    yield withNote(`${shown}${isLast ? "└─" : "├─"} ${clean(text)}`, note);
    yield* draw(children, `${guide}${isLast ? "   " : "│  "}`);
  }
}

function withNote(line: string, note: string | undefined): string {
  if (note === undefined) return line;
  const width = Math.max(EXPLANATION_COLUMNS - note.length - 2, EXPLANATION_COLUMNS / 2);
  return `${cut(line, width).padEnd(Math.min(width, EXPLANATION_COLUMNS / 2))}  ${note}`;
}

function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join("")}…`;
}

/** Nothing that others wrote can steer a terminal. */
function clean(text: string): string {
  return escapeText(text, EXPLANATION_COLUMNS);
}

function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? noun : plural}`;
}

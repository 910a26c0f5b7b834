/**
 * Draws an explanation as a Mermaid flowchart.
 *
 * Owns: the drawing: a box for every fused pass and reduce, a frame for every stage and every repetition.
 * Never: lets text that others wrote become Mermaid syntax or HTML.
 */
import type { ExplainedPart, ExplainedStage, ExplainedStep, Explanation } from "./explain.ts";
import type { Summary } from "./summarise.ts";

/** Lines of one box; what is beyond is counted. */
const BOX_LINES_MAX = 20;
/** Characters of one line. */
const LINE_CHARACTERS_MAX = 80;

/** Lines, each with its line feed. */
export function formatMermaid(explanation: Explanation): string {
  return new Flowchart().draw(explanation);
}

class Flowchart {
  readonly #lines: string[] = ["flowchart TD"];
  #boxCount = 0;
  #frameCount = 0;
  /** What the next box follows. */
  #previous = "input";
  /** What is written at the arrow to the next box. */
  #arrow: string | undefined;

  draw({ input, output, stages }: Explanation): string {
    const files = input === null ? "input" : input.paths.join(", ");
    this.#lines.push(`  input[/${quote(files)}/]`);
    for (const entry of stages) this.#stage(entry, "  ");
    this.#lines.push(`  output[/${quote(output.path ?? "standard output")}/]`);
    this.#connect("output", "  ");
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  #stage(entry: Summary<ExplainedStage>, indent: string): void {
    if (entry.kind === "times") {
      this.#frame(`${entry.times} times`, indent, (inner) => {
        for (const item of entry.items) this.#stage(item, inner);
      });
      return;
    }
    const { index, parts, sink } = entry.item;
    this.#frame(`stage ${index}`, indent, (inner) => {
      if (parts.length === 0) this.#box(["reads pairs"], inner);
      for (const part of parts) this.#part(part, inner);
    });
    if (sink.kind === "shuffle") this.#arrow = sink.combiner === null ? "shuffle" : "shuffle, combined";
    else this.#arrow = sink.order === "key" ? "sort" : undefined;
  }

  #part(entry: Summary<ExplainedPart>, indent: string): void {
    if (entry.kind === "times") {
      this.#frame(`${entry.times} times`, indent, (inner) => {
        for (const item of entry.items) this.#part(item, inner);
      });
      return;
    }
    const part = entry.item;
    this.#box(part.kind === "reduce" ? [part.step.text] : part.steps.flatMap((step) => stepLines(step, "")), indent);
  }

  #frame(title: string, indent: string, content: (indent: string) => void): void {
    this.#lines.push(`${indent}subgraph frame${this.#frameCount}[${quote(title)}]`);
    this.#frameCount += 1;
    content(`${indent}  `);
    this.#lines.push(`${indent}end`);
  }

  #box(texts: readonly string[], indent: string): void {
    const name = `box${this.#boxCount}`;
    this.#boxCount += 1;
    const shown = texts.slice(0, BOX_LINES_MAX);
    if (texts.length > shown.length) shown.push(`… ${texts.length - shown.length} more`);
    this.#lines.push(`${indent}${name}["${shown.map(escapeLabel).join("<br/>")}"]`);
    this.#connect(name, indent);
  }

  #connect(name: string, indent: string): void {
    this.#lines.push(`${indent}${this.#previous} -->${this.#arrow === undefined ? "" : `|${this.#arrow}|`} ${name}`);
    this.#previous = name;
    this.#arrow = undefined;
  }
}

function stepLines(entry: Summary<ExplainedStep>, indent: string): readonly string[] {
  if (entry.kind === "once") return [`${indent}${entry.item.text}`];
  return [`${indent}${entry.times} times:`, ...entry.items.flatMap((item) => stepLines(item, `${indent}· `))];
}

function quote(text: string): string {
  return `"${escapeLabel(text)}"`;
}

/** Everything but letters, digits and the plainest of punctuation as Mermaid's character codes. */
function escapeLabel(text: string): string {
  const characters = Array.from(text);
  const shown = characters.slice(0, LINE_CHARACTERS_MAX);
  const escaped = shown.map((character) =>
    /[\p{L}\p{N} .,:·…_/+*=-]/u.test(character) ? character : `#${character.codePointAt(0)};`,
  );
  return escaped.join("") + (characters.length > shown.length ? "…" : "");
}

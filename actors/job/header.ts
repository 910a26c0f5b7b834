/**
 * Splits the header line of a CSV file into column names.
 *
 * Owns: quotes and blanks of a header.
 * Never: reads data lines; the kernels do.
 */

/** A column by name or 0-based number. */
export type Column = string | number;

/** Names without the blanks and the one pair of double quotes around them; a doubled quote inside stands for one. */
export function splitHeader(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (character === delimiter && !quoted) {
      fields.push(unquote(field));
      field = "";
    } else field += character;
  }
  fields.push(unquote(field));
  return fields;
}

function unquote(field: string): string {
  const trimmed = field.trim();
  const inner = /^"(.*)"$/.exec(trimmed)?.[1];
  return inner === undefined ? trimmed : inner.replaceAll('""', '"');
}

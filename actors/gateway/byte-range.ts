/**
 * Understands a request for a part of a result.
 *
 * Owns: one range of bytes. Several in one request, and other units, are as if none was asked for, as the standard allows.
 * Source: RFC 9110, section 14.
 */

export type ByteRange =
  | { readonly kind: "whole" }
  /** First and last byte, both inclusive. */
  | { readonly kind: "part"; readonly start: number; readonly end: number }
  | { readonly kind: "unsatisfiable" };

/** `header` as sent, `byteLength` of the whole. */
export function byteRangeOf(header: string | undefined, byteLength: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  if (match === null) return { kind: "whole" };
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return { kind: "whole" };
  if (first === "") {
    const start = Math.max(0, byteLength - Number(last));
    return start < byteLength ? { kind: "part", start, end: byteLength - 1 } : { kind: "unsatisfiable" };
  }
  const start = Number(first);
  const end = last === "" ? byteLength - 1 : Math.min(Number(last), byteLength - 1);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  return start < byteLength ? { kind: "part", start, end } : { kind: "unsatisfiable" };
}

import test from "ava";
import { byteCount } from "../../cli/option-values.ts";

for (const [text, bytes] of [
  ["512MiB", 512 * 2 ** 20],
  ["1GiB", 2 ** 30],
  ["1gi", 2 ** 30],
  ["2GB", 2e9],
  ["1.5g", 1.5e9],
  ["800 MiB", 800 * 2 ** 20],
  ["1TiB", 2 ** 40],
  ["64k", 64_000],
] as const) {
  test(`option values: ${text} is ${bytes} bytes`, (t) => {
    t.is(byteCount(text), bytes);
  });
}

for (const text of ["", "1024", "0MiB", "-1GiB", "1e3MB", "GiB", "1.GiB", "1GiBs", "9999999999TiB", "0.0001k"]) {
  test(`option values: "${text}" is no number of bytes`, (t) => {
    t.throws(() => byteCount(text), { message: /512MiB/ });
  });
}

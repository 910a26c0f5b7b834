/**
 * Writes numbers for people.
 *
 * Owns: thousands, bytes and times as text.
 */

export function countText(count: number): string {
  return count.toLocaleString("en");
}

/** `1 row`, `2 rows` */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`;
}

/** Three digits: `1.23 M`. */
export function shortCount(count: number): string {
  return scaled(count, ["", " k", " M", " G", " T"]);
}

/** Decimal units: `1.23 MB`. */
export function bytesText(bytes: number): string {
  return scaled(bytes, [" B", " kB", " MB", " GB", " TB"]);
}

export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

function scaled(amount: number, units: readonly string[]): string {
  let [rest, unit] = [amount, 0];
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)}${units[unit]}`;
}

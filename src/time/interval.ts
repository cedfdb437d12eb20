// Delivery intervals: UTC quarter hours, named by their start as `2026-11-22T08:15Z`.
// A local day has 92, 96 or 100 of them; local time is for people only.

export const INTERVAL_MS = 900_000;
export const INTERVALS_PER_DAY = 96;

const PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:(?:00|15|30|45)Z$/;

/** Records of an interval come one after the other, and reading a date costs more than all else about it. */
let lastInterval = '';

/** Name of the interval that contains the instant (Unix ms). */
export function intervalAt(ms: number): string {
  return intervalName(Math.floor(ms / INTERVAL_MS) * INTERVAL_MS);
}

/** Start of a named interval in Unix ms. @throws RangeError when the name is not a UTC quarter hour. */
export function intervalStart(interval: string): number {
  const ms = isInterval(interval) ? Date.parse(interval) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new RangeError(`"${String(interval).slice(0, 40)}" is not a UTC quarter hour such as 2026-11-22T08:15Z`);
  }
  return ms;
}

/** End of a named interval (start of the next) in Unix ms. */
export function intervalEnd(interval: string): number {
  return intervalStart(interval) + INTERVAL_MS;
}

/** The interval `steps` after (negative: before) the named one. */
export function intervalAfter(interval: string, steps = 1): string {
  return intervalName(intervalStart(interval) + steps * INTERVAL_MS);
}

/** Whether a value names a UTC quarter hour that exists. */
export function isInterval(value: unknown): value is string {
  if (value === lastInterval && value !== '') return true;
  if (typeof value !== 'string' || !PATTERN.test(value)) return false;
  const ms = Date.parse(value);
  if (Number.isNaN(ms) || intervalName(ms) !== value) return false;
  lastInterval = value;
  return true;
}

function intervalName(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

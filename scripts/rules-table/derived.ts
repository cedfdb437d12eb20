// What page and picture tell beyond the stored figures: savings and gains per home, all in integers, and how numbers are written.
import type { Comparison, RuleRun } from './run.ts';

/** One rule as the page tells it. */
export interface Row extends RuleRun {
  /** Such as `allocation/1, static keys`. */
  readonly label: string;
  /** Against the supplier alone with the same batteries, nano-currency: of the street, and by home. */
  readonly savedNano: number;
  readonly savedByHome: ReadonlyMap<string, number>;
  /** The same without batteries. */
  readonly savedWithoutBatteriesNano: number;
  /** Against `uniform-price/1`, by home. */
  readonly gainByHome: ReadonlyMap<string, number>;
}

export function rowsOf({ supplierOnly, rules }: Comparison): Row[] {
  const reference = rules[0]!;
  const homes = Object.keys(supplierOnly.costNano);
  const less = (than: RuleRun['costNano'], cost: RuleRun['costNano']) =>
    new Map(homes.map((home) => [home, than[home]! - cost[home]!]));
  return rules.map((run) => ({
    ...run,
    label: run.keys === undefined ? run.rule : `${run.rule}, ${run.keys} keys`,
    savedNano: supplierOnly.withBatteries.costNano - run.withBatteries.costNano,
    savedByHome: less(supplierOnly.costNano, run.costNano),
    savedWithoutBatteriesNano: supplierOnly.withoutBatteries.costNano - run.withoutBatteries.costNano,
    gainByHome: less(reference.costNano, run.costNano),
  }));
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Of an even number of values the median is midway between the two in the middle, rounded down. */
export function spreadOf(values: Iterable<number>): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return { min: sorted[0]!, median: Math.floor((low + high) / 2), max: sorted.at(-1)! };
}

/** Nano-currency in hundredths, rounded half away from zero: "12,416.70", "-3.05". */
export function euros(nano: number): string {
  const cents = roundedHalf(Math.abs(nano), 10_000_000);
  const text = `${grouped(Math.floor(cents / 100))}.${String(cents % 100).padStart(2, '0')}`;
  return nano < 0 && cents > 0 ? `-${text}` : text;
}

/** With its sign: "+13.37". */
export function change(nano: number): string {
  const text = euros(nano);
  return text.startsWith('-') || text === '0.00' ? text : `+${text}`;
}

/** Wh in kWh, rounded half up: "42,347". */
export function kWh(wh: number): string {
  return grouped(roundedHalf(wh, 1000));
}

export function perCent(perMille: number | null): string {
  return perMille === null ? '-' : `${Math.floor(perMille / 10)}.${perMille % 10} %`;
}

export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

function roundedHalf(value: number, unit: number): number {
  return Math.floor((2 * value + unit) / (2 * unit));
}

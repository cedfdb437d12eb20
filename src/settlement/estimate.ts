// `estimate/1`: what stands in for energy that no meter told, once it has been waited for long enough. As metering codes do it:
// the same quarter hour of a comparable day, else what was traded.
//
// Fixed here:
// - It is time when so many hours have passed since the interval ended. Before, the interval stays open.
// - A comparable day is one 7, 14, 21 or 28 days before, else 1 to 6 days before, in this order: the first on which the same
//   UTC quarter hour of the member was `measured`. Import and export are taken over as they are.
// - Where there is none, the member used what it bought and made what it sold: its deviation is 0.
// - Nothing is made from estimates, nor from what came later. The row says `estimated`. The real value, when it comes, is
//   settled anew, and the difference is a correction (correct.ts).
import { INTERVALS_PER_DAY, intervalAfter, intervalEnd } from '../time/interval.ts';
import { quote, requireInteger } from '../units.ts';
import type { IntervalInput, MeteredEnergy, SettlementInput } from './settlement.ts';
import { positionsOf } from './trades.ts';

export const ESTIMATE = 'estimate/1';

/** Days before an interval, in the order in which they are looked at. */
export const COMPARABLE_DAYS = [7, 14, 21, 28, 1, 2, 3, 4, 5, 6];
const HOUR_MS = 3_600_000;

export interface Estimate {
  readonly interval: string;
  readonly member: string;
  readonly importWh: number;
  readonly exportWh: number;
  /** The interval that it was taken from, or `position`. */
  readonly basis: string;
}

/** A meter value of some interval. */
export interface PastEnergy extends MeteredEnergy {
  readonly interval: string;
}

export interface EstimateTerms {
  /** When the settlement is made, Unix ms. */
  readonly at: number;
  /** How long an interval waits for its meters once it is over. */
  readonly afterHours: number;
  /** Meter values that are known besides those of the intervals themselves. */
  readonly history: readonly PastEnergy[];
}

/**
 * The settlement's input with estimates in the place of meter values that have been waited for long enough.
 * @throws RangeError where two values are given for one member and interval
 */
export function withEstimates(
  input: SettlementInput,
  { at, afterHours, history }: EstimateTerms,
): { readonly input: SettlementInput; readonly estimates: readonly Estimate[] } {
  const measured = new Measured(history);
  for (const { interval, meters } of input.intervals) for (const meter of meters) measured.add(interval, meter);
  const estimates: Estimate[] = [];
  const intervals = input.intervals.map((part) => {
    if (intervalEnd(part.interval) + afterHours * HOUR_MS > at) return part;
    const made = estimatesOf(part, measured);
    estimates.push(...made);
    return made.length === 0 ? part : filled(part, made);
  });
  return { input: { ...input, intervals }, estimates };
}

/** For each member whose energy is not known, sorted as they come: those with a row first, then those who only traded. */
function estimatesOf({ interval, clearing, meters }: IntervalInput, measured: Measured): Estimate[] {
  const positions = positionsOf(clearing);
  const known = new Set(meters.filter(isKnown).map(({ member }) => member));
  const members = new Set([...meters.map(({ member }) => member), ...positions.keys()]);
  return [...members]
    .filter((member) => !known.has(member))
    .map((member) => ({ interval, member, ...estimate(interval, positions.get(member) ?? 0, measured.of(member)) }));
}

/** @param position what the member bought less what it sold @param measuredIn what its meter measured in an interval */
export function estimate(
  interval: string,
  position: number,
  measuredIn: (interval: string) => Pick<MeteredEnergy, 'importWh' | 'exportWh'> | undefined,
): Pick<Estimate, 'importWh' | 'exportWh' | 'basis'> {
  for (const days of COMPARABLE_DAYS) {
    const basis = intervalAfter(interval, -days * INTERVALS_PER_DAY);
    const { importWh = null, exportWh = null } = measuredIn(basis) ?? {};
    if (importWh !== null && exportWh !== null) return { importWh, exportWh, basis };
  }
  return { importWh: Math.max(0, position), exportWh: Math.max(0, -position), basis: 'position' };
}

function filled(part: IntervalInput, made: readonly Estimate[]): IntervalInput {
  const rows = made.map(({ member, importWh, exportWh }): MeteredEnergy => {
    return { member, importWh, exportWh, quality: 'estimated' };
  });
  return { ...part, meters: [...part.meters.filter(isKnown), ...rows] };
}

function isKnown({ importWh, exportWh, quality }: MeteredEnergy): boolean {
  return quality !== 'missing' && importWh !== null && exportWh !== null;
}

/** Measured energy by member and interval. */
class Measured {
  readonly #members = new Map<string, Map<string, MeteredEnergy>>();

  constructor(history: readonly PastEnergy[]) {
    for (const [index, past] of history.entries()) {
      const { member, interval, importWh, exportWh } = past;
      for (const [name, wh] of Object.entries({ importWh, exportWh })) {
        if (wh !== null) requireInteger(wh, `history[${index}].${name}`, 0);
      }
      const before = this.#members.get(member)?.get(interval);
      if (before && (before.importWh !== importWh || before.exportWh !== exportWh)) {
        throw new RangeError(`history[${index}] is a second value of ${quote(member)} for ${interval}`);
      }
      this.add(interval, past);
    }
  }

  add(interval: string, meter: MeteredEnergy): void {
    if (meter.quality !== 'measured') return;
    const intervals = this.#members.get(meter.member) ?? new Map<string, MeteredEnergy>();
    this.#members.set(meter.member, intervals.set(interval, meter));
  }

  of(member: string): (interval: string) => MeteredEnergy | undefined {
    return (interval) => this.#members.get(member)?.get(interval);
  }
}

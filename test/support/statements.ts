// Months for tests of statements: what was recorded about intervals, made with the real settlement.
import type { Clearing, Pair, Place } from '../../src/market/order.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { MeteredEnergy } from '../../src/settlement/settlement.ts';
import { StatementBook } from '../../src/settlement/statement/book.ts';
import { type Statement, type StatementContext, Statements } from '../../src/settlement/statement/document.ts';
import { type IntervalParts, noParts } from '../../src/settlement/statement/parts.ts';
import { type Period, periodOf } from '../../src/settlement/statement/period.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { intervalEnd } from '../../src/time/interval.ts';
import type { Quality } from '../../src/units.ts';

export const MAY = periodOf('2026-05', 'Europe/Berlin');
export const TARIFFS: Tariffs = {
  import: 300_000,
  feedIn: 80_000,
  networkFee: { feeder: 10_000, substation: 30_000, beyond: 70_000 },
  levies: 20_000,
  vatBasisPoints: 1900,
};

export interface Happened {
  readonly price?: number | null;
  readonly pairs?: readonly Pair[];
  /** Import and export of each member; null where it is not known. */
  readonly meters: Readonly<Record<string, readonly [importWh: number, exportWh: number, quality?: Quality] | null>>;
  readonly tariffs?: Tariffs;
  readonly places?: ReadonlyMap<string, Place>;
  readonly at?: number;
  readonly leaf?: number | null;
}

export function metersOf(meters: Happened['meters']): MeteredEnergy[] {
  return Object.entries(meters).map(([member, energy]) => {
    const [importWh = null, exportWh = null, quality = 'measured'] = energy ?? [];
    return { member, importWh, exportWh, quality: energy ? quality : 'missing' };
  });
}

/** Everything about one interval, settled a second after its end unless told. */
export function partsOf(interval: string, happened: Happened, more: Partial<IntervalParts> = {}): IntervalParts {
  const { price = null, pairs = [], meters, tariffs = TARIFFS, places, leaf = null } = happened;
  const clearing: Pick<Clearing, 'price' | 'pairs'> = { price, pairs };
  const settled = settle({
    tariffs,
    ...(places ? { places } : {}),
    intervals: [{ interval, clearing, meters: metersOf(meters) }],
  });
  const without = <Row extends { readonly interval: string }>({ interval: _, ...rest }: Row) => rest;
  const at = happened.at ?? intervalEnd(interval) + 1000;
  return {
    ...noParts(interval),
    settled: [
      { at, leaf, number: 0, tariffs, lines: settled.lines.map(without), statements: settled.rows.map(without) },
    ],
    ...more,
  };
}

export function contextOf(more: Partial<StatementContext> = {}): StatementContext {
  return {
    community: 'sunny-street.example',
    ledger: null,
    currency: 'EUR',
    asOf: Number.MAX_SAFE_INTEGER,
    opening: () => 0n,
    proof: null,
    ...more,
  };
}

export function bookOf(parts: Iterable<IntervalParts>, period: Period = MAY): StatementBook {
  const book = new StatementBook(period);
  for (const each of parts) book.add(each);
  return book;
}

export function statementOf(
  account: string,
  parts: Iterable<IntervalParts>,
  { period = MAY, ...context }: Partial<StatementContext> & { readonly period?: Period } = {},
): Statement {
  return new Statements(bookOf(parts, period), contextOf(context)).of(account);
}

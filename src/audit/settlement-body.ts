// The body of a settlement record, made from what the log holds for its interval: by the operator who signs it, and by whoever
// recomputes it. `settlement/1` under rules of version 1, `settlement/2` under those of version 2, where an interval can be
// settled again: then it holds what has changed.
import type { Body, BodyFields } from '../ledger/kinds.ts';
import type { Rules } from '../ledger/state.ts';
import type { Place } from '../market/order.ts';
import { correct } from '../settlement/correct.ts';
import { estimate } from '../settlement/estimate.ts';
import { readTariff } from '../settlement/read-tariff.ts';
import { type ResolveTariff, tariffResolver } from '../settlement/resolve.ts';
import { settle } from '../settlement/settle.ts';
import type { Line, MemberRow, MeteredEnergy, Peak, TradedEnergy } from '../settlement/settlement.ts';
import { fullTariffs } from '../settlement/tariff-record.ts';
import type { Tariffs } from '../settlement/tariffs.ts';
import { positionsOf } from '../settlement/trades.ts';
import { intervalEnd, intervalStart } from '../time/interval.ts';
import type { Energy } from './past-energy.ts';

export type Metered = Pick<Body<'meter'>, 'importWh' | 'exportWh' | 'quality'>;

/** What stands in the log for one interval, before the settlement that is made. */
export interface SettlementTerms {
  readonly interval: string;
  /** Those that judged the clearing. */
  readonly rules: Rules;
  readonly clearing: TradedEnergy;
  /** Feeder tree at the clearing, where the rules know one. */
  readonly places: ReadonlyMap<string, Place> | undefined;
  /** Of the exchange for this interval, micro-currency per kWh. */
  readonly price: number | undefined;
  /** The newest value of each member: a correction stands in the place of the meter record. */
  readonly meters: ReadonlyMap<string, Metered>;
  /** The settlements that stand already; null where there is none. */
  readonly settled: Settled | null;
  /** Of the settlement that was recorded last, of whatever interval. */
  readonly peaks: readonly Peak[];
  /** The newest cleared interval: it says how late it is, because what senders write of time decides nothing. */
  readonly cleared: string;
  /** What a member's meter measured in an earlier interval. */
  readonly measuredIn: (member: string, interval: string) => Energy | undefined;
}

/** What an interval was settled from last. */
export interface Settled {
  /** 0 for the first settlement. */
  readonly number: number;
  readonly meters: ReadonlyMap<string, Metered>;
  /** Before its first settlement; null where that is withheld. */
  readonly peaks: readonly Peak[] | null;
}

/**
 * The body of the next settlement of the interval.
 * @throws RangeError where there is no bill: no tariff, no price, sums beyond 2^53-1
 */
export function settlementFields(terms: SettlementTerms): BodyFields<'settlement'> {
  const { interval, rules, clearing, meters } = terms;
  if (rules.version === 'rules/1') {
    const rows = [...meters].map(([member, meter]) => ({ member, ...meter }));
    const settled = settle({ tariffs: rules.tariffs, intervals: [{ interval, clearing, meters: rows }] });
    return { tariffs: rules.tariffs, lines: settled.lines.map(without), statements: settled.rows.map(without) };
  }
  const tariffs = tariffsOf(terms);
  const { places, settled, peaks } = terms;
  const run = (rows: readonly MeteredEnergy[]) =>
    settle({
      tariffs,
      intervals: [{ interval, clearing, meters: rows }],
      peaks: (settled ? settled.peaks : peaks) ?? [],
      ...(places ? { places } : {}),
    });
  const now = run(energyNow(terms));
  const changes = settled ? correct(run(rowsOf(settled.meters)), now) : now;
  const peaksNow = settled || !tariffs.capacity ? peaks : (now.peaks ?? []);
  return {
    version: 'settlement/2',
    number: settled ? settled.number + 1 : 0,
    tariffs: fullTariffs(tariffs),
    lines: changes.lines.map((line) => ({ ...without(line), reverses: isReversal(line) })),
    statements: changes.rows.map((row) => ({
      ...without(row),
      poolBoughtWh: row.poolBoughtWh ?? 0,
      poolSoldWh: row.poolSoldWh ?? 0,
    })),
    peaks: peaksNow.map(({ month, member, wh }) => [month, member, wh] as const),
  };
}

/** What an interval was settled from, as its newest settlement says. */
export function settledFrom(
  before: Settled | null,
  body: Extract<Body<'settlement'>, { version: 'settlement/2' }>,
  peaks: readonly Peak[] | null,
): Settled {
  const meters = new Map(before?.meters);
  for (const { member, importWh, exportWh, quality } of body.statements)
    meters.set(member, { importWh, exportWh, quality });
  return { number: body.number, meters, peaks: before ? before.peaks : peaks };
}

/** Highest quarter hours as a body lists them. */
export function peaksOf(body: Body<'settlement'>): Peak[] {
  return body.version === 'settlement/1' ? [] : body.peaks.map(([month, member, wh]) => ({ month, member, wh }));
}

/** Whether there is anything to correct: a value that came, or changed, since the interval was settled. */
export function needsCorrection(terms: SettlementTerms): boolean {
  const { settled } = terms;
  if (!settled || terms.rules.version === 'rules/1') return false;
  return energyNow(terms).some(({ member, importWh, exportWh, quality }) => {
    const used = settled.meters.get(member);
    return used?.importWh !== importWh || used.exportWh !== exportWh || used.quality !== quality;
  });
}

/** Whether who has told no energy is estimated now. */
export function isOverdue({
  interval,
  rules,
  cleared,
}: Pick<SettlementTerms, 'interval' | 'rules' | 'cleared'>): boolean {
  if (rules.version === 'rules/1' || rules.estimateAfterHours === null) return false;
  return intervalStart(cleared) >= intervalEnd(interval) + rules.estimateAfterHours * 3_600_000;
}

/** The tariffs of the interval. @throws RangeError where there are none */
export function tariffsOf({ interval, rules, price }: Pick<SettlementTerms, 'interval' | 'rules' | 'price'>): Tariffs {
  if (rules.version === 'rules/1' || rules.tariff === null) return rules.tariffs;
  const found = resolverOf(rules.tariff)(interval, price);
  if ('open' in found) throw new RangeError(found.text);
  return found.tariffs;
}

/** Resolvers by document: one stands for months. */
const resolvers = new Map<string, ResolveTariff>();
const MOST_RESOLVERS = 16;

function resolverOf(document: string): ResolveTariff {
  let resolver = resolvers.get(document);
  if (!resolver) {
    resolver = tariffResolver(readDocument(document));
    if (resolvers.size >= MOST_RESOLVERS) resolvers.clear();
    resolvers.set(document, resolver);
  }
  return resolver;
}

function readDocument(document: string) {
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    throw new RangeError('the tariff in the rules is not JSON');
  }
  try {
    return readTariff(value);
  } catch (problem) {
    throw new RangeError(
      `the tariff in the rules cannot be used: ${problem instanceof Error ? problem.message : problem}`,
    );
  }
}

/** The energy that is settled now: the newest known value, else the one settled before, else an estimate when it is time. */
function energyNow(terms: SettlementTerms): MeteredEnergy[] {
  const { interval, clearing, meters, settled, measuredIn } = terms;
  const positions = positionsOf(clearing);
  const overdue = isOverdue(terms);
  const members = new Set([...meters.keys(), ...(settled?.meters.keys() ?? []), ...positions.keys()]);
  return [...members].flatMap((member): MeteredEnergy[] => {
    const known = [meters.get(member), settled?.meters.get(member)].find(
      (meter) => meter && meter.quality !== 'missing',
    );
    if (known) return [{ member, ...energyOf(known) }];
    if (!overdue) return meters.has(member) ? [{ member, importWh: null, exportWh: null, quality: 'missing' }] : [];
    const { importWh, exportWh } = estimate(interval, positions.get(member) ?? 0, (earlier) =>
      measuredIn(member, earlier),
    );
    return [{ member, importWh, exportWh, quality: 'estimated' }];
  });
}

const energyOf = ({ importWh, exportWh, quality }: Metered): Metered => ({ importWh, exportWh, quality });

/** A row without energy is that of a member who traded and had no meter value. */
function rowsOf(meters: ReadonlyMap<string, Metered>): MeteredEnergy[] {
  return [...meters].map(([member, meter]) => ({ member, ...energyOf(meter) }));
}

function isReversal(line: Line): boolean {
  return 'reverses' in line && line.reverses === true;
}

function without<Row extends Line | MemberRow>({ interval: _, ...rest }: Row & { readonly reverses?: true }) {
  const { reverses: _reverses, ...fields } = rest;
  return fields;
}

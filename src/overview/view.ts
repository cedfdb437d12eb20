// The view model of the street: what the dashboard's browsers get about once a second, plain JSON, in sections.
// W, Wh, micro-currency per kWh, nano-currency, per mille; the browser rounds and writes the units.

import { boundaryOf } from '../settlement/energy-figures.ts';
import type { Tariffs } from '../settlement/tariffs.ts';
import { INTERVALS_PER_DAY, intervalAt } from '../time/interval.ts';
import { type AuctionView, auctionView } from './auction-view.ts';
import { streetIntervals } from './energy.ts';
import { newestMetered } from './fold.ts';
import { type LedgerView, ledgerView } from './ledger-view.ts';
import { type NowView, nowView } from './now-view.ts';
import { type MemberKind, type MemberSums, type OverviewState, own, type StreetSums, type Sums } from './state.ts';
import { addSums, NO_SUMS, sumsOfDay } from './sums.ts';

/** One value per quarter hour of the UTC day, null where there is none (yet). */
export type Series = readonly (number | null)[];

export interface TodayView {
  readonly day: string;
  /** The running interval, so that this section changes once per interval. */
  readonly interval: string;
  readonly currency: string;
  readonly tariffs: Tariffs | null;
  readonly sunWh: Series;
  readonly useWh: Series;
  readonly chargeWh: Series;
  readonly dischargeWh: Series;
  readonly importWh: Series;
  readonly exportWh: Series;
  readonly price: Series;
  readonly tradedWh: Series;
}

export interface MemberView {
  readonly id: string;
  readonly kind: MemberKind;
  readonly pv: boolean;
  readonly battery: boolean;
  readonly today: MemberSums | null;
  readonly total: MemberSums | null;
}

export interface MembersView {
  readonly currency: string;
  readonly since: string | null;
  readonly day: string;
  readonly members: readonly MemberView[];
}

/** Energy of one period for the honest question. */
export interface QuestionPeriod extends StreetSums {
  readonly loadWh: number;
  readonly pvWh: number;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  /** Sum of what every member drew alone, with and without its battery. */
  readonly ownImportWh: number;
  readonly ownImportWithoutBatteryWh: number;
  readonly ownExportWh: number;
  readonly ownExportWithoutBatteryWh: number;
}

export interface QuestionView {
  readonly currency: string;
  readonly since: string | null;
  readonly day: string;
  readonly today: QuestionPeriod;
  readonly total: QuestionPeriod;
}

export interface View {
  readonly now: NowView;
  readonly today: TodayView;
  readonly auction: AuctionView | null;
  readonly members: MembersView;
  readonly question: QuestionView;
  readonly ledger: LedgerView;
}

/**
 * Everything the dashboard shows.
 * @param now Unix ms on the community's clock; used until a `clock` message came
 */
export function viewOf(state: OverviewState, now: number): View {
  const nowMs = state.clock?.now ?? now;
  const interval = intervalAt(nowMs);
  const day = interval.slice(0, 10);
  const { currency, since } = state;
  const newest = newestMetered(state.days);
  let total: Sums = state.closed ?? NO_SUMS;
  let today: Sums = NO_SUMS;
  for (const [name, content] of Object.entries(state.days)) {
    const sums = sumsOfDay(content, state.members, newest);
    total = addSums(total, sums);
    if (name === day) today = sums;
  }
  return {
    now: nowView(state, nowMs),
    today: todayView(state, interval, newest),
    auction: state.auction && auctionView(state.auction, currency, state.members),
    members: { currency, since, day, members: memberViews(state, today, total) },
    question: { currency, since, day, today: periodOf(today), total: periodOf(total) },
    ledger: ledgerView(state.blocks, state.verification, state.proof),
  };
}

/** The sections of a view that differ from the view before; all of them without one. */
export function changedSections(view: View, before: View | null): { topic: keyof View; payload: View[keyof View] }[] {
  const result: { topic: keyof View; payload: View[keyof View] }[] = [];
  for (const topic of Object.keys(view) as (keyof View)[]) {
    if (before && JSON.stringify(view[topic]) === JSON.stringify(before[topic])) continue;
    result.push({ topic, payload: view[topic] });
  }
  return result;
}

function todayView(state: OverviewState, interval: string, newest: string | null): TodayView {
  const day = interval.slice(0, 10);
  const empty = (): (number | null)[] => new Array<number | null>(INTERVALS_PER_DAY).fill(null);
  const series = {
    sunWh: empty(),
    useWh: empty(),
    chargeWh: empty(),
    dischargeWh: empty(),
    importWh: empty(),
    exportWh: empty(),
    price: empty(),
    tradedWh: empty(),
  };
  const content = state.days[day];
  for (const metered of content ? streetIntervals(content, state.members, newest) : []) {
    const at = quarterOf(metered.interval);
    const { netWh } = boundaryOf(Object.values(metered.figures));
    const figures = Object.values(metered.figures);
    const sum = (key: 'pvWh' | 'loadWh' | 'chargeWh' | 'dischargeWh') =>
      figures.reduce((all, one) => all + one[key], 0);
    series.sunWh[at] = sum('pvWh');
    series.useWh[at] = sum('loadWh');
    series.chargeWh[at] = sum('chargeWh');
    series.dischargeWh[at] = sum('dischargeWh');
    series.importWh[at] = Math.max(0, netWh);
    series.exportWh[at] = Math.max(0, -netWh);
  }
  for (const [cleared, { price, volumeWh }] of Object.entries(content?.auctions ?? {})) {
    series.price[quarterOf(cleared)] = price;
    series.tradedWh[quarterOf(cleared)] = volumeWh;
  }
  return { day, interval, currency: state.currency, tariffs: state.tariffs, ...series };
}

/** Which quarter hour of its UTC day an interval is, 0 to 95. */
function quarterOf(interval: string): number {
  return Number(interval.slice(11, 13)) * 4 + Number(interval.slice(14, 16)) / 15;
}

function memberViews(state: OverviewState, today: Sums, total: Sums): MemberView[] {
  return Object.entries(state.members)
    .filter(([, member]) => member.kind !== 'operator')
    .map(([id, { kind, pv, battery }]) => {
      return { id, kind, pv, battery, today: own(today.members, id) ?? null, total: own(total.members, id) ?? null };
    });
}

function periodOf(sums: Sums): QuestionPeriod {
  const members = Object.values(sums.members);
  const sum = (key: Exclude<keyof MemberSums, 'money'>) => members.reduce((all, one) => all + one[key], 0);
  return {
    ...sums.street,
    loadWh: sum('loadWh'),
    pvWh: sum('pvWh'),
    chargeWh: sum('chargeWh'),
    dischargeWh: sum('dischargeWh'),
    ownImportWh: sum('importWh'),
    ownImportWithoutBatteryWh: sum('importWithoutBatteryWh'),
    ownExportWh: sum('exportWh'),
    ownExportWithoutBatteryWh: sum('exportWithoutBatteryWh'),
  };
}

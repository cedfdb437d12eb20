// What the ledger holds for bills: the clearing of an interval and the meter values recorded for it, and after a restart the
// clearings of the newest blocks that nobody has settled.
import { placesOf } from '../../src/audit/auction.ts';
import type { Energy } from '../../src/audit/past-energy.ts';
import { tradedEnergy } from '../../src/audit/recompute.ts';
import {
  type Metered,
  peaksOf,
  type Settled,
  type SettlementTerms,
  settledFrom,
} from '../../src/audit/settlement-body.ts';
import type { Body, RecordKind } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerRecord, RecordQuery } from '../../src/ledger/views.ts';
import type { MeterValue } from '../../src/settlement/desk.ts';
import type { Peak, TradedEnergy } from '../../src/settlement/settlement.ts';

export interface ClearedInterval extends TradedEnergy {
  readonly interval: string;
  readonly volumeWh: number;
}

export interface RecordedInterval {
  readonly clearing: ClearedInterval;
  /** The newest value of each member. */
  readonly meters: readonly MeterValue[];
  /** All that its next settlement is made from. */
  readonly terms: SettlementTerms;
  readonly settled: boolean;
}

/** Clearings looked back at: two days. What is older waits for a person. */
const LOOK_BACK = 192;

/** Null when the interval has no clearing. */
export function recordedInterval(ledger: Ledger, interval: string): RecordedInterval | null {
  let cleared: { readonly index: number; readonly body: Body<'clearing'> } | null = null;
  const meters = new Map<string, Metered>();
  let price: number | undefined;
  let settled: Settled | null = null;
  let isSettled = false;
  for (const { index, head, body } of everyRecord(ledger, interval)) {
    if (head.kind === 'settlement') isSettled = true;
    if (body === null) continue;
    if (head.kind === 'clearing') cleared = { index, body: body as Body<'clearing'> };
    else if (head.kind === 'price') price = (body as Body<'price'>).price;
    else if (head.kind === 'meter' || head.kind === 'correction') {
      const { importWh, exportWh, quality } = body as Body<'meter'>;
      meters.set(head.member, { importWh, exportWh, quality });
    } else if (head.kind === 'settlement') {
      const bill = body as Body<'settlement'>;
      if (bill.version === 'settlement/2') settled = settledFrom(settled, bill, peaksBefore(ledger, index));
    }
  }
  if (!cleared) return null;
  const { index, body } = cleared;
  const rules = ledger.state.rulesAt(index);
  const clearing = { interval, volumeWh: body.volumeWh, ...tradedEnergy(body) };
  const terms: SettlementTerms = {
    interval,
    rules,
    clearing,
    places: placesOf({ rules, roster: ledger.rosterAt(index) }),
    price,
    meters,
    settled,
    peaks: peaksBefore(ledger, ledger.size),
    cleared: ledger.state.cleared ?? interval,
    measuredIn: (member, earlier) => measuredIn(ledger, member, earlier),
  };
  return {
    clearing,
    meters: [...meters].map(([member, meter]) => ({ member, interval, ...meter })),
    terms,
    settled: isSettled,
  };
}

const PAGE = 1000;

function* everyRecord(ledger: Ledger, interval: string): Generator<LedgerRecord> {
  for (let from = 0; ; ) {
    const page = ledger.records({ interval, from, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    from = last.index + 1;
  }
}

/** Highest quarter hours of the months, as the newest settlement of version 2 before a leaf has them. */
function peaksBefore(ledger: Ledger, index: number): readonly Peak[] {
  const first = ledger.state.version2From;
  for (let from = index - 1; first !== null && from >= first; ) {
    const [last] = bodies(ledger, 'settlement', { newestFirst: true, from, limit: 1 });
    if (!last) return [];
    if (last.body.version === 'settlement/2') return peaksOf(last.body);
    from = last.index - 1;
  }
  return [];
}

function measuredIn(ledger: Ledger, member: string, interval: string): Energy | undefined {
  const own = { member, interval, newestFirst: true, limit: 1 } as const;
  const [found] = [...bodies(ledger, 'correction', own), ...bodies(ledger, 'meter', own)].sort(
    (a, b) => b.index - a.index,
  );
  const { importWh = null, exportWh = null, quality } = found?.body ?? {};
  return quality === 'measured' && importWh !== null && exportWh !== null ? { importWh, exportWh } : undefined;
}

/** Intervals of the newest clearings that have no settlement, oldest first. */
export function unsettled(ledger: Ledger): string[] {
  const recent = { limit: LOOK_BACK, newestFirst: true } as const;
  const cleared = bodies(ledger, 'clearing', recent).map(({ interval }) => interval);
  return cleared
    .filter((interval) => ledger.records({ kind: 'settlement', interval, limit: 1 }).length === 0)
    .reverse();
}

/** Records of one kind whose body is at hand; the ledger has checked each body against the schema of its kind. */
function bodies<Kind extends RecordKind>(ledger: Ledger, kind: Kind, query: Omit<RecordQuery, 'kind'>) {
  return ledger.records({ ...query, kind }).flatMap(({ index, head, body }) => {
    return body === null || head.interval === null
      ? []
      : [{ index, member: head.member, interval: head.interval, body: body as Body<Kind> }];
  });
}

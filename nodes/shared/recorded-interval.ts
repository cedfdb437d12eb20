// What the ledger holds for bills: the clearing of an interval and the meter values recorded for it, and after a restart the
// clearings of the newest blocks that nobody has settled.
import { tradedEnergy } from '../../src/audit/recompute.ts';
import type { Body, RecordKind } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { RecordQuery } from '../../src/ledger/views.ts';
import type { MeterValue } from '../../src/settlement/desk.ts';
import type { TradedEnergy } from '../../src/settlement/settlement.ts';

export interface ClearedInterval extends TradedEnergy {
  readonly interval: string;
  readonly volumeWh: number;
}

export interface RecordedInterval {
  readonly clearing: ClearedInterval;
  /** In the order of the log. */
  readonly meters: readonly MeterValue[];
  /** Those of the rules that stood at the clearing: a later change does not touch it. */
  readonly tariffs: { readonly import: number; readonly feedIn: number };
  readonly settled: boolean;
}

/** Clearings looked back at: two days. What is older waits for a person. */
const LOOK_BACK = 192;

/** Null when the interval has no clearing. */
export function recordedInterval(ledger: Ledger, interval: string): RecordedInterval | null {
  const found = bodies(ledger, 'clearing', { interval, limit: 1 })[0];
  if (!found) return null;
  const { volumeWh } = found.body;
  return {
    clearing: { interval, volumeWh, ...tradedEnergy(found.body) },
    meters: bodies(ledger, 'meter', { interval, limit: 10_000 }).map(({ member, body }) => {
      const { importWh, exportWh, quality } = body;
      return { member, interval, importWh, exportWh, quality };
    }),
    tariffs: ledger.state.rulesAt(found.index).tariffs,
    settled: ledger.records({ kind: 'settlement', interval, limit: 1 }).length > 0,
  };
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

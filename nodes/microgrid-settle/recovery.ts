// What a restart left open: clearings of the newest blocks without a settlement, and the meter values for them.
import type { Body, RecordKind } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { RecordQuery } from '../../src/ledger/views.ts';
import type { Pair } from '../../src/market/order.ts';
import type { MeterValue } from '../../src/settlement/desk.ts';

export interface RecordedClearing {
  readonly interval: string;
  readonly volumeWh: number;
  readonly price: number | null;
  readonly pairs: readonly Pair[];
}

export type Part =
  | { readonly kind: 'clearing'; readonly clearing: RecordedClearing }
  | { readonly kind: 'meter'; readonly meter: MeterValue };

/** Clearings looked back at: two days. What is older waits for a person. */
const LOOK_BACK = 192;

export function unsettled(ledger: Ledger): Part[] {
  const recent = { limit: LOOK_BACK, newestFirst: true } as const;
  const settled = new Set(ledger.records({ ...recent, kind: 'settlement' }).map(({ head }) => head.interval));
  const parts: Part[] = [];
  for (const { interval, body } of bodies(ledger, 'clearing', recent)) {
    if (settled.has(interval)) continue;
    for (const { member, body: meter } of bodies(ledger, 'meter', { interval, limit: 10_000 })) {
      const { importWh, exportWh, quality } = meter;
      parts.push({ kind: 'meter', meter: { member, interval, importWh, exportWh, quality } });
    }
    const pairs = body.pairs.map(([buyer, seller, wh]) => ({ buyer, seller, wh }));
    parts.push({ kind: 'clearing', clearing: { interval, volumeWh: body.volumeWh, price: body.price, pairs } });
  }
  return parts;
}

/** Records of one kind whose body is at hand; the ledger has checked each body against the schema of its kind. */
function bodies<Kind extends RecordKind>(ledger: Ledger, kind: Kind, query: Omit<RecordQuery, 'kind'>) {
  return ledger.records({ ...query, kind }).flatMap(({ head, body }) => {
    return body === null || head.interval === null
      ? []
      : [{ member: head.member, interval: head.interval, body: body as Body<Kind> }];
  });
}

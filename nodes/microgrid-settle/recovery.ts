// What a restart left open: clearings of the newest blocks without a settlement, and the meter values for them.
import type { Ledger } from '../../src/ledger/ledger.ts';
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
  for (const { head, body } of ledger.records({ ...recent, kind: 'clearing' })) {
    const { interval } = head;
    if (interval === null || body === null || settled.has(interval)) continue;
    for (const meter of ledger.records({ kind: 'meter', interval, limit: 10_000 })) {
      if (!meter.body) continue;
      const { importWh, exportWh, quality } = meter.body;
      parts.push({ kind: 'meter', meter: { member: meter.head.member, interval, importWh, exportWh, quality } });
    }
    const pairs = body.pairs.map(([buyer, seller, wh]) => ({ buyer, seller, wh }));
    parts.push({ kind: 'clearing', clearing: { interval, volumeWh: body.volumeWh, price: body.price, pairs } });
  }
  return parts;
}

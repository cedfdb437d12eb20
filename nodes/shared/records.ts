// From a node's payload to the fields of the ledger record it becomes. The payload carries more (ids, reasons in words,
// the book beside the result); the record holds what others must be able to recompute.
import { pricedPair } from '../../src/audit/recompute.ts';
import type { BodyFields, RecordKind } from '../../src/ledger/kinds.ts';
import type { ReadRecord } from '../../src/ledger/record.ts';
import { canonicalJson } from '../../src/log/canonical-json.ts';
import type { Payload } from './messages.ts';

export type RecordablePayload = Payload<
  'meter' | 'correction' | 'order' | 'cancel' | 'clearing' | 'settlement' | 'price' | 'battery' | 'note'
>;

export interface RecordDraft<Kind extends RecordKind = RecordKind> {
  readonly kind: Kind;
  readonly interval: string | null;
  readonly fields: BodyFields<Kind>;
}

export type RulesVersion = 'rules/1' | 'rules/2';

/** @param version of the ledger's rules: that of a clearing goes with it */
export function draftOf(payload: RecordablePayload, version: RulesVersion): RecordDraft {
  const interval = payload.interval ?? null;
  switch (payload.type) {
    case 'meter':
    case 'correction': {
      const { importWh, exportWh, importCounterWh, exportCounterWh, quality, reason } = payload;
      const fields = { importWh, exportWh, importCounterWh, exportCounterWh, quality, reason: reason?.code ?? null };
      return { kind: payload.type, interval, fields };
    }
    case 'order': {
      const { side, wh, limit } = payload;
      const wishes = wishesOf(payload);
      if (!wishes.renewable && !wishes.preference) return { kind: 'order', interval, fields: { side, wh, limit } };
      return { kind: 'order', interval, fields: { version: 'order/2', side, wh, limit, ...wishes } };
    }
    case 'cancel':
      return { kind: 'cancel', interval, fields: { order: payload.order } };
    case 'battery': {
      const { chargeWh, dischargeWh, socPerMille, setpoints, reasons } = payload;
      return { kind: 'battery', interval, fields: { chargeWh, dischargeWh, socPerMille, setpoints, reasons } };
    }
    case 'note':
      return { kind: 'note', interval, fields: { text: payload.text } };
    case 'price':
      return { kind: 'price', interval, fields: { price: payload.price } };
    case 'settlement':
      return { kind: 'settlement', interval, fields: settlementDraft(payload) };
    case 'clearing': {
      const { rule, orders, fills, volumeWh, price, priceLow, priceHigh, pairs } = payload;
      const result = {
        rule,
        orders: orders.length,
        volumeWh,
        price,
        priceLow,
        priceHigh,
        fills: fills.flatMap((fill, i): [number, number][] => (fill.wh > 0 ? [[leafIndex(orders[i]), fill.wh]] : [])),
      };
      if (version === 'rules/1') {
        const plain = pairs.map(({ buyer, seller, wh }): [string, string, number] => [buyer, seller, wh]);
        return { kind: 'clearing', interval, fields: { ...result, pairs: plain } };
      }
      const fields = {
        version: 'clearing/2' as const,
        ...result,
        pairs: pairs.map((pair) => pricedPair(pair, price)),
        areas: (payload.areas ?? []).map((area) => [area.id, area.price, area.flowWh, area.rent] as const),
        preferred: (payload.preferred ?? []).map(
          ({ buy, sell, buyer, seller, wh, price: at }) =>
            [leafIndex(orders[buy]), leafIndex(orders[sell]), buyer, seller, wh, at] as const,
        ),
      };
      return { kind: 'clearing', interval, fields };
    }
  }
}

/** What only an order of version 2 says; in the form of its record. */
function wishesOf(order: Pick<Payload<'order'>, 'renewable' | 'preference'>) {
  const renewable = order.renewable === true;
  if (!order.preference) return { renewable, preference: null };
  const { mode, from, partners = [] } = order.preference;
  return { renewable, preference: { mode, from, partners: [...partners] } };
}

function settlementDraft({ number, tariffs, lines, statements, peaks = [] }: Payload<'settlement'>) {
  if (number === undefined) {
    const { import: bought, feedIn } = tariffs;
    return { tariffs: { import: bought, feedIn }, lines: lines.map(plain), statements: statements.map(plain) };
  }
  // Whether tariffs and lines are complete, the schema of the record says.
  const fields: unknown = { version: 'settlement/2', number, tariffs, lines, statements, peaks };
  return fields as BodyFields<'settlement'>;
}

/** A line or a statement as version 1 has it. */
function plain<Row extends object>(row: Row): Row {
  const { reverses: _reverses, poolBoughtWh: _bought, poolSoldWh: _sold, ...rest } = row as Record<string, unknown>;
  return rest as Row;
}

/**
 * Where a payload says something else than the signed record that it carries, or null. What a message says is what the next
 * nodes believe, so it must not differ from what is recorded.
 */
export function contradiction(
  payload: RecordablePayload,
  { head, body }: ReadRecord,
  version: RulesVersion,
): string | null {
  const author = 'member' in payload ? payload.member : undefined;
  if (head.kind !== payload.type) return `the message is a ${payload.type}, but the record in it is a ${head.kind}`;
  if (author !== undefined && author !== head.member) {
    return `the ${head.kind} is of ${author}, but the record in it is of ${head.member}`;
  }
  const { interval, fields } = draftOf(payload, version);
  if (interval !== head.interval) {
    return `the ${head.kind} is of ${interval ?? 'no interval'}, but the record in it is of ${head.interval ?? 'none'}`;
  }
  const recorded = body as Readonly<Record<string, unknown>>;
  // What an order of version 2 says, a message must not leave out.
  const wishes = payload.type === 'order' && recorded['version'] === 'order/2' ? wishesOf(payload) : {};
  const differing = Object.entries({ ...fields, ...wishes }).find(([name, value]) => !sameJson(value, recorded[name]));
  return differing ? `${differing[0]} of the ${head.kind} is not what the record in it says` : null;
}

function sameJson(a: unknown, b: unknown): boolean {
  return b !== undefined && canonicalJson(a) === canonicalJson(b);
}

function leafIndex(order: { readonly index?: number | undefined } | undefined): number {
  if (order?.index === undefined) {
    throw new Error(
      'this clearing was made without a ledger, so its orders are in no log; choose the ledger in the market node',
    );
  }
  return order.index;
}

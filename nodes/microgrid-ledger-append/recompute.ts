// Whether a clearing or a settlement is what the ledger's own records give, computed again before the operator signs it:
// once in the log, a result that was altered on its way here would stand there as the operator's fault for ever.
import { auctionOf } from '../../src/audit/auction.ts';
import { clearingFields } from '../../src/audit/recompute.ts';
import { settlementFields } from '../../src/audit/settlement-body.ts';
import type { Book } from '../../src/ledger/book.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { canonicalJson } from '../../src/log/canonical-json.ts';
import { clear } from '../../src/market/clear.ts';
import type { Payload } from '../shared/messages.ts';
import { recordedInterval } from '../shared/recorded-interval.ts';
import { draftOf } from '../shared/records.ts';

/** Why a clearing is not that of the book, or null. What the next nodes read of book and fills counts too. */
export function clearingFault(ledger: Ledger, book: Book, payload: Payload<'clearing'>): string | null {
  const { rules } = ledger.state;
  const { interval } = payload;
  const auction = auctionOf(ledger.state, interval, book);
  const clearing = clear(rules.market, auction);
  const right = {
    ...clearingFields(rules, auction.orders, clearing),
    book: auction.orders,
    shares: clearing.fills,
  };
  const given = {
    ...draftOf(payload, rules.version).fields,
    book: payload.orders.map((order) => ({ ...order, index: order.index ?? null })),
    shares: payload.fills.map(({ id, member, side, wh }) => ({ id, member, side, wh })),
  };
  const name = differing(right, given);
  if (name === null) return null;
  const what = { book: 'the book', shares: 'a fill' }[name] ?? name;
  return `${what} in the clearing of ${interval} is not what the recorded orders give; wire it here as the market sends it`;
}

/** Why a settlement is not that of the recorded clearing and meters, or null; null also where there is no clearing to judge by. */
export function settlementFault(ledger: Ledger, payload: Payload<'settlement'>): string | null {
  const { interval } = payload;
  const recorded = recordedInterval(ledger, interval);
  if (!recorded) return null;
  // What stands already, the ledger itself refuses as known.
  const { settled } = recorded.terms;
  if (settled && payload.number !== undefined && payload.number <= settled.number) return null;
  const name = differing(settlementFields(recorded.terms), draftOf(payload, recorded.terms.rules.version).fields);
  if (name === null) return null;
  return `${name} in the settlement of ${interval} are not what the recorded clearing and meters give; wire it here as settle sends it`;
}

/** The first field of the right result that the given one has otherwise. */
function differing(right: object, given: object): string | null {
  const found = given as Readonly<Record<string, unknown>>;
  const field = Object.entries(right).find(([name, value]) => canonicalJson(value) !== canonicalJson(found[name]));
  return field ? field[0] : null;
}

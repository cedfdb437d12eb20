// Runs auctions and settlements again from the records that they follow from, and compares with what the operator recorded.
// Where a body is withheld from this reader nothing is claimed: it counts as unchecked.

import type { Book } from '../ledger/book.ts';
import { clearingVersion } from '../ledger/judge.ts';
import type { Body, BodyFields } from '../ledger/kinds.ts';
import type { LedgerState } from '../ledger/state.ts';
import { canonicalJson } from '../log/canonical-json.ts';
import { clear, ONE_PRICE_RULES } from '../market/clear.ts';
import type { Clearing, Pair } from '../market/order.ts';
import { isZonal } from '../market/rules/zonal.ts';
import { RULE_CHECKS } from '../settlement/check-rules.ts';
import { settle } from '../settlement/settle.ts';
import type { TradedEnergy } from '../settlement/settlement.ts';
import { auctionOf } from './auction.ts';

type Meter = Pick<Body<'meter'>, 'importWh' | 'exportWh' | 'quality'>;
type Tariffs = Body<'rules'>['tariffs'];

/** Intervals whose settlement is waited for: a year. The longest waiting is forgotten, and its late settlement counts as unchecked. */
const MOST_PENDING = 35_136;

interface Pending {
  /** Null until the clearing stands in the log, or where its body is withheld. */
  clearing: Body<'clearing'> | null;
  tariffs: Tariffs | null;
  readonly meters: Map<string, Meter>;
  withheld: boolean;
}

export type Verdict = 'right' | 'unchecked' | { readonly wrong: string };

/**
 * The body of a clearing record, from a book and its result.
 * @param book the auction's orders
 * @throws RangeError where pairs have prices of their own, for which `clearing/1` has no place
 */
export function clearingFields(
  rules: LedgerState['rules'],
  book: readonly { readonly index: number }[],
  clearing: Clearing,
): BodyFields<'clearing'> {
  const { rule, volumeWh, price, priceLow, priceHigh, pairs } = clearing;
  const fills = clearing.fills.flatMap(({ wh }, i): [number, number][] => (wh > 0 ? [[book[i]!.index, wh]] : []));
  const result = { rule, orders: book.length, volumeWh, price, priceLow, priceHigh, fills };
  if (clearingVersion(rules) === 'clearing/2') {
    return {
      version: 'clearing/2',
      ...result,
      pairs: pairs.map((pair) => pricedPair(pair, price)),
      areas: isZonal(clearing) ? clearing.areas.map((area) => [area.id, area.price, area.flowWh, area.rent]) : [],
      preferred: [],
    };
  }
  if (!ONE_PRICE_RULES.includes(rule)) {
    throw new RangeError(
      `a record clearing/1 has no place for the prices of ${rule}; use ${ONE_PRICE_RULES.join(' or ')}`,
    );
  }
  return { ...result, pairs: pairs.map(({ buyer, seller, wh }): [string, string, number] => [buyer, seller, wh]) };
}

/** A pair as `clearing/2` writes it. */
export function pricedPair(
  { buyer, seller, wh, price: own, sellerPrice, networkFee }: Pair,
  common: number | null,
): [string, string, number, number, number, number | null] {
  const price = own ?? common!;
  return [buyer, seller, wh, price, sellerPrice ?? price, networkFee ?? null];
}

/** What settlement needs of a recorded clearing. */
export function tradedEnergy(clearing: Pick<Body<'clearing'>, 'rule' | 'price' | 'pairs'>): TradedEnergy {
  const { rule, price } = clearing;
  const prices = RULE_CHECKS.get(rule)?.ownPrices ?? false;
  const pairs = clearing.pairs.map(([buyer, seller, wh, own, sellerPrice, networkFee]): Pair => {
    const pair = { buyer, seller, wh };
    if (prices === false || own === undefined) return pair;
    if (prices === 'one') return { ...pair, price: own };
    return { ...pair, price: own, sellerPrice: sellerPrice!, ...(networkFee == null ? {} : { networkFee }) };
  });
  return { rule, price, pairs };
}

/** Whether a clearing is what the rule makes of the book. @param state before the clearing is folded */
export function checkClearing(
  state: LedgerState,
  interval: string,
  book: Book,
  body: Body<'clearing'> | null,
): Verdict {
  if (!body || book.withheld) return 'unchecked';
  const auction = auctionOf(state, interval, book);
  return compare(body, () => clearingFields(state.rules, auction.orders, clear(state.rules.market, auction)));
}

/** Meters and clearings of the intervals that are not settled yet. */
export class OpenSettlements {
  readonly #pending = new Map<string, Pending>();
  readonly #has: (kind: 'clearing' | 'settlement', interval: string) => boolean;

  /** @param has whether the record of an interval stood in the log before */
  constructor(has: (kind: 'clearing' | 'settlement', interval: string) => boolean) {
    this.#has = has;
  }

  meter(interval: string, member: string, meter: Meter | null): void {
    if (this.#has('settlement', interval)) return;
    const pending = this.#of(interval);
    if (meter)
      pending.meters.set(member, { importWh: meter.importWh, exportWh: meter.exportWh, quality: meter.quality });
    else pending.withheld = true;
  }

  clearing(interval: string, clearing: Body<'clearing'> | null, tariffs: Tariffs): void {
    const pending = this.#of(interval);
    pending.clearing = clearing;
    pending.tariffs = tariffs;
    if (!clearing) pending.withheld = true;
  }

  /** Whether a settlement follows from clearing and meters before it; forgets them. */
  check(interval: string, body: Body<'settlement'> | null): Verdict {
    const pending = this.#pending.get(interval);
    this.#pending.delete(interval);
    // That a clearing stands in the log is known to whoever may not read its body, too.
    if (!this.#has('clearing', interval)) return { wrong: `${interval} was settled, but never cleared` };
    if (!body) return 'unchecked';
    if (!pending?.tariffs || !pending.clearing || pending.withheld) return ownFault(body);
    const { clearing, tariffs, meters } = pending;
    return compare(body, () => settlementFields(interval, tariffs, tradedEnergy(clearing), meters));
  }

  #of(interval: string): Pending {
    let pending = this.#pending.get(interval);
    if (!pending) {
      pending = { clearing: null, tariffs: null, meters: new Map(), withheld: false };
      this.#pending.set(interval, pending);
      const oldest = this.#pending.size > MOST_PENDING ? this.#pending.keys().next().value : undefined;
      if (oldest !== undefined) this.#pending.delete(oldest);
    }
    return pending;
  }
}

/** The body of a settlement record, by `settle/1`. */
export function settlementFields(
  interval: string,
  tariffs: Tariffs,
  clearing: TradedEnergy,
  meters: ReadonlyMap<string, Meter>,
): BodyFields<'settlement'> {
  const rows = [...meters].map(([member, meter]) => ({ member, ...meter }));
  const settled = settle({ tariffs, intervals: [{ interval, clearing, meters: rows }] });
  const without = <Row extends { readonly interval: string }>({ interval: _, ...rest }: Row) => rest;
  return { tariffs, lines: settled.lines.map(without), statements: settled.rows.map(without) };
}

function compare(body: Body<'clearing'> | Body<'settlement'>, recompute: () => object): Verdict {
  let expected: object;
  try {
    expected = recompute();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { wrong: `it cannot be computed: ${error.message}` };
  }
  for (const [field, value] of Object.entries(expected)) {
    const found = canonicalJson((body as Record<string, unknown>)[field]);
    const right = canonicalJson(value);
    if (found !== right) return { wrong: `${field} is ${shorten(found)}, but the records give ${shorten(right)}` };
  }
  return 'right';
}

/** Lines of energy, whose amount is Wh x price by section 10. Of charges that a later rule adds nothing is claimed here. */
const ENERGY_LINES: ReadonlySet<string> = new Set(['trade', 'import', 'feed-in']);

/** What every reader can check: the amount of each line of energy, and that the statements add up to the lines. */
function ownFault(body: Body<'settlement'>): Verdict {
  const due = new Map<string, bigint>();
  for (const { account, counterAccount, wh, price, amount, code } of body.lines) {
    if (ENERGY_LINES.has(code) && BigInt(wh) * BigInt(price) !== BigInt(amount))
      return { wrong: `a line (${code}) of ${wh} Wh at ${price} says ${amount}` };
    due.set(account, (due.get(account) ?? 0n) + BigInt(amount));
    due.set(counterAccount, (due.get(counterAccount) ?? 0n) - BigInt(amount));
  }
  for (const { member, amount } of body.statements) {
    if ((due.get(`member/${member}`) ?? 0n) !== BigInt(amount))
      return { wrong: `the statement of ${member} is not the sum of its lines` };
  }
  return 'unchecked';
}

const shorten = (text: string) => (text.length > 120 ? `${text.slice(0, 120)}...` : text);

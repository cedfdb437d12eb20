// Reasons in a book with preferences: how much of an order was traded by preference, with whom and at which price, or why
// nothing was; then the rule's own reason for what was left. The limit that decides is that of both together. An order that
// traded by preference names none: it would take a run of the stage for each limit.
import type { Reason } from '../units.ts';
import { preferredStage, type Rest, restOf } from './clear-preferred.ts';
import { type Deciding, turn } from './explain-order.ts';
import type { Auction, Clearing, Order, Preferred } from './order.ts';
import type { Stage } from './preferred.ts';
import { NO_OUTLOOK, type Outlook, Outlooks } from './preferred-outlook.ts';
import { crosses, metText, partnersText, sumWh, type Told, toldTo, whyNot } from './preferred-words.ts';
import { ZONAL } from './rules/zonal.ts';
import { energyText, priceText } from './words.ts';

type ReasonOf = (index: number) => Reason;

/** Codes of rules that speak of all that the other side offers, of which preferences may have taken a part. */
const OF_ALL = ['no-counterpart', 'no-trade', 'too-few'];

/**
 * @param clearing of this auction
 * @param explainRest makes the reasons of the rule for what preferences left
 */
export function preferredExplainer(
  auction: Auction,
  clearing: Clearing,
  currency: string,
  explainRest: (rest: Auction, cleared: Clearing, deciding: Deciding) => ReasonOf,
): ReasonOf {
  const { orders } = auction;
  const book = new ExplainedBook(auction, clearing, `${currency}/kWh`);
  const restReason = explainRest(book.rest.auction, book.clearedRest(), book.deciding);
  return (index) => {
    const order = orders[index];
    if (!order || clearing.fills[index]?.id !== order.id) {
      throw new RangeError(`the clearing has no fill for order ${index} of the book`);
    }
    const place = book.rest.placeOf[index]!;
    return place < 0 ? book.withoutRule(index) : book.withRule(index, restReason(place));
  };
}

class ExplainedBook {
  readonly rest: Rest;
  readonly #auction: Auction;
  readonly #clearing: Clearing;
  readonly #unit: string;
  readonly #stage: Stage;
  readonly #trades: ReadonlyMap<number, readonly Preferred[]>;
  readonly #takenBack: ReadonlySet<string>;
  /** By place in the rest, the place in the book. */
  readonly #indexOf: number[] = [];
  #outlooks: Outlooks | null = null;

  constructor(auction: Auction, clearing: Clearing, unit: string) {
    this.#auction = auction;
    this.#clearing = clearing;
    this.#unit = unit;
    this.#stage = preferredStage(clearing.rule, auction);
    this.rest = restOf(auction, this.#stage.leftWh);
    this.#trades = tradesByOrder(clearing.preferred ?? []);
    this.#takenBack = new Set((auction.cancels ?? []).map(({ order }) => order));
    for (const [index, place] of this.rest.placeOf.entries()) if (place >= 0) this.#indexOf[place] = index;
  }

  /** What the rule made of the rest. */
  clearedRest(): Clearing {
    return { ...this.#clearing, fills: this.#indexOf.map((index) => this.#clearing.fills[index]!) };
  }

  readonly deciding: Deciding = (place, own) => {
    const index = this.#indexOf[place]!;
    if (this.#trades.has(index)) return null;
    // With a worse limit it meets nobody either: the rule alone decides.
    if (this.#clearing.fills[index]!.wh > 0) return own;
    return easier(this.#auction.orders[index]!, own, this.#outlookOf(index));
  };

  /** The reason of an order of which something was left to the rule. */
  withRule(index: number, reason: Reason): Reason {
    const order = this.#auction.orders[index]!;
    const trades = this.#told(index);
    const touched = this.rest.auction.orders.length < this.#auction.orders.length || this.#trades.size > 0;
    const ofTheRest = touched && OF_ALL.includes(reason.code);
    const text = ofTheRest
      ? reason.text.replace(/^not filled: /, 'not filled from what preferences left: ')
      : reason.text;
    if (trades.length > 0) {
      const restWh = order.wh - sumWh(trades);
      return {
        code: reason.code,
        text: `${metText(order, trades, this.#unit)}; the other ${energyText(restWh)} ${text}`,
        numbers: { ...reason.numbers, ...numbersOf(order, trades, this.#clearing.fills[index]!.wh) },
      };
    }
    if (!order.preference || this.#takenBack.has(order.id)) return { ...reason, text };
    return { ...reason, text: `${text}; nothing by preference: ${this.#whyNot(index)}` };
  }

  /** The reason of an order that the rule never saw: all of it traded by preference, or it trades in no other way. */
  withoutRule(index: number): Reason {
    const order = this.#auction.orders[index]!;
    const trades = this.#told(index);
    const numbers = numbersOf(order, trades, 0);
    if (numbers.preferredWh === order.wh) {
      return { code: 'preferred', text: `filled by preference: ${partnersText(order, trades, this.#unit)}`, numbers };
    }
    if (trades.length > 0) {
      const more = order.side === 'buy' ? 'offered more' : 'wanted more';
      const within = `nobody else whom you accept ${more} within your limit ${priceText(order.limit)} ${this.#unit}`;
      return { code: 'partly-preferred', text: `${metText(order, trades, this.#unit)}; ${within}`, numbers };
    }
    if (this.#takenBack.has(order.id)) return { code: 'taken-back', text: 'not filled: it was taken back', numbers };
    const outlook = this.#outlookOf(index);
    const { best } = outlook;
    const code = best === null ? 'nobody-accepted' : crosses(order, best) ? 'went-to-others' : 'limit-accepted';
    const text = `not filled: ${this.#whyNot(index)}`;
    const decidingLimit = easier(order, null, outlook);
    if (decidingLimit === null) return { code, text, numbers };
    const turnsOn = turn(order.side, priceText(decidingLimit), false);
    return { code, text: `${text}; ${turnsOn}`, numbers: { ...numbers, decidingLimit } };
  }

  #told(index: number): readonly Told[] {
    return toldTo(this.#auction.orders[index]!, this.#trades.get(index) ?? []);
  }

  #whyNot(index: number): string {
    const order = this.#auction.orders[index]!;
    if (order.preference?.from === 'feeder' && this.#stage.homes.get(order.member)?.feeder === undefined) {
      return 'your place in the feeder tree is not known';
    }
    const inArea = this.#clearing.rule === ZONAL && (this.#auction.areas ?? []).length > 0;
    return whyNot(order, this.#outlookOf(index).best, this.#unit, inArea);
  }

  #outlookOf(index: number): Outlook {
    if (this.#takenBack.has(this.#auction.orders[index]!.id)) return NO_OUTLOOK;
    this.#outlooks ??= new Outlooks(this.#stage);
    return this.#outlooks.of(index);
  }
}

/** The easier of two limits; null where none would trade, or where that of the preference is not known exactly. */
function easier({ side }: Order, own: number | null, { limit, exact }: Outlook): number | null {
  if (limit === null) return own;
  const least = own === null ? limit : side === 'buy' ? Math.min(own, limit) : Math.max(own, limit);
  return exact || least !== limit ? least : null;
}

function numbersOf({ wh, limit }: Order, trades: readonly Told[], byRule: number) {
  const preferredWh = sumWh(trades);
  const prices = trades.map(({ price }) => price);
  const numbers = { wh, filledWh: preferredWh + byRule, limit, preferredWh };
  if (prices.length === 0) return numbers;
  const preferredLow = prices.reduce((low, price) => Math.min(low, price));
  const preferredHigh = prices.reduce((high, price) => Math.max(high, price));
  return { ...numbers, preferredLow, preferredHigh };
}

function tradesByOrder(preferred: readonly Preferred[]): ReadonlyMap<number, readonly Preferred[]> {
  const trades = new Map<number, Preferred[]>();
  for (const trade of preferred) {
    for (const index of [trade.buy, trade.sell]) {
      const own = trades.get(index);
      if (own) own.push(trade);
      else trades.set(index, [trade]);
    }
  }
  return trades;
}

// Collects the orders of an interval, closes the book at the gate and clears it. With a ledger, the book is what the log
// holds before the clearing, so it survives a restart and every member can recompute it; without one, what arrived here.
import type { NodeAPI } from 'node-red';
import { auctionOf, feedersFor } from '../../src/audit/auction.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { clear } from '../../src/market/clear.ts';
import { explainAll } from '../../src/market/explain.ts';
import { OpenBooks } from '../../src/market/open-book.ts';
import type { Auction, Order } from '../../src/market/order.ts';
import { isZonal } from '../../src/market/rules/zonal.ts';
import { formatEnergy, formatPrice } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { apiOf, defineNode, type Message, Refusal } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { onLedger } from '../shared/on-ledger.ts';
import { requireGateDue } from '../shared/plausible.ts';
import { degraded, idle, working } from '../shared/status.ts';
import { configSchema, marketRules } from './settings.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-market',
    config: configSchema,
    refusedOutput: 1,
    create({ config, status, run }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const ledger = config.ledger === '' ? null : apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const { maxOrderWh, maxOrdersPerMember } = community.rules;
      const market = marketRules(config, community.rules);
      const withdraw = community.declareMarket(market);
      const bounds = {
        limits: market.limits,
        maxOrderWh,
        maxOrdersPerMember,
        ...(market.maxMemberWh === null ? {} : { maxMemberWh: market.maxMemberWh }),
      };
      // A community without members is an auction by hand: whoever comes may trade.
      const members = { has: (id: string) => community.members.size === 0 || community.members.has(id) };
      const places = { has: () => market.areas.length > 0 };
      const newBooks = () => new OpenBooks(bounds, { rule: market.rule, members, places });
      let books = newBooks();
      const reset = () => {
        books = newBooks();
        seen.clear();
        status(idle('new epoch'));
      };
      community.on('reset', reset);
      status(idle('no orders yet'));
      // A ledger that does not open is said here at once, not at the gate.
      if (ledger) run(() => ledger.open().then(() => {}));

      /** With a ledger the log is the book; here it is only counted what of it passed by. */
      const seen = new Map<string, Set<string>>();
      const countRecorded = (log: Ledger, payload: Payload<'order' | 'cancel'>): number => {
        const { receipt, interval, type, member } = payload;
        if (!receipt || log.leaf(receipt.index)?.id !== receipt.id) {
          throw new Refusal(
            'not-recorded',
            `the ${type} of ${member} is not in the ledger; wire it through ledger-append first`,
            payload,
          );
        }
        const orders = seen.get(interval) ?? new Set();
        if (payload.type === 'order') orders.add(receipt.id);
        else orders.delete(payload.order);
        seen.set(interval, orders);
        return orders.size;
      };

      const countOwn = (payload: Payload<'order' | 'cancel'>): number => {
        const { member, interval } = payload;
        // A community without members is an auction by hand: whoever comes may trade.
        if (community.members.size > 0 && !community.members.has(member)) {
          const text = `${member} is not a member of ${community.rules.origin}; add it or check who the order is of`;
          throw new Refusal('unknown-member', text, payload);
        }
        const refusal =
          payload.type === 'order'
            ? books.add(interval, orderOf(payload))
            : books.cancel(interval, member, payload.order);
        if (refusal) throw new Refusal(refusal.code, refusal.text, payload);
        return books.size(interval);
      };

      const take = async (payload: Payload<'order' | 'cancel'>) => {
        const count = ledger
          ? await onLedger(ledger, payload, (log) => countRecorded(log, payload))
          : countOwn(payload);
        status(working(`${count} orders for ${payload.interval.slice(11)}`));
      };

      const close = async (interval: string): Promise<Payload<'clearing'> | null> => {
        if (ledger) return onLedger(ledger, { type: 'clearing' }, (log) => closeRecorded(log, interval));
        const book = books.close(interval);
        if (!book) return null;
        const { orders } = book;
        const members = [...new Set([...community.members.keys(), ...orders.map((order) => order.member)])];
        const feederOf = (member: string) => community.members.get(member)?.feeder;
        return result({ interval, members, ...book, ...feedersFor(market.rule, market.areas, members, feederOf) });
      };

      const closeRecorded = async (log: Ledger, interval: string): Promise<Payload<'clearing'> | null> => {
        requireGateDue(community, interval);
        for (const name of seen.keys()) if (name <= interval) seen.delete(name);
        // After a restart the gate may come again; what is sealed stays.
        if (log.state.cleared !== null && log.state.cleared >= interval) return null;
        await ledger?.rulesRecorded();
        const { rules } = log.state;
        if (rules.market !== market.rule) {
          throw new Error(
            `the ledger's rules still say ${rules.market}, so ${interval} is not cleared by ${market.rule}; they follow the market's dialog once the ledger is open`,
          );
        }
        return result(auctionOf(log.state, interval, await log.closeGate(interval)));
      };

      const result = (auction: Auction): Payload<'clearing'> => {
        const { interval, orders } = auction;
        const clearing = clear(market.rule, auction);
        const reasons = explainAll(auction, clearing, community.rules.currency);
        return {
          type: 'clearing',
          rule: clearing.rule,
          interval,
          volumeWh: clearing.volumeWh,
          price: clearing.price,
          priceLow: clearing.priceLow,
          priceHigh: clearing.priceHigh,
          // Copies: the next node may change its message, and must not change the ledger's book with it.
          orders: orders.map((order) => ({ ...order })),
          fills: clearing.fills.map((fill, i) => ({ ...fill, reason: reasons[i] })),
          pairs: [...clearing.pairs],
          ...(clearing.preferred ? { preferred: [...clearing.preferred] } : {}),
          ...(isZonal(clearing) ? { areas: [...clearing.areas] } : {}),
        };
      };

      return {
        async input(message, send) {
          const payload = readPayload(message.payload, 'order', 'cancel', 'interval');
          if (payload.type !== 'interval') return take(payload);
          if (payload.event !== 'gate') return;
          const clearing = await close(payload.interval);
          if (!clearing) return status(degraded(`${payload.interval.slice(11)} was cleared before`));
          status(working(describeClearing(clearing)));
          send([{ ...message, topic: clearing.interval, payload: clearing }, null, fillsOf(clearing)]);
        },
        close: () => {
          community.off('reset', reset);
          withdraw();
        },
      };
    },
  });
}

function orderOf(payload: Payload<'order'>): Order {
  const id = payload.receipt?.id ?? payload.id;
  if (id === undefined)
    throw new Error(`the order of ${payload.member} has no id; give it one that is unique in its interval`);
  const { member, side, wh, limit, preference, renewable } = payload;
  return { id, member, side, wh, limit, ...(preference ? { preference } : {}), ...(renewable ? { renewable } : {}) };
}

function describeClearing({ price, volumeWh, pairs, orders }: Payload<'clearing'>): string {
  if (orders.length === 0) return 'no orders';
  if (volumeWh === 0) return `no trade, ${orders.length} orders`;
  // Where every pair has a price of its own, the energy says more.
  return `${price === null ? formatEnergy(volumeWh) : formatPrice(price)}, ${pairs.length} trades`;
}

/** One message per member with an order: what it bought or sold, and why. */
function fillsOf(clearing: Payload<'clearing'>): Message[] {
  const members = [...new Set(clearing.fills.map((fill) => fill.member))];
  return members.map((member) => ({
    topic: member,
    payload: {
      type: 'fills',
      member,
      interval: clearing.interval,
      price: clearing.price,
      fills: clearing.fills.filter((fill) => fill.member === member),
      ...preferredOf(clearing, member),
    },
  }));
}

/** What a member traded by preference, before the rule. */
function preferredOf({ preferred = [] }: Payload<'clearing'>, member: string): Partial<Payload<'fills'>> {
  const own = preferred.filter(({ buyer, seller }) => buyer === member || seller === member);
  return own.length === 0 ? {} : { preferred: own };
}

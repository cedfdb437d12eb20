// What must hold under every rule with orders (market.md): energy and money conserved, limits kept, no byte moved by the order
// of orders, nothing gained by splitting one, nothing changed by an order that cannot trade, welfare where it is claimed.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear } from '../../../src/market/clear.ts';
import type { Auction, Clearing, Order } from '../../../src/market/order.ts';
import { bestOf, welfareOf } from '../../support/best-welfare.ts';
import { auctionsOf, INTERVAL, ordersOf } from '../../support/books.ts';

interface Claims {
  readonly rule: string;
  /** Sealed: the order of the list decides nothing. */
  readonly sealed: boolean;
  /** The most welfare, and of that the most energy. */
  readonly optimal: boolean;
}

const RULES: readonly Claims[] = [
  { rule: 'uniform-price/1', sealed: true, optimal: true },
  { rule: 'pay-as-bid/1', sealed: true, optimal: true },
  { rule: 'continuous/1', sealed: false, optimal: false },
  { rule: 'trade-reduction/1', sealed: true, optimal: false },
];
const few = { limit: fc.integer({ min: -6, max: 6 }) };

for (const { rule, sealed, optimal } of RULES) {
  describe(`${rule}: what must hold`, () => {
    const cleared = (auction: Auction): Clearing => clear(rule, auction);

    it('conserves energy: as much sold as bought, and every pair and fill accounted for', () => {
      fc.assert(
        fc.property(auctionsOf(), (auction) => {
          const { volumeWh, fills, pairs } = cleared(auction);
          const sums = { buy: 0, sell: 0 };
          const outside = new Map<string, number>();
          for (const [index, { side, wh, member, id }] of auction.orders.entries()) {
            const fill = fills[index]!;
            assert.deepEqual([fill.id, fill.member, fill.side], [id, member, side]);
            assert.ok(Number.isSafeInteger(fill.wh) && fill.wh >= 0 && fill.wh <= wh);
            sums[side] += fill.wh;
            outside.set(member, (outside.get(member) ?? 0) + (side === 'buy' ? fill.wh : -fill.wh));
          }
          assert.deepEqual(sums, { buy: volumeWh, sell: volumeWh });
          for (const { buyer, seller, wh } of pairs) {
            assert.ok(wh > 0 && buyer !== seller);
            outside.set(buyer, outside.get(buyer)! - wh);
            outside.set(seller, outside.get(seller)! + wh);
          }
          assert.ok([...outside.values()].every((wh) => wh === 0));
        }),
        { numRuns: 500 },
      );
    });

    it('nobody pays above or receives below a limit that traded, and nobody gains what another does not pay', () => {
      fc.assert(
        fc.property(auctionsOf(), (auction) => {
          const { fills, pairs, price } = cleared(auction);
          // The best and the worst limit of a member's fills bound what its pairs may cost.
          const limits = { buy: new Map<string, number>(), sell: new Map<string, number>() };
          for (const [index, { side, member, limit }] of auction.orders.entries()) {
            if (fills[index]!.wh === 0) continue;
            const best = limits[side].get(member) ?? limit;
            limits[side].set(member, side === 'buy' ? Math.max(best, limit) : Math.min(best, limit));
          }
          for (const pair of pairs) {
            const pays = pair.price ?? price!;
            const gets = pair.sellerPrice ?? pays;
            assert.ok(gets <= pays);
            assert.ok(pays <= limits.buy.get(pair.buyer)!);
            assert.ok(gets >= limits.sell.get(pair.seller)!);
          }
        }),
        { numRuns: 500 },
      );
    });

    it('costs no member more than its own limits come to, order by order', () => {
      fc.assert(
        fc.property(auctionsOf({ ...few, wh: fc.integer({ min: 1, max: 30 }) }), (auction) => {
          const { fills, pairs, price } = cleared(auction);
          const worth = new Map<string, number>();
          for (const [index, { side, member, limit }] of auction.orders.entries()) {
            worth.set(member, (worth.get(member) ?? 0) + (side === 'buy' ? limit : -limit) * fills[index]!.wh);
          }
          for (const pair of pairs) {
            const pays = pair.price ?? price!;
            worth.set(pair.buyer, worth.get(pair.buyer)! - pays * pair.wh);
            worth.set(pair.seller, worth.get(pair.seller)! + (pair.sellerPrice ?? pays) * pair.wh);
          }
          for (const [member, gain] of worth) assert.ok(gain >= 0, `${member} loses ${-gain}`);
        }),
        { numRuns: 500 },
      );
    });

    it('splitting an order changes no total of any member, and nothing of any pair', () => {
      fc.assert(
        fc.property(auctionsOf(), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (auction, pick, at) => {
          const order = auction.orders[pick % Math.max(1, auction.orders.length)];
          if (!order || order.wh < 2) return;
          const first = 1 + Math.floor(at * (order.wh - 2));
          const parts = [
            { ...order, id: `${order.id}.1`, wh: first },
            { ...order, id: `${order.id}.2`, wh: order.wh - first },
          ];
          const before = cleared(auction);
          const after = cleared({
            ...auction,
            orders: auction.orders.flatMap((each) => (each === order ? parts : [each])),
          });
          assert.deepEqual([{ ...after, fills: [] }, totals(after)], [{ ...before, fills: [] }, totals(before)]);
        }),
        { numRuns: 500 },
      );
    });

    it('the order of JSON keys changes no byte', () => {
      const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse());
      fc.assert(
        fc.property(auctionsOf(), (auction) => {
          const turned = reversed({ ...auction, orders: auction.orders.map(reversed) }) as unknown as Auction;
          assert.equal(JSON.stringify(cleared(turned)), JSON.stringify(cleared(auction)));
        }),
        { numRuns: 100 },
      );
    });

    const permuting = sealed ? 'changes no byte' : 'counts: the list is the log';
    it(`the order of orders ${permuting}`, () => {
      const sorted = (clearing: Clearing) =>
        JSON.stringify({ ...clearing, fills: clearing.fills.toSorted((a, b) => (a.id < b.id ? -1 : 1)) });
      const permuted = auctionsOf().chain((auction) =>
        fc.tuple(
          fc.constant(auction),
          fc.shuffledSubarray([...auction.orders], { minLength: auction.orders.length }),
          fc.shuffledSubarray([...(auction.members ?? [])], { minLength: auction.members?.length ?? 0 }),
        ),
      );
      let changed = 0;
      fc.assert(
        fc.property(permuted, ([auction, orders, members]) => {
          const other = { ...auction, orders, ...(auction.members ? { members } : {}) };
          const same = sorted(cleared(other)) === sorted(cleared(auction));
          if (sealed) assert.ok(same);
          else if (!same) changed++;
        }),
        { numRuns: 300 },
      );
      if (!sealed) assert.ok(changed > 0);
    });

    if (sealed) {
      it('a buy below every price that could be, or a sell above it, changes nothing', () => {
        fc.assert(
          fc.property(auctionsOf(few), fc.integer({ min: 1, max: 20 }), fc.boolean(), (auction, distance, buy) => {
            const members = [...(auction.members ?? new Set(auction.orders.map(({ member }) => member)))];
            const { priceLow, priceHigh } = clear('uniform-price/1', auction);
            if (priceLow === null || priceHigh === null) return;
            const limit = buy ? priceLow - distance : priceHigh + distance;
            const idle: Order = { id: 'idle', member: members[0]!, side: buy ? 'buy' : 'sell', wh: 7, limit };
            const before = cleared({ ...auction, members });
            const after = cleared({ ...auction, members, orders: [...auction.orders, idle] });
            assert.equal(after.fills.at(-1)?.wh, 0);
            assert.deepEqual({ ...after, fills: after.fills.slice(0, -1) }, before);
          }),
          { numRuns: 500 },
        );
      });
    }

    if (optimal) {
      it('reaches the best of all ways to fill a small book: welfare first, then energy', () => {
        const small = { limit: fc.integer({ min: -2, max: 3 }), wh: fc.integer({ min: 1, max: 3 }), maxOrders: 6 };
        fc.assert(
          fc.property(ordersOf(small), (orders) => {
            const { fills, volumeWh } = cleared({ interval: INTERVAL, orders });
            assert.deepEqual(
              [
                welfareOf(
                  orders,
                  fills.map(({ wh }) => wh),
                ),
                volumeWh,
              ],
              bestOf(orders),
            );
          }),
          { numRuns: 150 },
        );
      });
    } else {
      it('never has more welfare than the best, which it does not claim', () => {
        const small = { limit: fc.integer({ min: -2, max: 3 }), wh: fc.integer({ min: 1, max: 3 }), maxOrders: 6 };
        let short = 0;
        fc.assert(
          fc.property(ordersOf(small), (orders) => {
            const { fills } = cleared({ interval: INTERVAL, orders });
            const welfare = welfareOf(
              orders,
              fills.map(({ wh }) => wh),
            );
            const [best] = bestOf(orders);
            assert.ok(welfare >= 0 && welfare <= best);
            if (welfare < best) short++;
          }),
          { numRuns: 150 },
        );
        assert.ok(short > 0, 'it was always the best, so it could claim that');
      });
    }

    for (const [name, orders] of corners()) {
      it(`${name}: nothing lost, nothing that is no integer`, () => {
        const { volumeWh, fills } = cleared({ interval: INTERVAL, orders });
        const sum = (side: string) => fills.reduce((all, fill) => all + (fill.side === side ? fill.wh : 0), 0);
        assert.deepEqual([sum('buy'), sum('sell')], [volumeWh, volumeWh]);
      });
    }

    it('refuses a volume beyond 2^53-1', () => {
      const orders = ['a', 'b', 'c', 'd'].map(
        (member, i): Order => ({
          id: member,
          member,
          side: i % 2 === 0 ? 'buy' : 'sell',
          wh: 2 ** 53 - 1 - (i >> 1),
          limit: 0,
        }),
      );
      assert.throws(() => cleared({ interval: INTERVAL, orders }), {
        name: 'RangeError',
        message: /volume does not fit/,
      });
    });
  });
}

function* corners(): Generator<[name: string, orders: Order[]]> {
  const MAX = 2 ** 53 - 1;
  const order = (id: string, side: 'buy' | 'sell', wh: number, limit: number): Order => ({
    id,
    member: id,
    side,
    wh,
    limit,
  });
  yield ['an empty book', []];
  yield ['buys only', [order('a', 'buy', 5, 1), order('b', 'buy', 5, 2)]];
  yield ['sells only', [order('a', 'sell', 5, 1)]];
  yield ['all limits equal', ['a', 'b', 'c', 'd', 'e'].map((id, i) => order(id, i < 2 ? 'buy' : 'sell', 3 + i, 7))];
  yield ['greatest quantities and limits', [order('a', 'buy', MAX, MAX), order('b', 'sell', MAX, -MAX)]];
  yield ['limits of one Wh', [order('a', 'buy', 1, 1), order('b', 'sell', 1, 1), order('c', 'sell', 1, 1)]];
}

function totals({ fills }: Clearing): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { member, side, wh } of fills) sums.set(`${side} ${member}`, (sums.get(`${side} ${member}`) ?? 0) + wh);
  return sums;
}

// What must hold of a whole clearing with preferences, under every rule: energy conserved order by order, limits kept, `only`
// never violated, no byte moved by the order of orders, nothing gained by splitting one, and nothing changed where nobody
// has a preference.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import type { Auction, Clearing, Order, Pair } from '../../src/market/order.ts';
import { clearContinuous } from '../../src/market/rules/continuous.ts';
import { clearPayAsBid } from '../../src/market/rules/pay-as-bid.ts';
import { clearTradeReduction } from '../../src/market/rules/trade-reduction.ts';
import { clearUniformPrice } from '../../src/market/rules/uniform-price.ts';
import { clearZonal, type ZonalClearing } from '../../src/market/rules/zonal.ts';
import { tradedPairs } from '../../src/settlement/preferred.ts';
import { INTERVAL, withCancels } from '../support/books.ts';
import { accepts, feederOf } from '../support/naive-preferred.ts';
import { preferringAuctionsOf, preferringZonalAuctionsOf } from '../support/preferring-books.ts';

interface Case {
  readonly rule: string;
  readonly run: (auction: Auction) => Clearing;
  readonly auctions: fc.Arbitrary<Auction>;
  /** Whether there is a feeder tree that no trade of the stage may cross. */
  readonly zonal?: true;
  /** The list of orders is the log, and counts for the rule. */
  readonly log?: true;
}

const RULES: readonly Case[] = [
  { rule: 'uniform-price/1', run: clearUniformPrice, auctions: preferringAuctionsOf() },
  { rule: 'pay-as-bid/1', run: clearPayAsBid, auctions: preferringAuctionsOf() },
  { rule: 'continuous/1', run: clearContinuous, auctions: withCancels(preferringAuctionsOf()), log: true },
  { rule: 'trade-reduction/1', run: clearTradeReduction, auctions: preferringAuctionsOf() },
  { rule: 'zonal/1', run: clearZonal, auctions: preferringZonalAuctionsOf(), zonal: true },
  { rule: 'zonal/1', run: clearZonal, auctions: preferringAuctionsOf() },
];

it('every rule is here', () =>
  assert.deepEqual([...new Set(RULES.map(({ rule }) => rule))].sort(), RULE_NAMES.toSorted()));

for (const [number, { rule, run, auctions, zonal = false, log = false }] of RULES.entries()) {
  const cleared = (auction: Auction): Clearing => clear(rule, auction);

  describe(`${rule} with preferences (${number})`, () => {
    it('conserves energy: each order within its Wh, each member as much as its pairs say', () => {
      let [both, alone] = [0, 0];
      fc.assert(
        fc.property(auctions, (auction) => {
          const { orders } = auction;
          const { fills, pairs, preferred = [], volumeWh } = cleared(auction);
          assert.equal(fills.length, orders.length);
          const traded = fills.map(({ wh }) => wh);
          for (const { buy, sell, wh } of preferred) for (const index of [buy, sell]) traded[index]! += wh;
          const outside = new Map<string, number>();
          const sums = { buy: 0, sell: 0 };
          for (const [index, { id, member, side, wh }] of orders.entries()) {
            const fill = fills[index]!;
            assert.deepEqual([fill.id, fill.member, fill.side], [id, member, side]);
            assert.ok(Number.isSafeInteger(fill.wh) && fill.wh >= 0 && traded[index]! <= wh);
            sums[side] += fill.wh;
            outside.set(member, (outside.get(member) ?? 0) + (side === 'buy' ? fill.wh : -fill.wh));
          }
          assert.deepEqual(sums, { buy: volumeWh, sell: volumeWh });
          for (const { buyer, seller, wh } of pairs) {
            outside.set(buyer, outside.get(buyer)! - wh);
            outside.set(seller, outside.get(seller)! + wh);
          }
          assert.ok([...outside.values()].every((wh) => wh === 0));
          if (preferred.length > 0 && volumeWh > 0) both++;
          if (preferred.length > 0 && volumeWh === 0) alone++;
        }),
        { numRuns: 400 },
      );
      assert.ok(both > 10 && alone > 0, `${both} with both, ${alone} with preferences alone: this shows little`);
    });

    it('costs no member more than its own limits come to', () => {
      fc.assert(
        fc.property(auctions, (auction) => {
          const clearing = cleared(auction);
          const worth = new Map<string, number>();
          const add = (member: string, value: number) => worth.set(member, (worth.get(member) ?? 0) + value);
          for (const [index, { side, member, limit }] of auction.orders.entries()) {
            add(member, (side === 'buy' ? limit : -limit) * clearing.fills[index]!.wh);
          }
          for (const { buy, sell, wh } of clearing.preferred ?? []) {
            add(auction.orders[buy]!.member, auction.orders[buy]!.limit * wh);
            add(auction.orders[sell]!.member, -auction.orders[sell]!.limit * wh);
          }
          for (const { buyer, seller, wh, price = clearing.price!, sellerPrice = price } of tradedPairs(clearing)) {
            add(buyer, -price * wh);
            add(seller, sellerPrice * wh);
          }
          for (const [member, gain] of worth) assert.ok(gain >= 0, `${member} loses ${-gain}`);
        }),
        { numRuns: 400 },
      );
    });

    it('never joins by preference what one side does not accept, and gives the rule nothing of an order with `only`', () => {
      fc.assert(
        fc.property(auctions, (auction) => {
          const { fills, preferred = [] } = cleared(auction);
          for (const { buy, sell } of preferred) {
            const [bought, sold] = [auction.orders[buy]!, auction.orders[sell]!];
            assert.ok(accepts(auction, zonal, bought, sold) && accepts(auction, zonal, sold, bought));
            assert.notEqual(bought.member, sold.member);
          }
          for (const [index, { preference }] of auction.orders.entries()) {
            if (preference?.mode === 'only') assert.equal(fills[index]!.wh, 0);
          }
        }),
        { numRuns: 400 },
      );
    });

    it('splitting an order changes no total of any member, and no pair', () => {
      fc.assert(
        fc.property(auctions, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (auction, pick, at) => {
          // A cancel names one order: then splitting it would be taking back a half.
          const whole = { ...auction, cancels: [] };
          const order = whole.orders[pick % Math.max(1, whole.orders.length)];
          if (!order || order.wh < 2) return;
          const first = 1 + Math.floor(at * (order.wh - 2));
          const parts = [
            { ...order, id: `${order.id}.1`, wh: first },
            { ...order, id: `${order.id}.2`, wh: order.wh - first },
          ];
          const split = { ...whole, orders: whole.orders.flatMap((each) => (each === order ? parts : [each])) };
          assert.deepEqual(totals(split, cleared(split)), totals(whole, cleared(whole)));
        }),
        { numRuns: 400 },
      );
    });

    it('the order of JSON keys changes no byte', () => {
      const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse());
      fc.assert(
        fc.property(auctions, (auction) => {
          const orders = auction.orders.map((order) =>
            reversed({ ...order, ...(order.preference ? { preference: reversed(order.preference) } : {}) }),
          );
          const turned = reversed({ ...auction, orders }) as unknown as Auction;
          assert.equal(JSON.stringify(cleared(turned)), JSON.stringify(cleared(auction)));
        }),
        { numRuns: 100 },
      );
    });

    it(`the order of orders, members and areas changes no byte${log ? ' of what was traded by preference' : ''}`, () => {
      const named = (auction: Auction) => {
        const { preferred = [], fills, ...rest } = cleared(auction);
        const id = (index: number) => auction.orders[index]!.id;
        const met = preferred.map(({ buy, sell, ...trade }) => ({ buy: id(buy), sell: id(sell), ...trade }));
        if (log) return JSON.stringify(met);
        return JSON.stringify([rest, fills.toSorted((a, b) => (a.id < b.id ? -1 : 1)), met]);
      };
      const permuted = auctions.chain((auction) =>
        fc.tuple(
          fc.constant({ ...auction, cancels: [] }),
          fc.shuffledSubarray([...auction.orders], { minLength: auction.orders.length }),
          fc.shuffledSubarray([...(auction.members ?? [])], { minLength: auction.members?.length ?? 0 }),
          fc.shuffledSubarray([...(auction.areas ?? [])], { minLength: auction.areas?.length ?? 0 }),
        ),
      );
      fc.assert(
        fc.property(permuted, ([auction, orders, members, areas]) => {
          const other = {
            ...auction,
            orders,
            ...(auction.members ? { members } : {}),
            ...(auction.areas ? { areas } : {}),
          };
          assert.equal(named(other), named(auction));
        }),
        { numRuns: 200 },
      );
    });

    it('without a preference anywhere it is the rule alone, to the byte', () => {
      fc.assert(
        fc.property(auctions, (auction) => {
          const orders = auction.orders.map(({ preference: _, ...order }) => order);
          const plain = { ...auction, orders };
          const bare = { ...auction, orders: orders.map(({ renewable: _, ...order }) => order) };
          assert.equal(JSON.stringify(cleared(plain)), JSON.stringify(run(bare)));
        }),
        { numRuns: 200 },
      );
    });

    it('what nobody can meet changes nothing', () => {
      fc.assert(
        fc.property(auctions, fc.constantFrom('buy' as const, 'sell' as const), (auction, side) => {
          const [member] = auction.orders.map((order) => order.member);
          if (member === undefined) return;
          const lonely: Order = {
            id: 'lonely',
            member,
            side,
            wh: 9,
            limit: side === 'buy' ? 50 : -50,
            preference: { mode: 'only', from: 'partners', partners: ['nobody'] },
          };
          const { fills, ...rest } = cleared({ ...auction, orders: [...auction.orders, lonely] });
          assert.equal(fills.at(-1)!.wh, 0);
          assert.deepEqual({ ...rest, fills: fills.slice(0, -1) }, cleared(auction));
        }),
        { numRuns: 200 },
      );
    });

    if (zonal) {
      it('trades by preference stay inside an area, and all trades together cross each line as much as flows', () => {
        let crossed = 0;
        fc.assert(
          fc.property(auctions, (auction) => {
            const clearing = cleared(auction) as ZonalClearing;
            const flows = new Map(clearing.areas.map(({ id }) => [id, 0]));
            const parentOf = new Map(auction.areas!.map(({ id, parent }) => [id, parent]));
            const lines = (area: string | null): string[] =>
              area === null ? [] : [area, ...lines(parentOf.get(area) ?? null)];
            for (const { buyer, seller, wh, networkFee } of tradedPairs(clearing)) {
              const [to, from] = [feederOf(auction, true, buyer), feederOf(auction, true, seller)];
              if (clearing.pairs.every((pair) => pair.buyer !== buyer || pair.seller !== seller)) {
                assert.deepEqual([to, networkFee], [from, 0]);
              }
              for (const area of lines(to)) flows.set(area, flows.get(area)! + wh);
              for (const area of lines(from)) flows.set(area, flows.get(area)! - wh);
            }
            for (const { id, flowWh } of clearing.areas) {
              assert.equal(flows.get(id), flowWh);
              const { importWh = Number.POSITIVE_INFINITY, exportWh = Number.POSITIVE_INFINITY } = auction.areas!.find(
                (area) => area.id === id,
              )!;
              assert.ok(flowWh <= importWh && -flowWh <= exportWh);
              if (flowWh !== 0 && (clearing.preferred ?? []).length > 0) crossed++;
            }
          }),
          { numRuns: 500 },
        );
        assert.ok(crossed > 0, 'nothing ever crossed a line: this shows nothing');
      });
    }
  });
}

describe('clear with preferences', () => {
  const order = (
    id: string,
    member: string,
    side: Order['side'],
    wh: number,
    limit: number,
    more: object = {},
  ): Order => ({
    id,
    member,
    side,
    wh,
    limit,
    ...more,
  });
  const partner = (mode: 'only' | 'first', ...partners: string[]) => ({
    preference: { mode, from: 'partners', partners },
  });

  it('leaves to the rule what was not traded by preference, with the rotation of all', () => {
    const orders = [
      order('1', 'a', 'buy', 10, 30, partner('first', 'c')),
      order('2', 'b', 'buy', 10, 30, partner('only', 'd')),
      order('3', 'c', 'sell', 4, 20),
      order('4', 'd', 'sell', 9, 31),
      order('5', 'e', 'sell', 6, 10),
    ];
    assert.deepEqual(clear('uniform-price/1', { interval: INTERVAL, orders }), {
      rule: 'uniform-price/1',
      interval: INTERVAL,
      volumeWh: 6,
      // Left to the rule are 6 Wh at 30 to buy, 9 at 31 and 6 at 10 to sell.
      price: 20,
      priceLow: 10,
      priceHigh: 30,
      fills: [
        { id: '1', member: 'a', side: 'buy', wh: 6 },
        { id: '2', member: 'b', side: 'buy', wh: 0 },
        { id: '3', member: 'c', side: 'sell', wh: 0 },
        { id: '4', member: 'd', side: 'sell', wh: 0 },
        { id: '5', member: 'e', side: 'sell', wh: 6 },
      ],
      pairs: [{ buyer: 'a', seller: 'e', wh: 6 }],
      preferred: [{ buy: 0, sell: 2, buyer: 'a', seller: 'c', wh: 4, price: 25 }],
    });
  });

  it('continuous/1 keeps the places of cancels', () => {
    const orders = [
      order('gone', 'x', 'buy', 5, 30, partner('only', 'y')),
      order('early', 'a', 'sell', 5, 10),
      order('late', 'b', 'buy', 5, 12),
    ];
    // Taken back before `late` came, and after it.
    const at = (after: number) =>
      clear('continuous/1', { interval: INTERVAL, orders, cancels: [{ order: 'early', after }] }).volumeWh;
    assert.deepEqual([at(2), at(3)], [0, 5]);
  });

  it('refuses a total of both that leaves 2^53-1 Wh', () => {
    const most = 2 ** 53 - 1;
    const orders = [
      order('1', 'a', 'buy', most, 5, partner('only', 'b')),
      order('2', 'b', 'sell', most, 5),
      order('3', 'c', 'buy', 1, 5),
      order('4', 'd', 'sell', 1, 5),
    ];
    assert.throws(() => clear('uniform-price/1', { interval: INTERVAL, orders }), {
      name: 'RangeError',
      message: /^the volume traded by preference and by the rule does not fit/,
    });
  });
});

/** What each member buys and sells, by preference and by the rule, and every pair with its price; but for single orders. */
function totals(auction: Auction, clearing: Clearing): object {
  const sums = new Map<string, number>();
  const add = (name: string, wh: number) => sums.set(name, (sums.get(name) ?? 0) + wh);
  for (const { member, side, wh } of clearing.fills) add(`${side} ${member}`, wh);
  const { fills: _, preferred: __, ...rest } = clearing;
  assert.equal(clearing.fills.length, auction.orders.length);
  const pairs: readonly Pair[] = tradedPairs(clearing);
  return { sums: [...sums].filter(([, wh]) => wh > 0).sort(), rest, pairs };
}

// Trades by preference on the bill: each at its own price under every rule, what two members trade at one price in one line,
// and refused where they contradict the fills.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import type { Auction, Clearing, Order } from '../../src/market/order.ts';
import { checkClearing } from '../../src/settlement/check.ts';
import { tradedPairs } from '../../src/settlement/preferred.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { TradedEnergy } from '../../src/settlement/settlement.ts';
import { INTERVAL, MEMBERS } from '../support/books.ts';
import { preferringAuctionsOf, preferringZonalAuctionsOf } from '../support/preferring-books.ts';

const TARIFFS = { import: 300_000, feedIn: 80_000 };
const fill = (id: string, member: string, side: Order['side'], wh = 0) => ({ id, member, side, wh });
const FILLS = [fill('1', 'a', 'buy'), fill('2', 'b', 'sell'), fill('3', 'b', 'sell'), fill('4', 'a', 'sell')];
const MET = { buy: 0, sell: 1, buyer: 'a', seller: 'b', wh: 5, price: 200 };
const cleared = (preferred: readonly object[], more: object = {}): TradedEnergy =>
  ({ price: null, pairs: [], fills: FILLS, preferred, ...more }) as TradedEnergy;
const settled = (clearing: TradedEnergy, tariffs: object = {}, interval = INTERVAL) =>
  settle({
    tariffs: { ...TARIFFS, ...tariffs },
    intervals: [
      {
        interval,
        clearing,
        meters: MEMBERS.map((member) => ({ member, importWh: 3, exportWh: 0, quality: 'measured' as const })),
      },
    ],
  });

describe('settlement of trades by preference', () => {
  it('each at its price; several orders of two members at one price are one line', () => {
    const preferred = [MET, { ...MET, sell: 2, wh: 2 }];
    const { lines, rows } = settled(cleared(preferred), { networkFee: { beyond: 10 }, vatBasisPoints: 2000 });
    assert.deepEqual(
      lines.slice(0, 3).map((l) => `${l.code} ${l.account}>${l.counterAccount} ${l.wh} x ${l.price} = ${l.amount}`),
      [
        'trade member/a>member/b 7 x 200 = 1400',
        'network-fee member/a>network 7 x 10 = 70',
        'vat member/a>tax 0 x 0 = 294',
      ],
    );
    const [a, b] = rows;
    // Bought 7 and metered 3: 4 are fed in. Sold 7 and metered 3: 10 are bought of the supplier.
    assert.deepEqual([a!.boughtWh, a!.supplierWh, a!.feedInWh], [7, 0, 4]);
    assert.deepEqual([b!.soldWh, b!.supplierWh, b!.feedInWh], [7, 10, 0]);
  });

  it('need no orders: who supplied whom is enough', () => {
    const { fills: _, ...clearing } = cleared([{ buyer: 'a', seller: 'b', wh: 5, price: 200 }]);
    assert.deepEqual(settled(clearing).lines, settled(cleared([MET])).lines);
  });

  it('stand before the pairs of the rule, which keep its price', () => {
    const clearing = cleared([MET], {
      price: 7,
      pairs: [{ buyer: 'c', seller: 'd', wh: 4 }],
      fills: [...FILLS, fill('5', 'c', 'buy', 4), fill('6', 'd', 'sell', 4)],
    });
    const trades = settled(clearing).lines.filter(({ code }) => code === 'trade');
    assert.deepEqual(
      trades.map(({ wh, price }) => [wh, price]),
      [
        [5, 200],
        [4, 7],
      ],
    );
  });

  it('cross no line under zonal/1, so nobody pays a network fee for them', () => {
    const tariffs = { networkFee: { feeder: 1, substation: 2, beyond: 3 } };
    const fees = (rule: string) =>
      settled(cleared([MET], { rule }), tariffs).lines.filter(({ code, wh }) => code === 'network-fee' && wh === 5)
        .length;
    assert.deepEqual([fees('zonal/1'), fees('uniform-price/1')], [0, 1]);
  });

  const bad: readonly (readonly [name: string, preferred: readonly object[], message: RegExp, more?: object])[] = [
    [
      'of an allocation',
      [MET],
      /preferred is given, but an allocation has no orders/,
      { rule: 'allocation/1', price: 7 },
    ],
    ['of 0 Wh', [{ ...MET, wh: 0 }], /^x\.clearing\.preferred\[0\]\.wh must be at least 1, but is 0$/],
    ['of half a Wh', [{ ...MET, wh: 0.5 }], /^x\.clearing\.preferred\[0\]\.wh must be a whole number/],
    ['of NaN Wh', [{ ...MET, wh: Number.NaN }], /^x\.clearing\.preferred\[0\]\.wh must be/],
    ['of text', [{ ...MET, wh: '5' }], /^x\.clearing\.preferred\[0\]\.wh must be/],
    [
      'that sum to more than 2^53-1',
      [
        { ...MET, wh: 2 ** 53 - 1 },
        { ...MET, sell: 2 },
      ],
      /^the energy of x\.clearing\.preferred/,
    ],
    ['without a price', [{ ...MET, price: undefined }], /^x\.clearing\.preferred\[0\]\.price must be/],
    ['at an infinite price', [{ ...MET, price: Number.POSITIVE_INFINITY }], /\.price must be/],
    ['of an order that is not there', [{ ...MET, sell: 4 }], /preferred\[0\]\.sell is 4, but there are 4 fills$/],
    ['of order -1', [{ ...MET, buy: -1 }], /preferred\[0\]\.buy must be at least 0/],
    ['of order 0.5', [{ ...MET, buy: 0.5 }], /preferred\[0\]\.buy must be a whole number/],
    [
      'the wrong way round',
      [{ ...MET, buy: 1, sell: 0 }],
      /buy is 1, but that order is to sell, of "b", and not to buy, of "a"$/,
    ],
    [
      'of a member with itself',
      [{ ...MET, sell: 3, seller: 'a' }],
      /preferred\[0\] joins two orders of "a", but nobody trades with itself$/,
    ],
    [
      'of the same two orders twice',
      [MET, { ...MET, price: 5 }],
      /preferred\[1\] joins the orders 0 and 1 a second time$/,
    ],
  ];
  for (const [name, preferred, message, more] of bad) {
    it(`refuses trades ${name}`, () => {
      const { fills, ...clearing } = cleared(preferred, more);
      const given = more ? clearing : { ...clearing, fills: fills! };
      assert.throws(() => checkClearing({ interval: INTERVAL, clearing: given, meters: [] }, 'x'), {
        name: 'RangeError',
        message,
      });
    });
  }

  const books = (rule: string): fc.Arbitrary<Auction> =>
    rule === 'zonal/1' ? preferringZonalAuctionsOf() : preferringAuctionsOf();
  for (const rule of RULE_NAMES) {
    it(`${rule}: takes every clearing; lines sum to 0 and say what was traded, by whom and at what price`, () => {
      fc.assert(
        fc.property(books(rule), (auction) => {
          const clearing = clear(rule, auction);
          const { lines, sum } = settled(clearing, { vatBasisPoints: 1900, levies: 3 }, auction.interval);
          assert.equal(sum, '0');
          const paid = new Map<string, number>();
          for (const { code, account, counterAccount, amount } of lines) {
            if (code !== 'trade') continue;
            paid.set(account, (paid.get(account) ?? 0) - amount);
            paid.set(counterAccount, (paid.get(counterAccount) ?? 0) + amount);
          }
          for (const [member, nano] of earnings(auction, clearing))
            assert.equal(paid.get(`member/${member}`) ?? 0, nano);
        }),
        { numRuns: 200 },
      );
    });

    it(`${rule}: splitting an order changes no line`, () => {
      fc.assert(
        fc.property(books(rule), fc.nat(), (auction, pick) => {
          const order = auction.orders[pick % Math.max(1, auction.orders.length)];
          if (!order || order.wh < 2) return;
          const parts = [
            { ...order, id: `${order.id}.1`, wh: 1 },
            { ...order, id: `${order.id}.2`, wh: order.wh - 1 },
          ];
          const split = { ...auction, orders: auction.orders.flatMap((each) => (each === order ? parts : [each])) };
          const bill = (of: Auction) => settled(clear(rule, of), { vatBasisPoints: 1900 }, of.interval).lines;
          assert.deepEqual(bill(split), bill(auction));
        }),
        { numRuns: 150 },
      );
    });
  }
});

/** What each member receives for energy, less what the sellers of its purchases get: single orders, then pairs. */
function earnings({ orders }: Auction, clearing: Clearing): ReadonlyMap<string, number> {
  const earned = new Map<string, number>();
  const move = (buyer: string, seller: string, nano: number) => {
    earned.set(buyer, (earned.get(buyer) ?? 0) - nano);
    earned.set(seller, (earned.get(seller) ?? 0) + nano);
  };
  for (const { buy, sell, wh, price } of clearing.preferred ?? [])
    move(orders[buy]!.member, orders[sell]!.member, wh * price);
  for (const { buyer, seller, wh, price = clearing.price!, sellerPrice = price } of clearing.pairs) {
    move(buyer, seller, wh * sellerPrice);
  }
  assert.equal(
    tradedPairs(clearing).reduce((sum, { wh }) => sum + wh, 0),
    [...(clearing.preferred ?? []), ...clearing.pairs].reduce((sum, { wh }) => sum + wh, 0),
  );
  return earned;
}

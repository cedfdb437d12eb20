// Settlement of every rule: lines that sum to 0, the buyer's money at the seller and the fund, and the bill that each price says.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import type { Pair } from '../../src/market/order.ts';
import { allocate } from '../../src/market/rules/allocation.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { Line, TradedEnergy } from '../../src/settlement/settlement.ts';
import { auctionsOf, INTERVAL, MEMBERS } from '../support/books.ts';

const TARIFFS = { import: 300_000, feedIn: 80_000 };
const short = (lines: readonly Line[]) =>
  lines.map((l) => `${l.code} ${l.account}>${l.counterAccount} ${l.wh} x ${l.price} = ${l.amount}`);
const settled = (clearing: TradedEnergy, tariffs: object = TARIFFS, interval = INTERVAL) =>
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
const trades = (lines: readonly Line[]) =>
  lines.filter(({ account, code }) => code !== 'import' && account !== 'supplier');

describe('settlement of pairs with prices of their own', () => {
  const pair: Pair = { buyer: 'a', seller: 'b', wh: 5 };

  it('each pair at its price', () => {
    const pairs = [
      { ...pair, price: 200 },
      { ...pair, wh: 2, price: -100 },
    ];
    const { lines } = settle({
      tariffs: TARIFFS,
      intervals: [{ interval: INTERVAL, clearing: { rule: 'pay-as-bid/1', price: null, pairs }, meters: [] }],
    });
    assert.deepEqual(short(lines), [
      'trade member/a>member/b 5 x 200 = 1000',
      'trade member/a>member/b 2 x -100 = -200',
    ]);
  });

  it('what the buyer pays and the seller does not get goes to the fund, and VAT is on both', () => {
    const pairs = [{ ...pair, price: 250, sellerPrice: 150 }];
    const { lines, accounts } = settle({
      tariffs: { ...TARIFFS, networkFee: { beyond: 10 }, vatBasisPoints: 2000 },
      intervals: [{ interval: INTERVAL, clearing: { rule: 'trade-reduction/1', price: null, pairs }, meters: [] }],
    });
    assert.deepEqual(short(lines), [
      'trade member/a>member/b 5 x 150 = 750',
      'fund member/a>fund 5 x 100 = 500',
      'network-fee member/a>network 5 x 10 = 50',
      'vat member/a>tax 0 x 0 = 260',
    ]);
    assert.deepEqual(accounts, { fund: '500', 'member/a': '-1560', 'member/b': '750', network: '50', tax: '260' });
  });

  it('without a difference there is no line for the fund', () => {
    const pairs = [{ ...pair, price: 250, sellerPrice: 250 }];
    const { lines } = settle({
      tariffs: TARIFFS,
      intervals: [{ interval: INTERVAL, clearing: { rule: 'trade-reduction/1', price: null, pairs }, meters: [] }],
    });
    assert.deepEqual(short(lines), ['trade member/a>member/b 5 x 250 = 1250']);
  });

  it('refuses prices whose difference leaves 2^53-1', () => {
    const MAX = 2 ** 53 - 1;
    const pairs = [{ ...pair, wh: 1, price: MAX, sellerPrice: -MAX }];
    const clearing = { rule: 'trade-reduction/1', price: null, pairs };
    assert.throws(() => settle({ tariffs: TARIFFS, intervals: [{ interval: INTERVAL, clearing, meters: [] }] }), {
      name: 'RangeError',
      message: /does not fit 2\^53-1/,
    });
  });

  it('an allocation is settled at the price of the community', () => {
    const energy = [
      { member: 'a', surplusWh: 500, consumptionWh: 0 },
      { member: 'b', surplusWh: 0, consumptionWh: 300 },
    ];
    const clearing = allocate({ interval: INTERVAL, price: 150_000, energy, keys: { kind: 'dynamic' } });
    const meters = energy.map(({ member, surplusWh, consumptionWh }) => ({
      member,
      importWh: consumptionWh,
      exportWh: surplusWh,
      quality: 'measured' as const,
    }));
    const { lines, sum } = settle({ tariffs: TARIFFS, intervals: [{ interval: INTERVAL, clearing, meters }] });
    assert.deepEqual(short(lines), [
      'trade member/b>member/a 300 x 150000 = 45000000',
      'feed-in supplier>member/a 200 x 80000 = 16000000',
    ]);
    assert.equal(sum, '0');
  });

  for (const rule of RULE_NAMES) {
    it(`${rule}: every line sums to 0, and every pair is paid as it says`, () => {
      const books = auctionsOf({ limit: fc.integer({ min: -500, max: 500 }), wh: fc.integer({ min: 1, max: 5000 }) });
      const fee = fc.record({
        networkFee: fc.record({ beyond: fc.integer({ min: -50, max: 50 }) }),
        levies: fc.nat(40),
        vatBasisPoints: fc.nat(3000),
      });
      fc.assert(
        fc.property(books, fee, (auction, tariffs) => {
          const clearing = clear(rule, auction);
          const { sum, accounts, lines } = settled(clearing, tariffs, auction.interval);
          assert.equal(sum, '0');
          assert.equal(
            Object.values(accounts).reduce((all, nano) => all + BigInt(nano), 0n),
            0n,
          );
          const priceOf = (each: Pair) => each.price ?? clearing.price!;
          const paid = clearing.pairs.reduce((all, each) => all + each.wh * priceOf(each), 0);
          const received = clearing.pairs.reduce((all, each) => all + each.wh * (each.sellerPrice ?? priceOf(each)), 0);
          const amount = (code: string) =>
            trades(lines).reduce((all, line) => all + (line.code === code ? line.amount : 0), 0);
          assert.deepEqual([amount('trade'), amount('trade') + amount('fund')], [received, paid]);
          assert.equal(BigInt(accounts['fund'] ?? '0'), BigInt(paid - received));
        }),
        { numRuns: 200 },
      );
    });
  }
});

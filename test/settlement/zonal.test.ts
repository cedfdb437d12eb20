// Settling `zonal/1`: the fees of the lines are the network fee, the rent of full lines is the fund's, and all sums to 0.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Area, Order } from '../../src/market/order.ts';
import { clearZonal, type ZonalClearing } from '../../src/market/rules/zonal.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { INTERVAL } from '../support/books.ts';
import { zonalAuctionsOf } from '../support/feeder-trees.ts';

const TARIFFS: Tariffs = {
  import: 300_000,
  feedIn: 80_000,
  networkFee: { feeder: 7000, substation: 8000, beyond: 9000 },
  levies: 1000,
  vatBasisPoints: 1000,
};
const AREAS: Area[] = [
  { id: 'street', members: ['c'] },
  { id: 'f1', parent: 'street', importWh: 600, fee: 10_000, members: ['a'] },
];
const ORDERS: Order[] = [
  { id: '1', member: 'a', side: 'buy', wh: 1000, limit: 250_000 },
  { id: '2', member: 'c', side: 'sell', wh: 1000, limit: 100_000 },
];
const settled = (clearing: ZonalClearing, tariffs = TARIFFS) =>
  settle({ tariffs, intervals: [{ interval: clearing.interval, clearing, meters: [] }] });

describe('settlement of zonal/1', () => {
  it('a pair over a full line: to the seller, the fund and the network, then levies and VAT', () => {
    const { lines, sum } = settled(clearZonal({ interval: INTERVAL, orders: ORDERS, areas: AREAS }));
    assert.deepEqual(
      lines.map(({ code, counterAccount, wh, price, amount }) => [code, counterAccount, wh, price, amount]),
      [
        ['trade', 'member/c', 600, 100_000, 60_000_000],
        ['fund', 'fund', 600, 140_000, 84_000_000],
        // The line's fee, not the tariff's.
        ['network-fee', 'network', 600, 10_000, 6_000_000],
        ['levies', 'tax', 600, 1000, 600_000],
        ['vat', 'tax', 0, 0, 15_060_000],
      ],
    );
    assert.equal(sum, '0');
  });

  it('whatever the tree, network and fund get what the lines say, and all sums to 0', () => {
    const noSurcharges = { import: TARIFFS.import, feedIn: TARIFFS.feedIn, networkFee: { beyond: 9000 } };
    fc.assert(
      fc.property(zonalAuctionsOf({ wh: fc.integer({ min: 1, max: 5000 }) }), (auction) => {
        const clearing = clearZonal(auction);
        const { accounts, sum } = settled(clearing, noSurcharges);
        const over = (part: 'fee' | 'rent') =>
          clearing.areas.reduce((all, area) => all + BigInt(area[part]) * BigInt(Math.abs(area.flowWh)), 0n);
        const got = (account: string) => BigInt(accounts[account] ?? '0');
        assert.deepEqual([got('network'), got('fund'), sum], [over('fee'), over('rent'), '0']);
      }),
      { numRuns: 500 },
    );
  });

  const clearing = clearZonal({ interval: INTERVAL, orders: ORDERS, areas: AREAS });
  const changed: readonly (readonly [name: string, change: object, message: RegExp])[] = [
    ['without a seller price', { sellerPrice: undefined }, /pairs\[0\]\.sellerPrice must be a whole number/],
    ['without a network fee', { networkFee: undefined }, /pairs\[0\]\.networkFee must be a whole number/],
    ['with a fee below 0', { networkFee: -1 }, /pairs\[0\]\.networkFee must be at least 0/],
    [
      'whose parts are more than the whole',
      { networkFee: 150_001 },
      /pairs\[0\]: the buyer pays 250000, which is less/,
    ],
  ];
  for (const [name, change, message] of changed) {
    it(`refuses a pair ${name}`, () => {
      const pairs = clearing.pairs.map((pair) => ({ ...pair, ...change }));
      assert.throws(() => settled({ ...clearing, pairs }), { name: 'RangeError', message });
    });
  }

  it('refuses a network fee in pairs of another rule', () => {
    const pairs = [{ buyer: 'a', seller: 'c', wh: 600, networkFee: 5 }];
    const other = { price: 100_000, pairs };
    assert.throws(
      () => settle({ tariffs: TARIFFS, intervals: [{ interval: INTERVAL, clearing: other, meters: [] }] }),
      /pairs\[0\]\.networkFee is 5, but the tariffs set the network fee/,
    );
  });
});

// What holds under every strategy, in every situation: orders that the market admits, each with its reason; or the reason why
// there is none.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Bid } from '../../../src/market/bidding.ts';
import { propose, STRATEGIES, type Strategy } from '../../../src/market/strategies/strategy.ts';
import { anySituation, short, situation } from '../../support/situations.ts';

const price = fc.integer({ min: -400_000, max: 900_000 });
const optionalPrice = fc.option(price, { nil: undefined });
const given = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const strategies: { readonly [Name in Strategy['name']]: fc.Arbitrary<Strategy> } = {
  'last-days': fc.constant({ name: 'last-days' }),
  'fixed-limit': fc
    .record({ buy: optionalPrice, sell: optionalPrice })
    .map((limits) => ({ name: 'fixed-limit', ...given(limits) })),
  ramp: fc
    .record({ buyFrom: optionalPrice, sellFrom: optionalPrice, steps: fc.integer({ min: 2, max: 20 }) })
    .map(({ steps, ...from }) => ({ name: 'ramp', steps, ...given(from) })),
  'price-taker': fc.constant({ name: 'price-taker' }),
  'stored-value': fc.nat(100_000).map((wear) => ({ name: 'stored-value', wear })),
  deadline: fc.constant({ name: 'deadline' }),
  'demand-curve': fc
    .array(fc.record({ wh: fc.integer({ min: 1, max: 3000 }), limit: price }), { minLength: 1, maxLength: 9 })
    .map((steps) => ({ name: 'demand-curve', steps })),
};

for (const name of STRATEGIES) {
  describe(`strategy ${name}`, () => {
    it('always: whole positive Wh within what is needed or stored, limits within the bounds, reasons, no trade with itself', () => {
      fc.assert(
        fc.property(strategies[name], anySituation, (strategy, here) => {
          const { bids, silence } = propose(strategy, here);
          assert.equal(bids.length === 0, silence !== undefined);
          assert.ok(bids.length <= here.maxOrders, `${bids.length} orders`);
          for (const reason of [...bids.map((bid) => bid.reason), ...(silence ? [silence] : [])]) {
            assert.match(reason.code, /^[a-z-]+$/);
            assert.match(reason.text, /^[A-Z].*\.$/);
            assert.doesNotMatch(reason.text, /undefined|NaN|Infinity|null/);
            for (const number of Object.values(reason.numbers ?? {})) assert.ok(Number.isSafeInteger(number));
          }
          for (const { wh, limit, brief = '' } of bids) {
            assert.ok(Number.isSafeInteger(wh) && wh > 0 && wh <= here.maxOrderWh, `wh ${wh}`);
            assert.ok(
              Number.isSafeInteger(limit) && limit >= here.bounds.min && limit <= here.bounds.max,
              `limit ${limit}`,
            );
            assert.ok(brief.length <= 14, brief);
          }
          const sum = (side: Bid['side']) =>
            bids.filter((bid) => bid.side === side).reduce((total, { wh }) => total + wh, 0);
          assert.ok(sum('buy') <= mostBought(strategy, here), 'more than it can use');
          assert.ok(sum('sell') <= mostSold(strategy, here), 'more than it has');
          const limits = (side: Bid['side']) => bids.filter((bid) => bid.side === side).map(({ limit }) => limit);
          assert.ok(Math.max(...limits('buy')) < Math.min(...limits('sell')), 'trades with itself');
        }),
        { numRuns: 300 },
      );
    });

    it('always: the same again', () => {
      fc.assert(
        fc.property(strategies[name], anySituation, (strategy, here) => {
          assert.deepEqual(propose(strategy, here), propose(strategy, here));
        }),
        { numRuns: 50 },
      );
    });
  });
}

type Here = Parameters<typeof propose>[1];

/** The most that a member could use: its need in any course of things, and the room in its battery. */
function mostBought(strategy: Strategy, here: Here): number {
  if (strategy.name === 'demand-curve') return strategy.steps.reduce((sum, { wh }) => sum + wh, 0);
  if (strategy.name === 'deadline') {
    const { remainingWh = 0, maxW = 0 } = here.flexible ?? {};
    return Math.min(remainingWh, Math.floor(maxW / 4));
  }
  return mostNeed(here) + (here.battery?.chargeWh ?? 0);
}

/** The most that it could give: its surplus, and what is stored and the battery can give. */
function mostSold({ name }: Strategy, here: Here): number {
  if (name === 'deadline' || name === 'demand-curve') return 0;
  const { storedWh = 0, dischargeWh = 0 } = here.battery ?? {};
  return Math.max(0, ...needsOf(here).map((wh) => -wh)) + Math.min(storedWh, dischargeWh);
}

const needsOf = (here: Here) => [here.forecast?.meanWh ?? 0, ...here.replays().map(({ now }) => now.needWh)];
const mostNeed = (here: Here) => Math.max(0, ...needsOf(here));

describe('the strategies together', () => {
  it('say nothing of what they do not know', () => {
    const silences = STRATEGIES.map((name) => {
      const strategy = { name, steps: name === 'ramp' ? 3 : [], buy: 1, wear: 0 } as unknown as Strategy;
      return propose(strategy, situation(null)).silence?.code;
    });
    assert.deepEqual(silences, [
      'no-history',
      'no-history',
      'no-history',
      'no-history',
      'no-day-yet',
      'no-need',
      'limit-beyond-tariffs',
    ]);
  });

  it('keep the default as it was: the last days, three orders at most, between the tariffs', () => {
    const forecast = { meanWh: 400, daysWh: [100, 200, 300, 400, 500, 600, 700], basis: 'days' } as const;
    const { bids } = propose({ name: 'last-days' }, situation(0, { forecast, maxOrders: 7 }));
    assert.deepEqual(short(bids), [
      ['buy', 200, 263_480],
      ['buy', 200, 190_000],
      ['buy', 200, 116_740],
    ]);
  });
});

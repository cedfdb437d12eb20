// The bytes of bills do not change: a hash of two days of a street, settled by the release before tariffs had documents. A new
// field that is absent leaves it as it is.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { clear } from '../../src/market/clear.ts';
import type { Order } from '../../src/market/order.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { IntervalInput, MeteredEnergy } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { intervalAfter } from '../../src/time/interval.ts';

const RULES = ['uniform-price/1', 'pay-as-bid/1', 'trade-reduction/1', 'continuous/1'];
const MEMBERS = Array.from({ length: 12 }, (_, index) => `home-${index}`);
const PLACES = new Map(
  MEMBERS.slice(0, 9).map((member, index) => [member, { feeder: `f${index % 4}`, substation: `s${index % 2}` }]),
);
const TARIFFS: Tariffs = {
  import: 312_345,
  feedIn: -7_001,
  networkFee: { feeder: 10_007, substation: 30_011, beyond: 70_001 },
  levies: 20_507,
  vatBasisPoints: 1_957,
};

/** Deterministic numbers (xorshift32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function twoDays(): IntervalInput[] {
  const random = generator(4711);
  return Array.from({ length: 192 }, (_, index) => {
    const interval = intervalAfter('2026-03-28T12:00Z', index);
    const orders = Array.from(
      { length: 15 },
      (_, order): Order => ({
        id: `o${order}`,
        member: MEMBERS[random(12)]!,
        side: random(2) === 0 ? 'buy' : 'sell',
        wh: 1 + random(2000),
        limit: random(400_000) - 50_000,
      }),
    );
    const meters = MEMBERS.filter(() => random(20) > 0).map((member): MeteredEnergy => {
      const [importWh, exportWh, fate] = [random(2500), random(2500), random(12)];
      if (fate === 0) return { member, importWh: null, exportWh: null, quality: 'missing' };
      return { member, importWh, exportWh, quality: fate === 1 ? 'estimated' : 'measured' };
    });
    return { interval, clearing: clear(RULES[index % RULES.length]!, { interval, members: MEMBERS, orders }), meters };
  });
}

describe('the bytes of bills', () => {
  const hash = (tariffs: Tariffs) =>
    createHash('sha256')
      .update(JSON.stringify(settle({ tariffs, intervals: twoDays(), places: PLACES })))
      .digest('hex');

  it('are those of before, with import and feed-in alone', () => {
    assert.equal(
      hash({ import: 300_000, feedIn: 80_000 }),
      'f5cd70469067dfe0ee6f342b5304695aad0ccbe28d9719ae86ee33453cb198c0',
    );
  });

  it('are those of before, with fees, levies and VAT', () => {
    assert.equal(hash(TARIFFS), 'de0d0b25a3e594d16cc3655025f47eff6f77cd1aecf1a8d12962033509f5caf1');
  });
});

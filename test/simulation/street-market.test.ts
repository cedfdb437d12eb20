// A street under each market rule, day by day: energy and money are conserved, lines and keys are kept, and what the rule is about
// holds of what the street then does.
import assert from 'node:assert/strict';
import { RULE_NAMES } from '../../src/market/clear.ts';
import { isZonal } from '../../src/market/rules/zonal.ts';
import type { StreetInterval } from '../../src/simulation/community.ts';
import { readCommunity } from '../../src/simulation/community-config.ts';
import { openProfiles } from '../../src/simulation/profile-store.ts';
import { type SimulationResult, simulate } from '../../src/simulation/simulation.ts';
import { arrivals, SIMULATED_RULES } from '../../src/simulation/street-market.ts';
import type { Settled } from '../../src/simulation/street-settlement.ts';
import { tenOnFeeders } from '../support/simulated-street.ts';

interface Day {
  readonly result: SimulationResult;
  readonly seen: readonly { readonly street: StreetInterval; readonly settled: Settled }[];
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const { tariffs } = tenOnFeeders;

async function dayUnder(rule: string, community: object = tenOnFeeders): Promise<Day> {
  const seen: { street: StreetInterval; settled: Settled }[] = [];
  const result = await simulate({
    config: readCommunity(community, rule),
    profiles: await openProfiles('street'),
    from: Date.parse('2017-04-20T00:00Z'),
    intervals: 96,
    onInterval: async (street, settled) => void seen.push({ street, settled }),
  });
  return { result, seen };
}

describe('a street under each market rule', () => {
  const days = new Map<string, Day>();
  const of = (rule: string) => days.get(rule)!;
  before(async () => {
    for (const rule of SIMULATED_RULES) days.set(rule, await dayUnder(rule));
  });

  for (const rule of SIMULATED_RULES) {
    it(`${rule}: energy and money are conserved`, () => {
      const { result, seen } = of(rule);
      assert.ok(result.tradedWh > 0);
      for (const { street, settled } of seen) {
        assert.equal(street.clearing.rule, rule);
        assert.equal(sum(street.members.map(({ boughtWh }) => boughtWh)), street.clearing.volumeWh);
        assert.equal(sum(street.members.map(({ soldWh }) => soldWh)), street.clearing.volumeWh);
        assert.equal(settled.settlement.sum, '0');
      }
      const { supplierWh, feedInWh, fundNano, networkNano, costNano } = result;
      assert.equal(supplierWh * tariffs.import - feedInWh * tariffs.feedIn + fundNano + networkNano, costNano);
    });
  }

  it('takes nothing for fund and network but where a rule says so', () => {
    const takes = SIMULATED_RULES.map((rule) => {
      const { fundNano, networkNano } = of(rule).result;
      return [rule, fundNano > 0, networkNano > 0];
    });
    assert.deepEqual(
      takes.filter(([, fund, network]) => fund || network),
      [
        ['trade-reduction/1', true, false],
        ['zonal/1', true, true],
      ],
    );
  });

  it('draws the same from the grid under every rule where there are no batteries', () => {
    const { both } = of('uniform-price/1').result.without;
    for (const rule of SIMULATED_RULES) {
      const { battery } = of(rule).result.without;
      assert.equal(battery.boundaryImportWh, both.boundaryImportWh, rule);
      assert.ok(battery.tradedWh > 0 && battery.costNano < both.costNano, rule);
    }
  });

  it('pays each trade of pay-as-bid/1 at the limit of its buyer', () => {
    for (const { street } of of('pay-as-bid/1').seen) {
      for (const { buyer, price } of street.clearing.pairs) {
        assert.ok(
          street.orders.some(({ member, side, limit }) => member === buyer && side === 'buy' && limit === price),
        );
      }
    }
  });

  it('keeps the lines of zonal/1, and some of them are full', () => {
    let full = 0;
    for (const { street } of of('zonal/1').seen) {
      assert.ok('fills' in street.clearing && isZonal(street.clearing));
      for (const { flowWh, parent, rent } of street.clearing.areas) {
        if (parent !== null) assert.ok(Math.abs(flowWh) <= 500);
        if (rent > 0) full += 1;
      }
    }
    assert.ok(full > 0);
  });

  describe('allocation/1', () => {
    it('asks nobody for orders, leaves batteries to their homes, and shares what is left of the sun', () => {
      const { result, seen } = of('allocation/1');
      assert.equal(result.boundaryImportWh, result.without.trading.boundaryImportWh);
      assert.equal(result.chargeWh, result.without.trading.chargeWh);
      for (const { street } of seen) {
        assert.deepEqual(street.orders, []);
        for (const { importWh, exportWh, boughtWh, soldWh } of street.members) {
          assert.ok(boughtWh <= importWh && soldWh <= exportWh);
        }
      }
    });

    it('by consumption shares all that one has left while another needs it', async () => {
      const dynamic = { ...tenOnFeeders, allocation: { price: 190_000, keys: { kind: 'dynamic' } } };
      const { result, seen } = await dayUnder('allocation/1', dynamic);
      for (const { street } of seen) {
        const imported = sum(street.members.map(({ importWh }) => importWh));
        const exported = sum(street.members.map(({ exportWh }) => exportWh));
        assert.equal(street.clearing.volumeWh, Math.min(imported, exported));
      }
      assert.equal(result.supplierWh, result.boundaryImportWh);
      assert.ok(result.tradedWh > of('allocation/1').result.tradedWh);
    });

    it('pairs on a feeder first', () => {
      const feederOf = new Map(tenOnFeeders.members.map(({ id, feeder }) => [id, feeder]));
      let [near, all] = [0, 0];
      for (const { street } of of('allocation/1').seen) {
        for (const { buyer, seller, wh } of street.clearing.pairs) {
          all += wh;
          if (feederOf.get(buyer) === feederOf.get(seller)) near += wh;
        }
      }
      assert.ok(near > all / 2, `${near} of ${all} Wh`);
    });
  });

  describe('the order in which orders come', () => {
    const config = (rule: string) => readCommunity(tenOnFeeders, rule);
    const everyone = tenOnFeeders.members.map((_, index) => index);

    it('is that of the members, but under continuous/1', () => {
      for (const rule of RULE_NAMES.filter((name) => name !== 'continuous/1')) {
        assert.deepEqual(arrivals(config(rule), '2017-04-20T00:00Z'), everyone);
      }
    });

    it('is drawn for every interval under continuous/1, where nobody comes first more often than others', () => {
      const first = everyone.map(() => 0);
      const street = config('continuous/1');
      for (let day = 0; day < 1000; day++) {
        const order = arrivals(street, new Date(Date.UTC(2017, 0, 1 + day)).toISOString());
        assert.deepEqual(
          order.toSorted((a, b) => a - b),
          everyone,
        );
        first[order[0]!]! += 1;
      }
      assert.ok(Math.min(...first) > 60 && Math.max(...first) < 140, first.join(' '));
    });
  });
});

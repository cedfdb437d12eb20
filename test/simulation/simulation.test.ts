// A run over a profile: which rows become intervals, what is history, what is refused.
import assert from 'node:assert/strict';
import type { CommunityConfig, MemberConfig } from '../../src/simulation/community-config.ts';
import { openProfiles } from '../../src/simulation/profile-store.ts';
import { readProfiles } from '../../src/simulation/profiles.ts';
import { simulate } from '../../src/simulation/simulation.ts';
import { streetConfig } from '../support/simulated-street.ts';

describe('a simulation', () => {
  const quarter = (n: number) =>
    new Date(Date.parse('2026-11-22T00:00Z') + n * 900_000).toISOString().replace(':00.000', '');
  const config: CommunityConfig = {
    ...streetConfig,
    members: [
      { id: 'a', kind: 'home' },
      { id: 's', kind: 'storage' },
    ],
  };
  const lines = Array.from({ length: 8 }, (_, n) => `${quarter(n)},${100 + n}`);
  const run = (rows: readonly string[], options: { from?: number; intervals?: number } = {}) =>
    readProfiles([['start,a.load', ...rows].join('\n')]).then((profiles) => simulate({ config, profiles, ...options }));

  it('makes nothing of a hole', async () => {
    const result = await run([...lines.slice(0, 2), ...lines.slice(5)]);
    assert.deepEqual([result.intervals, result.loadWh], [5, 100 + 101 + 105 + 106 + 107]);
  });

  it('begins at `from` and ends after `intervals`', async () => {
    const result = await run(lines, { from: Date.parse(quarter(2)), intervals: 3 });
    assert.deepEqual([result.intervals, result.loadWh], [3, 102 + 103 + 104]);
  });

  it('takes rows before `from` as history: trade begins at once', async () => {
    const from = Date.parse('2017-07-10T06:00Z');
    const profiles = await openProfiles('street');
    const result = await simulate({ config: streetConfig, profiles, from, intervals: 4 });
    assert.ok(result.tradedWh > 0);
  });

  it('refuses a time without rows, and a home without columns', async () => {
    await assert.rejects(run(lines, { from: Date.parse('2027-01-01T00:00Z') }), /no row in the time to simulate/);
    const profiles = await readProfiles([['start,b.load', ...lines].join('\n')]);
    await assert.rejects(simulate({ config, profiles }), /no column a\.load or a\.pv for the home "a"/);
  });

  it('plays the strategy that a member has: a home with a battery that bids by stored energy saves more than by itself', async () => {
    const from = Date.parse('2017-04-17T00:00Z');
    const play = async (strategy: MemberConfig['strategy']) => {
      const members = streetConfig.members.map((member) =>
        member.id === 'home-01' && strategy ? { ...member, strategy } : member,
      );
      const seen: string[] = [];
      const result = await simulate({
        config: { ...streetConfig, members },
        profiles: await openProfiles('street'),
        from,
        intervals: 192,
        onInterval: async ({ orders, bids }) => {
          seen.push(...bids.filter((_, i) => orders[i]?.member === 'home-01').map(({ reason }) => reason.code));
        },
      });
      return { bill: result.bills[0], codes: new Set(seen) };
    };
    const { bill, codes } = await play({ name: 'stored-value', wear: 20_000 });
    assert.deepEqual([...codes], ['stored-worth']);
    assert.ok(bill && bill.costNano < bill.withoutTradingNano);
    assert.deepEqual([...(await play({ name: 'price-taker' })).codes], ['price-taker']);
    // The default is the default, also when it is named.
    assert.deepEqual(await play({ name: 'last-days' }), await play(undefined));
    assert.deepEqual(await play({ name: 'stored-value', wear: 20_000 }), { bill, codes });
  });

  it('gives null for shares of nothing', async () => {
    const result = await run(lines);
    assert.equal(result.selfConsumptionPerMille, null);
    assert.equal(result.selfSufficiencyPerMille, 0);
  });
});

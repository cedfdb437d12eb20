import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readCommunity } from '../../src/simulation/community-config.ts';

const battery = {
  capacityWh: 6400,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  roundTripPerMille: 900,
  minSocPerMille: 100,
};
const home = { id: 'home-01', kind: 'home', battery };
const community = {
  origin: 'sunny-street.example/ledger/1',
  currency: 'EUR',
  tariffs: { import: 300_000, feedIn: 80_000 },
  members: [home, { id: 'shop', kind: 'business' }],
};
const withMember = (change: object) => ({ ...community, members: [community.members[1], { ...home, ...change }] });
const withBattery = (change: object) => withMember({ battery: { ...battery, ...change } });

describe('a community to simulate', () => {
  it('is given back as it was written', () => assert.deepEqual(readCommunity(community), community));

  it('may leave a minimum state of charge out, which counts 0, and its battery', () => {
    const { minSocPerMille: _, ...plain } = battery;
    const [member] = readCommunity({ ...community, members: [{ ...home, battery: plain }] }).members;
    assert.deepEqual(member, { ...home, battery: { ...battery, minSocPerMille: 0 } });
    assert.ok(!('battery' in readCommunity(community).members[1]!));
  });

  const street = { id: 'street' };
  const feeder = { id: 'feeder-a', parent: 'street', importWh: 500, fee: 10_000 };
  const fed = { ...withMember({ feeder: 'feeder-a' }), areas: [street, feeder] };

  it('may have a feeder tree, which is sorted; what it leaves out is no limit and no fee', () => {
    const { areas, members } = readCommunity(fed, 'zonal/1');
    assert.deepEqual(areas, [
      { id: 'feeder-a', parent: 'street', importWh: 500, exportWh: null, fee: 10_000 },
      { id: 'street', parent: null, importWh: null, exportWh: null, fee: 0 },
    ]);
    assert.deepEqual(
      members.map((member) => member.feeder),
      [undefined, 'feeder-a'],
    );
  });

  it('may have keys, and keeps the rule that it is read for', () => {
    const keys = { kind: 'static', keys: [{ member: 'shop', millionths: 400_000 }] };
    const read = readCommunity({ ...community, allocation: { price: 190_000, keys } }, 'allocation/1');
    assert.deepEqual([read.rule, read.allocation], ['allocation/1', { price: 190_000, keys }]);
  });

  const withKeys = (keys: object) => ({ ...community, allocation: { price: 190_000, keys } });
  const refusedFor: readonly (readonly [rule: string | undefined, input: unknown, message: string])[] = [
    ['zonal/1', community, 'areas are missing, which are the lines that zonal/1 trades by'],
    ['allocation/1', community, 'allocation is missing, which are the keys that allocation/1 shares by'],
    [undefined, { ...fed, areas: [street] }, 'members[1].feeder is "feeder-a", which is not among the areas'],
    [undefined, withMember({ feeder: 'feeder-a' }), 'members[1].feeder is "feeder-a", which is not among the areas'],
    [undefined, { ...community, areas: [feeder] }, 'areas: exactly one must have no parent, but 0 have none'],
    [undefined, { ...community, areas: [street, street] }, 'areas[1].id "street" stands twice'],
    [
      undefined,
      { ...community, areas: [{ id: 'Street' }] },
      'areas[0].id must be a name of small letters, digits and hyphens, but is the text "Street"',
    ],
    [
      undefined,
      { ...community, areas: [{ ...street, fee: -1 }] },
      'areas[0].fee must be a whole number from 0 to 1000000000, but is -1',
    ],
    [
      undefined,
      withKeys({ kind: 'dynamic-full' }),
      'allocation.keys.kind must be "static", "static-redistributed" or "dynamic", but is the text "dynamic-full"',
    ],
    [
      undefined,
      withKeys({ kind: 'dynamic', keys: [] }),
      'allocation.keys.keys must be left out, because dynamic keys follow consumption',
    ],
    [undefined, withKeys({ kind: 'static' }), 'allocation.keys.keys is missing, which static keys are told by'],
    [
      undefined,
      withKeys({ kind: 'static', keys: [{ member: 'bakery', millionths: 1 }] }),
      'allocation: keys.keys[0].member is the text "bakery", who is not among the members',
    ],
    [
      undefined,
      withKeys({
        kind: 'static',
        keys: [
          { member: 'shop', millionths: 1_000_000 },
          { member: 'home-01', millionths: 1 },
        ],
      }),
      'allocation: the keys sum to more than 1000000 millionths',
    ],
  ];
  for (const [rule, input, message] of refusedFor) {
    it(message, () => assert.throws(() => readCommunity(input, rule), { name: 'InputError', message }));
  }

  it('may say how a member bids', () => {
    const of = (strategy: object) => readCommunity(withMember({ strategy })).members[1]?.strategy;
    assert.deepEqual(of({ name: 'price-taker' }), { name: 'price-taker' });
    assert.deepEqual(of({ name: 'stored-value' }), { name: 'stored-value', wear: 0 });
    assert.deepEqual(of({ name: 'stored-value', wear: 20_000 }), { name: 'stored-value', wear: 20_000 });
    assert.deepEqual(of({ name: 'fixed-limit', sell: 120_000 }), { name: 'fixed-limit', sell: 120_000 });
  });

  const without = (name: keyof typeof community) => ({ ...community, [name]: undefined });
  const refused: readonly (readonly [input: unknown, message: string])[] = [
    [null, 'the community must be an object, but is null'],
    [[], 'the community must be an object, but is a list'],
    [{}, 'origin is missing'],
    [without('currency'), 'currency must be three capital letters such as EUR, but is undefined'],
    [{ ...community, currency: 'eur' }, 'currency must be three capital letters such as EUR, but is the text "eur"'],
    [
      { ...community, colour: 1 },
      'colour is not a known field; known are origin, currency, tariffs, areas, allocation, members',
    ],
    [{ ...community, origin: 7 }, 'origin must be well-formed text, but is 7'],
    [
      { ...community, origin: 'Street' },
      'origin: "Street" is not the name of a ledger; it should look like sunny-street.example/ledger/1',
    ],
    [{ ...community, tariffs: 300_000 }, 'tariffs must be an object, but is 300000'],
    [{ ...community, tariffs: { import: 1 } }, 'tariffs.feedIn is missing'],
    [
      { ...community, tariffs: { import: 0.3, feedIn: 0 } },
      'tariffs.import must be a whole number from -1000000000 to 1000000000, but is 0.3',
    ],
    [
      { ...community, tariffs: { import: 0, feedIn: 1_000_000_001 } },
      'tariffs.feedIn must be a whole number from -1000000000 to 1000000000, but is 1000000001',
    ],
    [
      withMember({ strategy: { name: 'ramp' } }),
      'members[1].strategy.name must be "last-days", "fixed-limit", "price-taker" or "stored-value", but is the text "ramp"',
    ],
    [withMember({ strategy: 'price-taker' }), 'members[1].strategy must be an object, but is the text "price-taker"'],
    [
      withMember({ strategy: { name: 'price-taker', wear: 1 } }),
      'members[1].strategy may have wear only with the name "stored-value"',
    ],
    [
      withMember({ strategy: { name: 'last-days', sell: 1 } }),
      'members[1].strategy may have buy and sell only with the name "fixed-limit"',
    ],
    [
      withMember({ strategy: { name: 'fixed-limit' } }),
      'members[1].strategy must have buy or sell, as its name is "fixed-limit"',
    ],
    [
      withMember({ strategy: { name: 'stored-value', wear: 0.02 } }),
      'members[1].strategy.wear must be a whole number from 0 to 1000000000, but is 0.02',
    ],
    [{ ...community, members: {} }, 'members must be a list, but is an object'],
    [{ ...community, members: [] }, 'members must name at least one member'],
    [{ ...community, members: ['home-01'] }, 'members[0] must be an object, but is the text "home-01"'],
    [{ ...community, members: [home, home] }, 'members[1].id "home-01" stands twice'],
    [
      withMember({ id: 'Home 1' }),
      'members[1].id must be a member id of 1 to 63 small letters, digits and hyphens, but is the text "Home 1"',
    ],
    [withMember({ id: 'operator' }), `members[1].id must not be "operator", which is the ledger's operator`],
    [withMember({ kind: 'shop' }), 'members[1].kind must be "home", "business" or "storage", but is the text "shop"'],
    [
      withMember({ batery: battery }),
      'members[1].batery is not a known field; known are id, kind, battery, feeder, strategy',
    ],
    [withMember({ battery: null }), 'members[1].battery must be an object, but is null'],
    [withMember({ battery: {} }), 'members[1].battery.capacityWh is missing'],
    [
      withBattery({ maxChargeW: '5000' }),
      'members[1].battery.maxChargeW must be a whole number from -(2^53-1) to 2^53-1, but is the text "5000"',
    ],
    [
      withBattery({ roundTripPerMille: 1001 }),
      "members[1].battery: a battery's roundTripPerMille must be a whole number from 1 to 1000, but is 1001",
    ],
  ];
  for (const [input, message] of refused) {
    it(message, () => assert.throws(() => readCommunity(input), { name: 'InputError', message }));
  }

  it('whatever else it is, it is refused in one sentence', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.throws(() => readCommunity(value), { name: 'InputError', message: /^[^\n]+$/ });
      }),
    );
  });
});

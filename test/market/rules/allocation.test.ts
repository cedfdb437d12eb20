// The surplus of a community by keys: each kind by hand, every Wh kept under all of them, the exact share never missed by one.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Allocation, type Community, KEY_KINDS, type Keys } from '../../../src/market/allocation-keys.ts';
import { allocate } from '../../../src/market/rules/allocation.ts';
import { INTERVAL, MEMBERS } from '../../support/books.ts';

type Net = Readonly<Record<string, number>>;

/** Net by member: + surplus, - consumption. */
const energyOf = (net: Net) =>
  Object.entries(net).map(([member, wh]) => ({ member, surplusWh: Math.max(0, wh), consumptionWh: Math.max(0, -wh) }));
const shared = (net: Net, keys: Keys, interval = INTERVAL) =>
  allocate({ interval, price: 150_000, energy: energyOf(net), keys });
const by = (kind: 'static' | 'static-redistributed' | 'dynamic-simple', keys: Net): Keys => ({
  kind,
  keys: Object.entries(keys).map(([member, millionths]) => ({ member, millionths })),
});
const sharesOf = ({ shares }: Allocation) => Object.fromEntries(shares.map(({ member, wh }) => [member, wh]));
const leftOf = ({ left }: Allocation) => left.reduce((sum, { wh }) => sum + wh, 0);
const pairsOf = ({ pairs }: Allocation) => pairs.map(({ buyer, seller, wh }) => `${seller}>${buyer} ${wh}`);

describe('allocation/1', () => {
  const half = { b: 500_000, c: 300_000, d: 200_000 };
  const rows: readonly (readonly [name: string, net: Net, keys: Keys, shares: Net, left: number])[] = [
    ['static: by the keys', { a: 1000, b: -900, c: -900, d: -900 }, by('static', half), { b: 500, c: 300, d: 200 }, 0],
    [
      'static: what a member cannot use stays surplus',
      { a: 1000, b: -100, c: -900, d: -900 },
      by('static', half),
      { b: 100, c: 300, d: 200 },
      400,
    ],
    [
      'static: what the keys leave open stays surplus',
      { a: 1000, b: -900, c: -900, d: -900 },
      by('static', { b: 500_000, c: 300_000 }),
      { b: 500, c: 300, d: 0 },
      200,
    ],
    [
      'static-redistributed: what a member cannot use goes to the others by their keys',
      { a: 1000, b: -100, c: -900, d: -900 },
      by('static-redistributed', half),
      { b: 100, c: 540, d: 360 },
      0,
    ],
    [
      'static-redistributed: and so on, until nobody is above its consumption',
      { a: 1000, b: -100, c: -400, d: -900 },
      by('static-redistributed', half),
      { b: 100, c: 400, d: 500 },
      0,
    ],
    [
      'static-redistributed: more than all consume is left',
      { a: 1000, b: -100, c: -400, d: -300 },
      by('static-redistributed', half),
      { b: 100, c: 400, d: 300 },
      200,
    ],
    [
      'static-redistributed: what the keys leave open does not go round',
      { a: 1000, b: -100, c: -900, d: -900 },
      by('static-redistributed', { b: 500_000, c: 300_000 }),
      { b: 100, c: 700, d: 0 },
      200,
    ],
    [
      'static-redistributed: the part of a member that produces itself goes round too',
      { a: 800, b: 200, c: -900, d: -900 },
      by('static-redistributed', half),
      { c: 600, d: 400 },
      0,
    ],
    [
      'dynamic: in proportion to consumption',
      { a: 900, b: -1000, c: -500 },
      { kind: 'dynamic' },
      { b: 600, c: 300 },
      0,
    ],
    ['dynamic: all where there is enough', { a: 900, b: -100, c: -50 }, { kind: 'dynamic' }, { b: 100, c: 50 }, 750],
    [
      'dynamic-simple: by the keys of this interval',
      { a: 600, b: -900, c: -900, d: 400 },
      by('dynamic-simple', { b: 900_000, c: 100_000 }),
      { b: 900, c: 100 },
      0,
    ],
    ['nobody produces', { a: 0, b: -900, c: -100 }, by('static', { b: 500_000, c: 500_000 }), { b: 0, c: 0 }, 0],
    ['nobody consumes', { a: 900, b: 0 }, { kind: 'dynamic' }, {}, 900],
    ['nobody at all', {}, { kind: 'dynamic' }, {}, 0],
    ['no keys at all', { a: 900, b: -900 }, by('static', {}), { b: 0 }, 900],
  ];
  for (const [name, net, keys, shares, left] of rows) {
    it(name, () => {
      const allocation = shared(net, keys);
      assert.deepEqual([sharesOf(allocation), leftOf(allocation)], [shares, left]);
      assert.equal(allocation.price, allocation.volumeWh === 0 ? null : 150_000);
    });
  }

  const full = (...keys: (readonly [producer: string, member: string, millionths: number])[]): Keys => ({
    kind: 'dynamic-full',
    keys: keys.map(([producer, member, millionths]) => ({ producer, member, millionths })),
  });

  it("dynamic-full: each producer's surplus by its own keys", () => {
    const allocation = shared(
      { a: 1000, b: 500, c: -900, d: -900 },
      full(['a', 'c', 300_000], ['a', 'd', 700_000], ['b', 'c', 1_000_000]),
    );
    assert.deepEqual(sharesOf(allocation), { c: 800, d: 700 });
    assert.deepEqual(pairsOf(allocation).sort(), ['a>c 300', 'a>d 700', 'b>c 500']);
  });

  it('dynamic-full: who would get more than it consumes takes from each in proportion', () => {
    const allocation = shared({ a: 1000, b: 500, c: -900 }, full(['a', 'c', 1_000_000], ['b', 'c', 1_000_000]));
    assert.deepEqual(pairsOf(allocation).sort(), ['a>c 600', 'b>c 300']);
    assert.deepEqual(allocation.left, [
      { member: 'a', wh: 400 },
      { member: 'b', wh: 200 },
    ]);
    assert.deepEqual(allocation.shares, [{ member: 'c', consumptionWh: 900, keyWh: 1500, wh: 900 }]);
  });

  it('several producers give in proportion to their surplus', () => {
    const allocation = shared({ a: 600, b: 300, c: -600 }, by('static', { c: 1_000_000 }));
    assert.deepEqual(allocation.left, [
      { member: 'a', wh: 200 },
      { member: 'b', wh: 100 },
    ]);
  });

  it('the odd Wh goes round: who is first in rotation has it', () => {
    const odd = ['08:15', '08:30', '08:45'].map((time) =>
      sharesOf(shared({ a: 1, b: -1, c: -1 }, { kind: 'dynamic' }, `2026-11-22T${time}Z`)),
    );
    // 2015596 mod 3 = 1: b first, then c, then a (and b after it).
    assert.deepEqual(odd, [
      { b: 1, c: 0 },
      { b: 0, c: 1 },
      { b: 1, c: 0 },
    ]);
  });

  it('nets what a member produces and consumes in the interval', () => {
    const energy = [
      { member: 'a', surplusWh: 700, consumptionWh: 200 },
      { member: 'b', surplusWh: 100, consumptionWh: 400 },
    ];
    const allocation = allocate({ interval: INTERVAL, price: 0, energy, keys: { kind: 'dynamic' } });
    assert.deepEqual([pairsOf(allocation), leftOf(allocation)], [['a>b 300'], 200]);
  });

  it('pairs neighbours on a feeder first', () => {
    const place = (feeder: string) => ({ feeder, substation: 's' });
    const places = new Map(Object.entries({ a: place('1'), b: place('2'), c: place('1'), d: place('2') }));
    const energy = energyOf({ a: 10, b: 10, c: -10, d: -10 });
    const allocation = allocate({ interval: INTERVAL, price: 0, energy, keys: { kind: 'dynamic' }, places });
    assert.deepEqual(pairsOf(allocation).sort(), ['a>c 10', 'b>d 10']);
  });

  const refused: readonly (readonly [name: string, change: Partial<Community>, message: RegExp])[] = [
    ['keys above the whole', { keys: by('static', { a: 600_000, b: 400_001 }) }, /^the keys sum to more than 1000000/],
    [
      'keys above the whole of one producer',
      { keys: full(['a', 'b', 600_000], ['a', 'c', 600_000]) },
      /^the keys of producer "a" sum/,
    ],
    ['a negative key', { keys: by('static', { a: -1 }) }, /^keys\.keys\[0\]\.millionths must be at least 0/],
    ['a key that is no integer', { keys: by('static', { a: 0.5 }) }, /^keys\.keys\[0\]\.millionths must be/],
    ['the key of a stranger', { keys: by('static', { z: 1 }) }, /^keys\.keys\[0\]\.member is the text "z", who is not/],
    ['the producer of no one', { keys: full(['z', 'a', 1]) }, /^keys\.keys\[0\]\.producer is the text "z"/],
    [
      'two keys of one member',
      {
        keys: {
          kind: 'static',
          keys: [
            { member: 'a', millionths: 1 },
            { member: 'a', millionths: 1 },
          ],
        },
      },
      /^keys\.keys\[1\]\.member "a" stands twice/,
    ],
    [
      'a member twice',
      { energy: [...energyOf({ a: 1 }), ...energyOf({ a: 2 })] },
      /^energy\[1\]\.member "a" stands twice/,
    ],
    ['a member who is not in the roster', { members: ['a'] }, /^energy\[1\]\.member is "b"/],
    ['a member twice in the roster', { members: ['a', 'b', 'c', 'a'] }, /^members: a member stands twice/],
    ['negative Wh', { energy: [{ member: 'a', surplusWh: -1, consumptionWh: 0 }] }, /^energy\[0\]\.surplusWh must be/],
    [
      'NaN Wh',
      { energy: [{ member: 'a', surplusWh: 0, consumptionWh: Number.NaN }] },
      /^energy\[0\]\.consumptionWh must be/,
    ],
    ['2^53 Wh together', { energy: energyOf({ a: 2 ** 53 - 1, b: 1 }) }, /^the surplus of all members must be/],
    ['a price that is no integer', { price: 0.5 }, /^price must be/],
  ];
  for (const [name, change, message] of refused) {
    it(`refuses ${name}`, () => {
      const community: Community = {
        interval: INTERVAL,
        price: 0,
        energy: energyOf({ a: 5, b: -5, c: -5 }),
        keys: { kind: 'dynamic' },
      };
      assert.throws(() => allocate({ ...community, ...change }), { name: 'RangeError', message });
    });
  }

  for (const kind of KEY_KINDS) {
    it(`${kind}: conserves every Wh, caps at consumption, pairs to the Wh`, () => {
      fc.assert(
        fc.property(communities(kind), (community) => {
          const { volumeWh, shares, left, pairs } = allocate(community);
          const net = new Map(community.energy.map((row) => [row.member, row.surplusWh - row.consumptionWh]));
          const surplus = [...net.values()].reduce((sum, wh) => sum + Math.max(0, wh), 0);
          assert.equal(
            shares.reduce((sum, { wh }) => sum + wh, 0),
            volumeWh,
          );
          assert.equal(left.reduce((sum, { wh }) => sum + wh, 0) + volumeWh, surplus);
          assert.deepEqual(
            shares.map(({ member }) => member),
            [...net].filter(([, wh]) => wh < 0).map(([member]) => member),
          );
          for (const { member, wh, consumptionWh } of shares) {
            assert.equal(consumptionWh, -net.get(member)!);
            assert.ok(Number.isSafeInteger(wh) && wh >= 0 && wh <= consumptionWh);
          }
          const rest = new Map([...shares, ...left].map(({ member, wh }) => [member, wh]));
          const given = new Map(left.map(({ member, wh }) => [member, net.get(member)! - wh]));
          for (const { buyer, seller, wh } of pairs) {
            assert.ok(wh > 0 && buyer !== seller);
            rest.set(buyer, rest.get(buyer)! - wh);
            given.set(seller, given.get(seller)! - wh);
          }
          assert.ok(shares.every(({ member }) => rest.get(member) === 0));
          assert.ok([...given.values()].every((wh) => wh === 0));
          assert.ok(left.every(({ wh }) => wh >= 0));
        }),
        { numRuns: 500 },
      );
    });

    it(`${kind}: the order of members and keys changes no byte`, () => {
      const sorted = ({ shares, left, ...rest }: Allocation) =>
        JSON.stringify({ ...rest, shares: shares.toSorted(byId), left: left.toSorted(byId) });
      fc.assert(
        fc.property(communities(kind), (community) => {
          const { keys } = community;
          const turned: Community = {
            ...community,
            energy: community.energy.toReversed(),
            keys: keys.kind === 'dynamic' ? keys : ({ ...keys, keys: keys.keys.toReversed() } as Keys),
          };
          assert.equal(sorted(allocate(turned)), sorted(allocate(community)));
        }),
        { numRuns: 200 },
      );
    });
  }

  it('no share is a Wh or more from the exact one', () => {
    fc.assert(
      fc.property(communities('dynamic-simple'), (community) => {
        if (community.keys.kind !== 'dynamic-simple') return;
        const { shares } = allocate(community);
        const surplus = total(community.energy.map((row) => BigInt(row.surplusWh) - BigInt(row.consumptionWh)));
        const keys = new Map(community.keys.keys.map(({ member, millionths }) => [member, BigInt(millionths)]));
        for (const { member, keyWh } of shares) {
          const off = 1_000_000n * BigInt(keyWh) - surplus * (keys.get(member) ?? 0n);
          assert.ok(off > -1_000_000n && off < 1_000_000n);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('static-redistributed: whoever still wants has as much per key as anyone, but for the odd Wh', () => {
    fc.assert(
      fc.property(communities('static-redistributed'), (community) => {
        if (community.keys.kind !== 'static-redistributed') return;
        const { shares } = allocate(community);
        const keys = new Map(community.keys.keys.map(({ member, millionths }) => [member, millionths]));
        const keyed = shares.filter(({ member }) => (keys.get(member) ?? 0) > 0);
        const key = (member: string) => BigInt(keys.get(member)!);
        for (const hungry of keyed.filter(({ wh, consumptionWh }) => wh < consumptionWh)) {
          for (const other of keyed) {
            // wh per key of the other is at most that of the hungry one with a Wh more each.
            assert.ok(BigInt(other.wh - 1) * key(hungry.member) < BigInt(hungry.wh + 1) * key(other.member));
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

const byId = (a: { member: string }, b: { member: string }) => (a.member < b.member ? -1 : 1);

function total(nets: readonly bigint[]): bigint {
  return nets.reduce((sum, wh) => (wh > 0n ? sum + wh : sum), 0n);
}

/** Communities with producers, consumers and idle members, keys that leave some of the whole open, and large quantities. */
function communities(kind: Keys['kind']): fc.Arbitrary<Community> {
  const wh = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 30 }) }, fc.integer({ min: 0, max: 2 ** 48 }));
  const energy = fc
    .subarray(MEMBERS, { minLength: 1 })
    .chain((members) =>
      fc.tuple(
        ...members.map((member) => fc.record({ member: fc.constant(member), surplusWh: wh, consumptionWh: wh })),
      ),
    );
  const quarter = fc.integer({ min: 0, max: 3_000_000 });
  return fc.tuple(energy, quarter, fc.infiniteStream(fc.nat(100)), fc.nat(100)).map(([rows, time, weights, open]) => {
    const members = rows.map(({ member }) => member);
    const keysFor = () => {
      const drawn = members.map((member) => ({ member, weight: weights.next().value as number }));
      const whole = drawn.reduce((sum, { weight }) => sum + weight, open) || 1;
      return drawn.map(({ member, weight }) => ({ member, millionths: Math.floor((weight * 1_000_000) / whole) }));
    };
    const keys: Keys =
      kind === 'dynamic'
        ? { kind }
        : kind === 'dynamic-full'
          ? { kind, keys: members.flatMap((producer) => keysFor().map((key) => ({ ...key, producer }))) }
          : { kind, keys: keysFor() };
    return { interval: `${new Date(time * 900_000).toISOString().slice(0, 16)}Z`, price: 150_000, energy: rows, keys };
  });
}

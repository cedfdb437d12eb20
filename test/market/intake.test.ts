// What may enter the book: form, bounds, quotas, and what the community knows of the member.
import assert from 'node:assert/strict';
import { checkBounds, checkOrder, type Market, NOTHING, type Standing, standingWith } from '../../src/market/intake.ts';

const BOUNDS = {
  limits: { min: 80_000, max: 300_000 },
  maxOrderWh: 10_000,
  maxOrdersPerMember: 3,
  maxMemberWh: 12_000,
};
const GOOD = { member: 'a', side: 'buy', wh: 1500, limit: 250_000 };
const only = (from: string, more: object = {}) => ({ preference: { mode: 'only', from, ...more } });
const partners = (...names: unknown[]) => only('partners', { partners: names });
const having = (orders: number, buyWh = 0, sellWh = 0): Standing => ({ orders, buyWh, sellWh });

describe('checkOrder', () => {
  const rows: readonly (readonly [
    name: string,
    change: object,
    code: string | null,
    text?: RegExp | undefined,
    has?: Standing,
  ])[] = [
    ['a good order', {}, null],
    ['the bounds themselves', { wh: 10_000, limit: 80_000 }, null, undefined, having(2)],
    [
      'one Wh too much',
      { wh: 10_001 },
      'out-of-bounds',
      /^an order is for 1 Wh to 10 kWh, but this one is for 10001 Wh$/,
    ],
    ['no energy', { wh: 0 }, 'out-of-bounds', /for 0 Wh$/],
    ['negative energy', { wh: -1 }, 'out-of-bounds', /for -1 Wh$/],
    [
      'a limit too low',
      { limit: 79_999 },
      'out-of-bounds',
      /between 0\.08 and 0\.30 per kWh, but this one is 0\.079999$/,
    ],
    ['a limit too high', { limit: 300_001 }, 'out-of-bounds', /is 0\.300001$/],
    [
      'one order too many',
      {},
      'over-quota',
      /may have 3 orders for an interval, and this one has 3 already$/,
      having(3),
    ],
    ['the last Wh of the quota', { wh: 2_000 }, null, undefined, having(2, 10_000, 12_000)],
    [
      'one Wh over the quota of its side',
      { wh: 2_001 },
      'over-quota',
      /may buy 12 kWh in an interval, but this order is for 2\.001 kWh beside 10 kWh already in the book$/,
      having(2, 10_000),
    ],
    ['the quota of sells', { side: 'sell', wh: 10_000 }, 'over-quota', /may sell 12 kWh/, having(1, 0, 2_001)],
    ['another side', { side: 'bid' }, 'malformed', /^side must be "buy" or "sell", but is the text "bid"$/],
    ['a fraction', { wh: 1.5 }, 'malformed', /^wh must be a whole number of Wh, but is 1\.5$/],
    [
      'text',
      { limit: '250000' },
      'malformed',
      /^limit must be whole micro-currency per kWh, but is the text "250000"$/,
    ],
    ['minus zero', { limit: -0 }, 'malformed', /is -0$/],
    ['2^53', { wh: 2 ** 53 }, 'malformed', /is 9007199254740992$/],
    ['NaN', { limit: Number.NaN }, 'malformed', /is NaN$/],
    ['Infinity', { wh: Number.POSITIVE_INFINITY }, 'malformed', /is Infinity$/],
    ['partners', partners('b', 'c'), null],
    [
      'partners of whom one is not known',
      partners('b', 'x'),
      'unknown-member',
      /partners\[1\] is "x", who is not among/,
    ],
    ['its own feeder', only('feeder'), null],
    ['its own feeder, without a place', { member: 'c', ...only('feeder') }, 'wrong-area', /"c" has no known place/],
    ['renewable surplus', only('renewable'), null],
    ['a sell of renewable surplus', { side: 'sell', renewable: true }, null],
    ['a buy that is renewable', { renewable: true }, 'malformed', /^renewable is what a sell says/],
    ['a preference that is none', only('partners', { partners: ['c', 'b'] }), 'malformed', /must stand before "c"/],
    ['an unknown member', { member: 'z' }, 'unknown-member', /^"z" is not a member of this community$/],
  ];
  const market: Market = { members: new Set(['a', 'b', 'c']), places: new Set(['a', 'b']) };
  for (const [name, change, code, text, has] of rows) {
    it(`${name}: ${code ?? 'admitted'}`, () => {
      const refusal = checkOrder({ ...GOOD, ...change }, BOUNDS, has, market);
      assert.equal(refusal?.code ?? null, code, refusal?.text);
      if (refusal) assert.match(refusal.text, text!);
    });
  }

  it('zonal/1: whoever stands in no area is refused, and only there', () => {
    const areas = new Set(['b']);
    assert.equal(checkOrder(GOOD, BOUNDS, NOTHING, { areas }), null);
    const refusal = checkOrder(GOOD, BOUNDS, NOTHING, { rule: 'zonal/1', areas });
    assert.deepEqual(refusal, {
      code: 'wrong-area',
      text: '"a" stands in no area of the feeder tree, and zonal/1 needs one',
    });
  });

  it('zonal/1 without a tree: all stand in one area', () => {
    assert.equal(checkOrder(GOOD, BOUNDS, NOTHING, { rule: 'zonal/1', places: new Set() }), null);
  });

  it('allocation/1: no order at all, with a preference or without', () => {
    for (const order of [GOOD, { ...GOOD, ...partners('b') }]) {
      assert.equal(checkOrder(order, BOUNDS, NOTHING, { rule: 'allocation/1' })?.code, 'wrong-rule');
    }
  });

  it('without a quota of energy only the number of orders counts', () => {
    const { maxMemberWh: _, ...bounds } = BOUNDS;
    assert.equal(checkOrder(GOOD, bounds, having(2, 2 ** 52, 2 ** 52)), null);
  });
});

describe('standingWith', () => {
  it('counts each side for itself, and an order taken back no more', () => {
    const buy = { side: 'buy', wh: 5 } as const;
    const both = standingWith(standingWith(NOTHING, buy, 1), { side: 'sell', wh: 3 }, 1);
    assert.deepEqual(both, having(2, 5, 3));
    assert.deepEqual(standingWith(both, buy, -1), having(1, 0, 3));
  });
});

describe('checkBounds', () => {
  it('takes bounds, also where one limit alone is allowed', () => {
    checkBounds(BOUNDS);
    checkBounds({ ...BOUNDS, limits: { min: -5, max: -5 } });
  });

  const bad: readonly (readonly [name: string, change: object, message: RegExp])[] = [
    ['limits the wrong way round', { limits: { min: 2, max: 1 } }, /^limits\.min is 2, which is above limits\.max, 1/],
    ['a limit that is text', { limits: { min: '1', max: 2 } }, /^limits\.min must be a whole number/],
    ['an infinite limit', { limits: { min: 0, max: Number.POSITIVE_INFINITY } }, /^limits\.max must be/],
    ['orders of no energy', { maxOrderWh: 0 }, /^maxOrderWh must be at least 1, but is 0$/],
    ['half an order', { maxOrdersPerMember: 0.5 }, /^maxOrdersPerMember must be a whole number/],
    ['a quota of nothing', { maxMemberWh: 0 }, /^maxMemberWh must be at least 1/],
    ['a quota of 2^53', { maxMemberWh: 2 ** 53 }, /^maxMemberWh must be a whole number/],
  ];
  for (const [name, change, message] of bad) {
    it(`refuses ${name}`, () =>
      assert.throws(() => checkBounds({ ...BOUNDS, ...change }), { name: 'RangeError', message }));
  }
});

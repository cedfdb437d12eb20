// Bad input, under every rule: in a clearing one sentence that names the field, at the gate of the book a refusal; and in
// neither is anything of the others lost.
import assert from 'node:assert/strict';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import { explainer } from '../../src/market/explain.ts';
import { OpenBooks } from '../../src/market/open-book.ts';
import type { Auction, Clearing, Order } from '../../src/market/order.ts';
import { checkClearing } from '../../src/settlement/check.ts';
import { intervalAfter, intervalStart } from '../../src/time/interval.ts';
import { biddingInterval, nextEvents } from '../../src/time/schedule.ts';
import { INTERVAL } from '../support/books.ts';

const order = (
  id: string,
  member: string,
  side: Order['side'],
  wh: number,
  limit: number,
  more: object = {},
): Order => ({
  id,
  member,
  side,
  wh,
  limit,
  ...more,
});
const AREAS = [
  { id: 'street' },
  { id: 'f1', parent: 'street', members: ['a', 'b'] },
  { id: 'f2', parent: 'street', members: ['c', 'd'] },
];
/** Whole books, one without preferences and one in which they take part of the energy. */
const BOOKS: Readonly<Record<string, Auction>> = {
  'orders without preferences': {
    interval: INTERVAL,
    members: ['a', 'b', 'c', 'd'],
    areas: AREAS,
    orders: [
      order('1', 'a', 'buy', 50, 100),
      order('2', 'c', 'sell', 40, 50),
      order('3', 'd', 'sell', 40, 60),
      order('4', 'b', 'buy', 30, 95),
    ],
  },
  'orders with preferences': {
    interval: INTERVAL,
    members: ['a', 'b', 'c', 'd'],
    areas: AREAS,
    orders: [
      order('1', 'a', 'buy', 50, 100, { preference: { mode: 'first', from: 'partners', partners: ['b'] } }),
      order('2', 'b', 'sell', 20, 90),
      order('3', 'c', 'sell', 40, 50),
      order('4', 'd', 'sell', 40, 60),
      order('5', 'b', 'buy', 30, 95),
    ],
  },
};
/** Only zonal/1 takes areas into account, the others do not look at them. */
const bookFor = (rule: string, { areas, ...auction }: Auction): Auction =>
  rule === 'zonal/1' && areas ? { ...auction, areas } : auction;

const FIELDS: readonly (readonly [name: string, change: object, message: RegExp])[] = [
  ['NaN Wh', { wh: Number.NaN }, /^orders\[0\]\.wh must be a whole number from 1 to 2\^53-1, but is NaN$/],
  ['Infinity Wh', { wh: Number.POSITIVE_INFINITY }, /^orders\[0\]\.wh .* is Infinity$/],
  ['12.5 Wh', { wh: 12.5 }, /^orders\[0\]\.wh .* is 12\.5$/],
  ['"12" Wh', { wh: '12' }, /^orders\[0\]\.wh .* is the text "12"$/],
  ['no Wh', { wh: undefined }, /^orders\[0\]\.wh .* is undefined$/],
  ['0 Wh', { wh: 0 }, /^orders\[0\]\.wh .* is 0$/],
  ['-0 Wh', { wh: -0 }, /^orders\[0\]\.wh .* is -0$/],
  ['-1 Wh', { wh: -1 }, /^orders\[0\]\.wh .* is -1$/],
  ['2^53 Wh', { wh: 2 ** 53 }, /^orders\[0\]\.wh .* is 9007199254740992$/],
  ['a limit of NaN', { limit: Number.NaN }, /^orders\[0\]\.limit must be a whole number .* is NaN$/],
  ['a limit of -Infinity', { limit: Number.NEGATIVE_INFINITY }, /^orders\[0\]\.limit .* is -Infinity$/],
  ['a limit of 0.5', { limit: 0.5 }, /^orders\[0\]\.limit .* is 0\.5$/],
  ['a limit of "100"', { limit: '100' }, /^orders\[0\]\.limit .* is the text "100"$/],
  ['a limit of 2^53', { limit: 2 ** 53 }, /^orders\[0\]\.limit/],
  ['another side', { side: 'bid' }, /^orders\[0\]\.side must be "buy" or "sell", but is the text "bid"$/],
  ['no id', { id: '' }, /^orders\[0\]\.id must be well-formed text/],
  ['an id that is a number', { id: 7 }, /^orders\[0\]\.id must be well-formed text, but is 7$/],
  ['an id twice', { id: '2' }, /^orders\[1\]\.id "2" stands twice/],
  ['an unknown member', { member: 'z' }, /^orders\[0\]\.member is "z", who is not among the members$/],
  ['no member', { member: '' }, /^orders\[0\]\.member must be well-formed text/],
  [
    'a preference for itself',
    { preference: { mode: 'only', from: 'partners', partners: ['a'] } },
    /^orders\[0\]\.preference\.partners\[0\] is "a" itself/,
  ],
  ['a preference in words', { preference: 'neighbours' }, /^orders\[0\]\.preference must be an object/],
  ['a renewable buy', { renewable: true }, /^orders\[0\]\.renewable is what a sell says/],
];

for (const rule of RULE_NAMES) {
  describe(`${rule}: bad input`, () => {
    for (const [book, auction] of Object.entries(BOOKS)) {
      const given = bookFor(rule, auction);
      const changed = (change: object): Auction => ({
        ...given,
        orders: given.orders.map((one, i) => (i === 0 ? ({ ...one, ...change } as Order) : one)),
      });
      for (const [name, change, message] of FIELDS) {
        it(`among ${book}, refuses ${name}`, () =>
          assert.throws(() => clear(rule, changed(change)), { name: 'RangeError', message }));
      }

      if (rule !== 'continuous/1') {
        it(`among ${book}, refuses a cancel`, () =>
          assert.throws(() => clear(rule, { ...given, cancels: [{ order: '1', after: 1 }] }), {
            name: 'RangeError',
            message: /^cancels belong to continuous\/1/,
          }));
      } else {
        it(`among ${book}, refuses a cancel of no order, or before its order`, () => {
          for (const [cancel, message] of [
            [{ order: '9', after: 1 }, /^cancels\[0\]\.order "9" names no order$/],
            [{ order: '2', after: 1 }, /^cancels\[0\]\.after must be a whole number from 2 /],
          ] as const) {
            assert.throws(() => clear(rule, { ...given, cancels: [cancel] }), { name: 'RangeError', message });
          }
        });
      }

      if (rule === 'zonal/1') {
        it(`among ${book}, refuses the order of a member in no area`, () => {
          const areas = AREAS.map((area) => ({
            ...area,
            members: area.members?.filter((member) => member !== 'a') ?? [],
          }));
          assert.throws(() => clear(rule, { ...given, areas }), {
            name: 'RangeError',
            message: /^orders\[0\]\.member "a" stands in no area of the feeder tree$/,
          });
        });
      }

      const tampered: readonly (readonly [name: string, change: (clearing: Clearing) => object])[] = [
        ['another volume', ({ volumeWh }) => ({ volumeWh: volumeWh + 1 })],
        [
          'a fill less',
          ({ fills }) => ({ fills: fills.map((fill, i) => (i === 0 ? { ...fill, wh: fill.wh - 1 } : fill)) }),
        ],
        ['a fill of another member', ({ fills }) => ({ fills: fills.map((fill) => ({ ...fill, member: 'z' })) })],
        ['a pair too much', ({ pairs }) => ({ pairs: [...pairs, { ...pairs[0]!, buyer: 'z' }] })],
        ['a pair less', ({ pairs }) => ({ pairs: pairs.slice(1) })],
        ['another interval', () => ({ interval: '2026-11-22T08:30Z' })],
      ];
      for (const [name, change] of tampered) {
        it(`of ${book}, refuses a clearing with ${name}`, () => {
          const clearing = clear(rule, given);
          const check = (of: Clearing) => checkClearing({ interval: INTERVAL, clearing: of, meters: [] }, 'x');
          assert.ok(clearing.pairs.length > 0, 'nothing traded: this shows nothing');
          check(clearing);
          assert.throws(() => check({ ...clearing, ...change(clearing) }), {
            name: 'RangeError',
            message: /^x\.clearing/,
          });
        });
      }

      it(`of ${book}, gives no reasons for a clearing of other orders`, () => {
        const other = { ...given, orders: given.orders.toReversed() };
        assert.throws(() => explainer(given, clear(rule, other))(0), {
          name: 'RangeError',
          message: /no fill for order 0/,
        });
      });
    }

    it('10,000 orders of one member: all in one clearing, and over its quota none of the others lost', () => {
      const flood = Array.from({ length: 10_000 }, (_, i) =>
        order(`f${i}`, 'b', i % 2 === 0 ? 'buy' : 'sell', 1, 70 + (i % 7)),
      );
      const given = bookFor(rule, BOOKS['orders with preferences']!);
      const { fills } = clear(rule, { ...given, orders: [...given.orders, ...flood] });
      assert.equal(fills.length, given.orders.length + flood.length);

      const bounds = { limits: { min: 0, max: 200 }, maxOrderWh: 100, maxOrdersPerMember: 5, maxMemberWh: 100 };
      const books = new OpenBooks(bounds, {
        rule,
        members: new Set(['a', 'b', 'c', 'd']),
        places: new Set(['a', 'b', 'c', 'd']),
      });
      const codes = [...flood, ...given.orders].map((one) => books.add(INTERVAL, one)?.code ?? 'in');
      assert.equal(codes.filter((code) => code === 'over-quota').length, 9_997);
      assert.deepEqual(codes.slice(-given.orders.length), ['in', 'over-quota', 'in', 'in', 'over-quota']);
      assert.equal(books.close(INTERVAL)!.orders.length, 5 + 3);
    });
  });
}

describe('the gate', () => {
  const LEAD_MS = 300_000;
  const bounds = { limits: { min: 0, max: 200 }, maxOrderWh: 100, maxOrdersPerMember: 5 };

  it('an order that comes 1 ms after the gate is late, one that came 1 ms before is in the book', () => {
    const gateAt = intervalStart(INTERVAL) - LEAD_MS;
    const books = new OpenBooks(bounds);
    // What happens, in order of time: the gate closes when the schedule says so, to the millisecond.
    const [event] = nextEvents(gateAt - 1, LEAD_MS).filter(({ event }) => event === 'gate');
    assert.deepEqual([event?.interval, event?.time], [INTERVAL, gateAt]);
    assert.equal(books.add(INTERVAL, order('early', 'a', 'buy', 5, 10)), null);
    assert.deepEqual(
      books.close(event!.interval)?.orders.map(({ id }) => id),
      ['early'],
    );
    const refusal = books.add(INTERVAL, order('late', 'a', 'buy', 5, 10));
    assert.deepEqual(refusal, {
      code: 'late',
      text: `the order of a came after the gate of ${INTERVAL} had closed; order for a later interval`,
    });
    // Whoever asks the schedule would have been told so: from the gate on it names the next interval.
    assert.equal(biddingInterval(gateAt - 1, LEAD_MS), INTERVAL);
    assert.equal(biddingInterval(gateAt, LEAD_MS), intervalAfter(INTERVAL));
  });

  const refused: readonly (readonly [name: string, more: object, code: string])[] = [
    ['a limit outside the bounds', { limit: 201 }, 'out-of-bounds'],
    ['more energy than an order may have', { wh: 101 }, 'out-of-bounds'],
    ['NaN', { wh: Number.NaN }, 'malformed'],
    ['an id that stands in the book', { id: 'first' }, 'duplicate'],
    ['an id that is no text', { id: 5 }, 'malformed'],
    ['an unknown member', { member: 'z' }, 'unknown-member'],
    ['an unknown partner', { preference: { mode: 'only', from: 'partners', partners: ['z'] } }, 'unknown-member'],
    ['its own feeder, without a place', { member: 'c', preference: { mode: 'only', from: 'feeder' } }, 'wrong-area'],
    ['a preference that is none', { preference: { mode: 'only', from: 'feeder', partners: ['b'] } }, 'malformed'],
  ];
  for (const [name, more, code] of refused) {
    it(`refuses ${name}, and the book stays as it was`, () => {
      const books = new OpenBooks(bounds, { members: new Set(['a', 'b', 'c']), places: new Set(['a', 'b']) });
      const first = order('first', 'b', 'sell', 5, 10);
      books.add(INTERVAL, first);
      assert.equal(books.add(INTERVAL, order('new', 'a', 'buy', 5, 10, more))?.code, code);
      assert.deepEqual(books.close(INTERVAL)?.orders, [first]);
    });
  }

  it('an order in no area is refused under zonal/1, before it could stop the clearing of all', () => {
    const books = new OpenBooks(bounds, { rule: 'zonal/1', areas: new Set(['b']) });
    assert.equal(books.add(INTERVAL, order('1', 'a', 'buy', 5, 10))?.code, 'wrong-area');
    assert.equal(books.add(INTERVAL, order('2', 'b', 'buy', 5, 10)), null);
  });

  it('a quota counts what stands: an order taken back makes room', () => {
    const books = new OpenBooks({ ...bounds, maxMemberWh: 100 });
    assert.equal(books.add(INTERVAL, order('1', 'a', 'buy', 80, 10)), null);
    assert.equal(books.add(INTERVAL, order('2', 'a', 'buy', 21, 10))?.code, 'over-quota');
    assert.equal(books.add(INTERVAL, order('3', 'a', 'sell', 100, 10)), null);
    assert.equal(books.cancel(INTERVAL, 'a', '1'), null);
    assert.equal(books.add(INTERVAL, order('4', 'a', 'buy', 100, 10)), null);
  });

  it('bounds that are none are refused at once', () => {
    assert.throws(() => new OpenBooks({ ...bounds, limits: { min: 5, max: 4 } }), {
      name: 'RangeError',
      message: /limits\.min/,
    });
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { auctionsOf, MEMBERS } from '../support/books.ts';
import { type Outcome, runCommand } from '../support/command.ts';
import { damaged } from '../support/documents.ts';
import { preferringAuctionsOf } from '../support/preferring-books.ts';
import { projectRoot } from '../support/source.ts';

const AUCTION = {
  interval: '2026-11-22T08:15Z',
  members: ['a', 'b', 'c'],
  orders: [
    { id: 'o2', member: 'b', side: 'sell', wh: 1000, limit: 100_000 },
    { id: 'o1', member: 'a', side: 'buy', wh: 1500, limit: 250_000 },
  ],
};
const clear = (input: unknown, ...options: string[]): Promise<Outcome> =>
  runCommand(['clear', ...options, '-'], { stdin: typeof input === 'string' ? input : JSON.stringify(input) });
const withOrder = (change: object) => ({ ...AUCTION, orders: [{ ...AUCTION.orders[0], ...change }] });

describe('microgrid clear', () => {
  it('--json prints the clearing, with fills in order of id and a reason each', async () => {
    const { code, out, err } = await clear(AUCTION, '--json');
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(JSON.parse(out), {
      rule: 'uniform-price/1',
      interval: '2026-11-22T08:15Z',
      volumeWh: 1000,
      price: 250_000,
      priceLow: 250_000,
      priceHigh: 250_000,
      fills: [
        {
          id: 'o1',
          member: 'a',
          side: 'buy',
          wh: 1000,
          reason: {
            code: 'shared',
            text: '1 kWh of 1.5 kWh filled: your limit 0.25 EUR/kWh is the clearing price, where members shared what was left in proportion; a limit under 0.10 would have bought nothing',
            numbers: { wh: 1500, filledWh: 1000, limit: 250_000, price: 250_000, decidingLimit: 100_000 },
          },
        },
        {
          id: 'o2',
          member: 'b',
          side: 'sell',
          wh: 1000,
          reason: {
            code: 'filled',
            text: 'filled: 1 kWh sold at 0.25 EUR/kWh; a limit over 0.25 would have sold nothing',
            numbers: { wh: 1000, filledWh: 1000, limit: 100_000, price: 250_000, decidingLimit: 250_000 },
          },
        },
      ],
      pairs: [{ buyer: 'a', seller: 'b', wh: 1000 }],
    });
  });

  it('prints the price of each pair where there is no one price', async () => {
    const { out } = await clear(AUCTION, '--rule', 'pay-as-bid/1', '--json');
    const { rule, price, pairs } = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual([rule, price], ['pay-as-bid/1', null]);
    assert.deepEqual(pairs, [{ buyer: 'a', seller: 'b', wh: 1000, price: 250_000 }]);
    const text = (await clear(AUCTION, '--rule', 'pay-as-bid/1')).out;
    assert.match(
      text,
      /^2026-11-22T08:15Z: 1 kWh traded\n {2}o2 .*\n {2}o1 .*\n {2}b supplies a with 1 kWh at 0\.25 EUR\/kWh\n$/,
    );
  });

  it('prints both prices of a pair where the seller gets less than the buyer pays', async () => {
    const more = { id: 'o3', member: 'c', side: 'buy', wh: 500, limit: 240_000 };
    const fourth = { id: 'o4', member: 'd', side: 'sell', wh: 900, limit: 150_000 };
    const auction = { interval: AUCTION.interval, orders: [...AUCTION.orders, more, fourth] };
    const { out } = await clear(auction, '--rule', 'trade-reduction/1', '--json');
    const { priceLow, priceHigh, pairs } = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual([priceLow, priceHigh], [150_000, 240_000]);
    assert.deepEqual(pairs, [{ buyer: 'a', seller: 'b', wh: 1000, price: 240_000, sellerPrice: 150_000 }]);
    const text = (await clear(auction, '--rule', 'trade-reduction/1')).out;
    assert.match(text, / at 0\.24 EUR\/kWh, of which b gets 0\.15\n$/);
  });

  it('continuous/1 takes cancels; a sealed auction refuses them', async () => {
    const cancelled = { ...AUCTION, cancels: [{ order: 'o2', after: 1 }] };
    const { out } = await clear(cancelled, '--rule', 'continuous/1', '--json');
    assert.equal((JSON.parse(out) as { volumeWh: number }).volumeWh, 0);
    assert.match((await clear(cancelled)).err, /cancels belong to continuous\/1/);
    const late = { ...AUCTION, cancels: [{ order: 'o1', after: 1 }] };
    assert.match(
      (await clear(late, '--rule', 'continuous/1')).err,
      /cancels\[0\]\.after must be a whole number from 2 to 2/,
    );
  });

  it('reads a file, and without --json writes for people', async () => {
    const files = { 'auction.json': JSON.stringify(AUCTION) };
    const { code, out } = await runCommand(['clear', 'auction.json'], { files });
    assert.equal(code, 0);
    assert.match(out, /^2026-11-22T08:15Z: 1 kWh traded at 0\.25 EUR\/kWh\n {2}o2 \(b, sell\): filled/);
    assert.match((await clear({ interval: AUCTION.interval, orders: [] })).out, /: nothing traded\n$/);
  });

  it('the order of orders, members and JSON keys changes no byte', async () => {
    const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse());
    await fc.assert(
      fc.asyncProperty(auctionsOf(), async (auction) => {
        const turned = reversed({
          ...auction,
          orders: auction.orders.map(reversed).reverse(),
          ...(auction.members ? { members: [...auction.members].reverse() } : {}),
        });
        assert.equal((await clear(turned, '--json')).out, (await clear(auction, '--json')).out);
      }),
      { numRuns: 50 },
    );
  });

  it('takes a feeder tree for the pairs', async () => {
    const orders = [
      { id: '1', member: 'a', side: 'buy', wh: 1, limit: 2 },
      { id: '2', member: 'b', side: 'sell', wh: 1, limit: 1 },
      { id: '3', member: 'c', side: 'sell', wh: 1, limit: 1 },
      { id: '4', member: 'd', side: 'buy', wh: 1, limit: 2 },
    ];
    const place = (member: string, feeder: string) => ({ member, feeder, substation: 's' });
    for (const [feeders, pairs] of [
      ['1122', ['a<b', 'd<c']],
      ['1212', ['a<c', 'd<b']],
    ] as const) {
      const places = ['a', 'b', 'c', 'd'].map((member, i) => place(member, feeders[i]!));
      const { out } = await clear({ interval: AUCTION.interval, orders, places }, '--json');
      const found = (JSON.parse(out) as { pairs: { buyer: string; seller: string }[] }).pairs;
      assert.deepEqual(found.map(({ buyer, seller }) => `${buyer}<${seller}`).sort(), pairs);
    }
  });

  describe('--rule zonal/1', () => {
    const areas = [
      { id: 'street', members: ['b'] },
      { id: 'f1', parent: 'street', importWh: 600, fee: 10_000, members: ['a', 'c'] },
    ];
    const zonal = (input: unknown, ...options: string[]) => clear(input, '--rule', 'zonal/1', ...options);

    it('--json adds the areas with prices and flows, and prices to the pairs', async () => {
      const { code, out } = await zonal({ ...AUCTION, areas }, '--json');
      const { price, pairs, areas: cleared } = JSON.parse(out) as Record<string, unknown>;
      assert.deepEqual([code, price], [0, 100_000]);
      assert.deepEqual(pairs, [
        { buyer: 'a', seller: 'b', wh: 600, price: 250_000, sellerPrice: 100_000, networkFee: 10_000 },
      ]);
      assert.deepEqual(cleared, [
        {
          ...{ id: 'street', parent: null, price: 100_000, priceLow: 100_000, priceHigh: 100_000 },
          ...{ flowWh: 0, fee: 0, rent: 0 },
        },
        {
          ...{ id: 'f1', parent: 'street', price: 250_000, priceLow: 250_000, priceHigh: 250_000 },
          ...{ flowWh: 600, fee: 10_000, rent: 140_000 },
        },
      ]);
    });

    it('writes a line for each area', async () => {
      const { out } = await zonal({ ...AUCTION, areas });
      assert.match(out, /^2026-11-22T08:15Z: 600 Wh traded\n {2}street: 0\.10 EUR\/kWh\n/);
      assert.match(out, /\n {2}f1: 0\.25 EUR\/kWh; 600 Wh in from street, fee 0\.01, line full 0\.14\n/);
    });

    it('without areas it clears as uniform-price/1', async () => {
      const [zonalOut, uniform] = [await zonal(AUCTION, '--json'), await clear(AUCTION, '--json')];
      const fills = (text: string) =>
        (JSON.parse(text) as { fills: { id: string; wh: number }[] }).fills.map(({ id, wh }) => [id, wh]);
      assert.deepEqual(fills(zonalOut.out), fills(uniform.out));
    });

    it('the areas change nothing under another rule', async () => {
      assert.equal((await clear({ ...AUCTION, areas }, '--json')).out, (await clear(AUCTION, '--json')).out);
    });

    const wrong: readonly (readonly [name: string, areas: unknown, message: RegExp])[] = [
      ['no list', 7, /areas must be a list, but is 7/],
      ['half a Wh', [{ id: 'r' }, { id: 'a', parent: 'r', importWh: 0.5 }], /areas\[1\]\.importWh must be .* 0\.5/],
      ['a fee below 0', [{ id: 'r' }, { id: 'a', parent: 'r', fee: -1 }], /areas\[1\]\.fee must be/],
      [
        'null for no limit',
        [{ id: 'r' }, { id: 'a', parent: 'r', exportWh: null }],
        /areas\[1\]\.exportWh must be .* null/,
      ],
      ['an unknown field', [{ id: 'r', capacity: 5 }], /areas\[0\]\.capacity is not a known field/],
      ['an unknown parent', [{ id: 'r' }, { id: 'a', parent: 'q' }], /the parent "q", which is not among the areas/],
      ['a member in no area', [{ id: 'r', members: ['a'] }], /orders\[0\]\.member "b" stands in no area/],
    ];
    for (const [name, given, message] of wrong) {
      it(`refuses ${name}: one sentence, exit 2`, async () => {
        const { code, out, err } = await zonal({ ...AUCTION, areas: given }, '--json');
        assert.deepEqual([code, out], [2, '']);
        assert.match(err, /^microgrid: [^\n]+\n$/);
        assert.match(err, message);
      });
    }
  });

  describe('preferences', () => {
    const partners = (...names: string[]) => ({ mode: 'only', from: 'partners', partners: names });
    const preferring = (preference: unknown, more: object = {}) => ({
      ...AUCTION,
      orders: [AUCTION.orders[0], { ...AUCTION.orders[1], preference }],
      ...more,
    });

    it('--json adds preferred, by the places of the fills as they stand there', async () => {
      const { code, out } = await clear(preferring(partners('b')), '--json');
      const { volumeWh, price, fills, preferred } = JSON.parse(out) as {
        volumeWh: number;
        price: number | null;
        fills: { id: string; wh: number; reason: { code: string; text: string } }[];
        preferred: unknown;
      };
      assert.deepEqual([code, volumeWh, price], [0, 0, null]);
      // o1, the buy, stands first here, although it was handed in last.
      assert.deepEqual(
        fills.map(({ id, wh }) => [id, wh]),
        [
          ['o1', 0],
          ['o2', 0],
        ],
      );
      assert.deepEqual(preferred, [{ buy: 0, sell: 1, buyer: 'a', seller: 'b', wh: 1000, price: 175_000 }]);
      assert.equal(
        fills[0]!.reason.text,
        '1 kWh of 1.5 kWh bought by preference: 1 kWh from b at 0.175 EUR/kWh; nobody else whom you accept offered more within your limit 0.25 EUR/kWh',
      );
    });

    it('writes them before the pairs', async () => {
      const { out } = await clear(preferring(partners('b')));
      assert.match(out, /^2026-11-22T08:15Z: 1 kWh traded by preference, then nothing traded\n/);
      assert.match(out, /\n {2}b supplies a with 1 kWh at 0\.175 EUR\/kWh, by preference\n$/);
    });

    it('the order of orders, members and JSON keys changes no byte', async () => {
      const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse());
      await fc.assert(
        fc.asyncProperty(preferringAuctionsOf(), async ({ places, ...auction }) => {
          // In a file a partner must be among the members, and who asks for its feeder must have a place.
          const rows = MEMBERS.map((member) => ({
            member,
            substation: 's',
            ...(places?.get(member) ?? { feeder: 'h' }),
          }));
          const given = { ...auction, members: [...MEMBERS, 'nobody'], places: rows };
          const turned = reversed({
            ...given,
            orders: auction.orders.map(reversed).reverse(),
            members: given.members.toReversed(),
            places: rows.map(reversed).reverse(),
          });
          const { code, out } = await clear(given, '--json');
          assert.equal(code, 0);
          assert.equal((await clear(turned, '--json')).out, out);
        }),
        { numRuns: 50 },
      );
    });

    it('what it prints can be settled', async () => {
      const { out } = await clear(preferring(partners('b')), '--json');
      const meters = ['a', 'b', 'c'].map((member) => ({ member, importWh: 0, exportWh: 0, quality: 'measured' }));
      const input = {
        tariffs: { import: 300_000, feedIn: 80_000 },
        intervals: [{ interval: AUCTION.interval, clearing: JSON.parse(out) as unknown, meters }],
      };
      const settled = await runCommand(['settle', '--json', '-'], { stdin: JSON.stringify(input) });
      assert.deepEqual([settled.code, settled.err], [0, '']);
      const { lines, sum } = JSON.parse(settled.out) as { lines: object[]; sum: string };
      assert.equal(sum, '0');
      assert.deepEqual(lines[0], {
        interval: AUCTION.interval,
        account: 'member/a',
        counterAccount: 'member/b',
        wh: 1000,
        price: 175_000,
        amount: 175_000_000,
        code: 'trade',
      });
    });

    it('the example of docs/market.md comes out as it was worked by hand', async () => {
      const page = readFileSync(join(projectRoot, 'docs/market.md'), 'utf8');
      const [input, expected] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => text!);
      const { preferred, volumeWh, price } = JSON.parse((await clear(input, '--json')).out) as Record<string, unknown>;
      // Ids are in the order of places there.
      assert.deepEqual(preferred, JSON.parse(expected!));
      assert.deepEqual([volumeWh, price], [3000, 100_000]);
    });

    const bad: readonly (readonly [name: string, input: unknown, message: RegExp, rule?: string])[] = [
      [
        'a partner who is no member',
        preferring(partners('x')),
        /orders\[1\]\.preference\.partners\[0\] is "x", who is not/,
      ],
      [
        'partners out of order',
        preferring(partners('c', 'b')),
        /orders\[1\]\.preference\.partners\[1\] "b" must stand before/,
      ],
      ['itself', preferring(partners('a')), /orders\[1\]\.preference\.partners\[0\] is "a" itself/],
      [
        'a feeder without a place',
        preferring({ mode: 'first', from: 'feeder' }),
        /orders\[1\]\.preference\.from is "feeder", but "a"/,
      ],
      [
        'another mode',
        preferring({ mode: 'never', from: 'feeder' }),
        /orders\[1\]\.preference\.mode must be "only" or "first"/,
      ],
      [
        'an unknown field',
        preferring({ mode: 'only', from: 'feeder', price: 1 }),
        /preference\.price is not a known field/,
      ],
      ['a renewable buy', withOrder({ renewable: true, side: 'buy' }), /orders\[0\]\.renewable is what a sell says/],
      [
        'renewable: false',
        withOrder({ renewable: false }),
        /orders\[0\]\.renewable must be true or left out, but is false/,
      ],
      [
        'orders with a preference under allocation/1',
        { ...preferring(partners('b')), price: 1, energy: [], keys: { kind: 'dynamic' } },
        /orders is not a known field/,
        'allocation/1',
      ],
      [
        'a feeder under zonal/1 of a member in no area',
        preferring({ mode: 'only', from: 'feeder' }, { areas: [{ id: 'r', members: ['b', 'c'] }] }),
        /orders\[1\]\.preference\.from is "feeder", but "a" has no known place/,
        'zonal/1',
      ],
    ];
    for (const [name, input, message, rule = 'uniform-price/1'] of bad) {
      it(`refuses ${name}: one sentence, exit 2`, async () => {
        const { code, out, err } = await clear(input, '--rule', rule, '--json');
        assert.deepEqual([code, out], [2, '']);
        assert.match(err, /^microgrid: [^\n]+\n$/);
        assert.match(err, message);
      });
    }
  });

  const refused: readonly (readonly [name: string, input: unknown, message: RegExp])[] = [
    ['no JSON', '{', /standard input is not JSON: /],
    ['NaN', '{"interval":NaN}', /standard input is not JSON: /],
    ['an empty input', '', /standard input is not JSON: /],
    ['a list', [], /^microgrid: the input must be an object, but is a list\n$/],
    ['null', null, /the input must be an object, but is null/],
    ['no interval', { orders: [] }, /interval is missing/],
    ['no quarter hour', { ...AUCTION, interval: '2026-11-22T08:16Z' }, /interval must be a UTC quarter hour/],
    ['a day that does not exist', { ...AUCTION, interval: '2026-02-30T08:15Z' }, /interval must be a UTC quarter hour/],
    ['no orders', { interval: AUCTION.interval }, /orders is missing/],
    ['orders that are no list', { ...AUCTION, orders: {} }, /orders must be a list, but is an object/],
    ['an order that is no object', { ...AUCTION, orders: [7] }, /orders\[0\] must be an object, but is 7/],
    ['an order without a limit', withOrder({ limit: undefined }), /orders\[0\]\.limit is missing/],
    ['a fraction of a Wh', withOrder({ wh: 1.5 }), /orders\[0\]\.wh must be a whole number from 1 .*1\.5/],
    ['0 Wh', withOrder({ wh: 0 }), /orders\[0\]\.wh must be/],
    ['negative Wh', withOrder({ wh: -5 }), /orders\[0\]\.wh must be/],
    ['Wh as text', withOrder({ wh: '1500' }), /orders\[0\]\.wh must be .* the text "1500"/],
    [
      'a Wh that JSON would round',
      JSON.stringify(withOrder({})).replace('1000,', '1.0000000000000000001,'),
      /standard input says 1\.0000000000000000001 for orders\[0\]\.wh, but a whole number is written in digits alone/,
    ],
    ['a key twice', JSON.stringify(withOrder({})).replace('"wh":', '"wh":1,"wh":'), /says "wh" twice/],
    ['2^53 Wh', withOrder({ wh: 2 ** 53 }), /orders\[0\]\.wh must be/],
    ['Infinity', JSON.stringify(withOrder({})).replace('1000,', '1e400,'), /orders\[0\]\.wh must be .* Infinity/],
    ['a limit of -0', JSON.stringify(withOrder({})).replace('100000', '-0'), /orders\[0\]\.limit must be .* -0/],
    ['a limit of -2^53', withOrder({ limit: -(2 ** 53) }), /orders\[0\]\.limit must be/],
    ['another side', withOrder({ side: 'bid' }), /orders\[0\]\.side must be "buy" or "sell", but is the text "bid"/],
    ['an unknown field', withOrder({ price: 7 }), /orders\[0\]\.price is not a known field/],
    ['an unknown field above', { ...AUCTION, rule: 'x' }, /rule is not a known field/],
    [
      '__proto__ as a field',
      JSON.stringify(AUCTION).replace('{', '{"__proto__":{},'),
      /__proto__ is not a known field/,
    ],
    ['an id as a number', withOrder({ id: 1 }), /orders\[0\]\.id must be well-formed text, but is 1/],
    ['a lone surrogate', withOrder({ id: '\ud800' }), /orders\[0\]\.id must be well-formed text/],
    ['an id twice', { ...AUCTION, orders: [AUCTION.orders[0], AUCTION.orders[0]] }, /orders\[1\]\.id .* twice/],
    ['a member twice', { ...AUCTION, members: ['a', 'b', 'a'] }, /members\[2\] .* twice/],
    ['a stranger', withOrder({ member: 'z' }), /orders\[0\]\.member is "z", who is not among the members/],
    ['members that are no list', { ...AUCTION, members: 'a' }, /members must be a list/],
    [
      'a place twice',
      { ...AUCTION, places: [1, 2].map((n) => ({ member: 'a', feeder: `${n}`, substation: 's' })) },
      /places\[1\]\.member .* twice/,
    ],
  ];
  for (const [name, input, message] of refused) {
    it(`refuses ${name}: one sentence, exit 2`, async () => {
      const { code, out, err } = await clear(input, '--json');
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /^microgrid: [^\n]+\n$/);
      assert.match(err, message);
    });
  }

  it('takes a byte order mark before the document', async () => {
    assert.deepEqual(await clear(`\ufeff${JSON.stringify(AUCTION)}`, '--json'), await clear(AUCTION, '--json'));
  });

  it('refuses bytes that are not UTF-8', async () => {
    const { code, err } = await runCommand(['clear', '-'], { stdin: new Uint8Array([0x22, 0xff, 0x22]) });
    assert.deepEqual([code, err], [2, 'microgrid: standard input is not UTF-8 text\n']);
  });

  const wrongUse: readonly (readonly [args: string[], message: RegExp])[] = [
    [['clear'], /FILE is missing/],
    [['clear', 'a', 'b'], /only one FILE/],
    [['clear', 'nowhere.json'], /^microgrid: nowhere\.json cannot be read: there is no such file or directory\n$/],
    [['clear', '--rule'], /^microgrid: --rule needs a value \(.*\); see microgrid clear --help\n$/],
  ];
  for (const [args, message] of wrongUse) {
    it(`microgrid ${args.join(' ')}: exit 2`, async () => {
      const { code, err } = await runCommand(args);
      assert.equal(code, 2);
      assert.match(err, message);
    });
  }

  it('refuses an unknown rule', async () => {
    assert.match((await clear(AUCTION, '--rule', 'pay-what-you-like/1')).err, /there is no market rule/);
  });

  it('whatever is done to a document, it is cleared with as much bought as sold or refused in one sentence', async () => {
    let [cleared, refusals] = [0, 0];
    await fc.assert(
      fc.asyncProperty(damaged(auctionsOf({ maxOrders: 8 })), async (text) => {
        const { code, out, err } = await clear(text, '--json');
        if (code === 0) {
          cleared++;
          const { volumeWh, fills } = JSON.parse(out) as { volumeWh: number; fills: { side: string; wh: number }[] };
          const sum = (wanted: string) => fills.reduce((all, { side, wh }) => all + (side === wanted ? wh : 0), 0);
          assert.deepEqual([err, sum('buy'), sum('sell')], ['', volumeWh, volumeWh]);
        } else {
          refusals++;
          assert.deepEqual([code, out], [2, '']);
          assert.match(err, /^microgrid: (?!.*\bat .*:\d+:\d+)\P{Cc}+\n$/u);
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(
      cleared > 50 && refusals > 50,
      `${cleared} cleared, ${refusals} refused: the damage is too small or too large`,
    );
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clearUniformPrice } from '../../src/market/rules/uniform-price.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { IntervalInput, Line, MeteredEnergy, SettlementInput } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { auctionsOf, INTERVAL, MEMBERS } from '../support/books.ts';

const TARIFFS: Tariffs = { import: 300_000, feedIn: 80_000 };
const meter = (member: string, importWh: number | null, exportWh: number | null): MeteredEnergy => ({
  member,
  importWh,
  exportWh,
  quality: importWh === null ? 'missing' : 'measured',
});
const pair = (buyer: string, seller: string, wh: number) => ({ buyer, seller, wh });
const one = (change: Partial<IntervalInput>, tariffs: Tariffs = TARIFFS): SettlementInput => ({
  tariffs,
  intervals: [{ interval: INTERVAL, clearing: { price: null, pairs: [] }, meters: [], ...change }],
});
const short = (lines: readonly Line[]) =>
  lines.map((l) => `${l.code} ${l.account}>${l.counterAccount} ${l.wh} x ${l.price} = ${l.amount}`);

describe('settle/1', () => {
  const rows: readonly (readonly [name: string, change: Partial<IntervalInput>, lines: string[]])[] = [
    ['nothing traded, nothing metered', {}, []],
    [
      'import without a trade is bought from the supplier',
      { meters: [meter('a', 1200, 0)] },
      ['import member/a>supplier 1200 x 300000 = 360000000'],
    ],
    [
      'export without a trade is sold to it',
      { meters: [meter('a', 0, 1200)] },
      ['feed-in supplier>member/a 1200 x 80000 = 96000000'],
    ],
    ['import and export of an interval are netted', { meters: [meter('a', 700, 700)] }, []],
    [
      'energy as traded leaves no deviation',
      { clearing: { price: 200_000, pairs: [pair('a', 'b', 500)] }, meters: [meter('a', 500, 0), meter('b', 0, 500)] },
      ['trade member/a>member/b 500 x 200000 = 100000000'],
    ],
    [
      'who uses less than bought sells the rest, who makes less than sold buys the rest',
      { clearing: { price: 200_000, pairs: [pair('a', 'b', 500)] }, meters: [meter('b', 0, 400), meter('a', 450, 0)] },
      [
        'trade member/a>member/b 500 x 200000 = 100000000',
        'feed-in supplier>member/a 50 x 80000 = 4000000',
        'import member/b>supplier 100 x 300000 = 30000000',
      ],
    ],
    [
      'negative prices turn the money round, not the accounts',
      { clearing: { price: -30, pairs: [pair('a', 'b', 2)] }, meters: [meter('a', 2, 0), meter('b', 0, 2)] },
      ['trade member/a>member/b 2 x -30 = -60'],
    ],
    [
      'energy at price 0 has a line',
      { clearing: { price: 0, pairs: [pair('a', 'b', 2)] }, meters: [meter('a', 2, 0), meter('b', 0, 2)] },
      ['trade member/a>member/b 2 x 0 = 0'],
    ],
    [
      'a trade stands where the meter is missing; the rest stays open',
      { clearing: { price: 10, pairs: [pair('a', 'b', 2)] }, meters: [meter('a', null, null), meter('b', 0, 5)] },
      ['trade member/a>member/b 2 x 10 = 20', 'feed-in supplier>member/b 3 x 80000 = 240000'],
    ],
  ];
  for (const [name, change, lines] of rows) {
    it(name, () => {
      const settled = settle(one(change));
      assert.deepEqual(short(settled.lines), lines);
      assert.equal(settled.sum, '0');
    });
  }

  it('balances: + received, - paid; a bill: above 0 is paid', () => {
    const { accounts, rows } = settle(
      one({ clearing: { price: 200, pairs: [pair('a', 'b', 5)] }, meters: [meter('a', 5, 0), meter('b', 0, 5)] }),
    );
    assert.deepEqual(accounts, { 'member/a': '-1000', 'member/b': '1000' });
    assert.deepEqual(
      rows.map(({ member, amount }) => [member, amount]),
      [
        ['a', 1000],
        ['b', -1000],
      ],
    );
  });

  it('says what stays open, and never invents energy', () => {
    const { open, rows } = settle(
      one({
        clearing: { price: 10, pairs: [pair('a', 'b', 2)] },
        meters: [{ member: 'a', importWh: 7, exportWh: 0, quality: 'missing' }],
      }),
    );
    assert.deepEqual(open, [
      { interval: INTERVAL, member: 'a', reason: 'meter-missing' },
      { interval: INTERVAL, member: 'b', reason: 'no-meter-record' },
    ]);
    assert.deepEqual(
      rows.map(({ importWh, quality, supplierWh, feedInWh }) => [importWh, quality, supplierWh, feedInWh]),
      [
        [null, 'missing', 0, 0],
        [null, 'missing', 0, 0],
      ],
    );
  });

  it('settles estimated energy like measured energy, and says so', () => {
    const { lines, rows } = settle(one({ meters: [{ ...meter('a', 3, 0), quality: 'estimated' }] }));
    assert.deepEqual([lines[0]?.wh, rows[0]?.quality], [3, 'estimated']);
  });

  it('puts intervals in order of time and members in order of bytes', () => {
    const part = (interval: string): IntervalInput => ({
      interval,
      clearing: { price: null, pairs: [] },
      meters: [meter('\u{1f600}', 1, 0), meter('\u{ff5e}', 1, 0)],
    });
    const { lines } = settle({ tariffs: TARIFFS, intervals: [part('2026-11-22T08:30Z'), part('2026-11-22T08:15Z')] });
    assert.deepEqual(
      lines.map(({ interval, account }) => `${interval} ${account}`),
      ['15Z', '30Z'].flatMap((end) => ['\u{ff5e}', '\u{1f600}'].map((m) => `2026-11-22T08:${end} member/${m}`)),
    );
  });

  it('adds fee, levies and VAT after the line they are for, and changes no other byte', () => {
    const change = {
      clearing: { price: 250_000, pairs: [pair('a', 'b', 3)] },
      meters: [meter('a', 5, 0), meter('b', 0, 4)],
    };
    const plain = settle(one(change));
    const full = settle({
      ...one(change, {
        ...TARIFFS,
        networkFee: { feeder: 10, substation: 20, beyond: 70 },
        levies: 7,
        vatBasisPoints: 1900,
      }),
      places: new Map([
        ['a', { feeder: 'f', substation: 's' }],
        ['b', { feeder: 'f', substation: 's' }],
      ]),
    });
    assert.deepEqual(short(full.lines), [
      'trade member/a>member/b 3 x 250000 = 750000',
      'network-fee member/a>network 3 x 10 = 30',
      'levies member/a>tax 3 x 7 = 21',
      'vat member/a>tax 0 x 0 = 142509', // 750051 x 0.19 = 142509.69
      'import member/a>supplier 2 x 300000 = 600000',
      'network-fee member/a>network 2 x 70 = 140',
      'levies member/a>tax 2 x 7 = 14',
      'vat member/a>tax 0 x 0 = 114029', // 600154 x 0.19 = 114029.26
      'feed-in supplier>member/b 1 x 80000 = 80000',
    ]);
    const energy = full.lines.filter(({ code }) => ['trade', 'import', 'feed-in'].includes(code));
    assert.equal(JSON.stringify(energy), JSON.stringify(plain.lines));
    const zero = { networkFee: {}, levies: 0, vatBasisPoints: 0 };
    assert.equal(JSON.stringify(settle(one(change, { ...TARIFFS, ...zero }))), JSON.stringify(plain));
  });

  const refused: readonly (readonly [name: string, input: SettlementInput, message: RegExp])[] = [
    [
      'an interval twice',
      { tariffs: TARIFFS, intervals: [...one({}).intervals, ...one({}).intervals] },
      /an interval stands twice/,
    ],
    ['a quarter hour that is none', one({ interval: '2026-11-22T08:16Z' }), /not a UTC quarter hour/],
    ['a member metered twice', one({ meters: [meter('a', 1, 0), meter('a', 1, 0)] }), /meters\[1\]\.member .* twice/],
    ['an amount beyond 2^53-1', one({ meters: [meter('a', 2 ** 53 - 1, 0)] }), /does not fit 2\^53-1/],
    [
      'a deviation beyond 2^53-1',
      one({ clearing: { price: 0, pairs: [pair('b', 'a', 2 ** 53 - 1)] }, meters: [meter('a', 1, 0)] }),
      /the deviation of member "a" .* does not fit/,
    ],
  ];
  for (const [name, input, message] of refused) {
    it(`refuses ${name}`, () => assert.throws(() => settle(input), { name: 'RangeError', message }));
  }
});

describe('settle/1, properties', () => {
  const energy = fc.integer({ min: 0, max: 50_000 });
  const meters = fc
    .array(fc.tuple(energy, energy, fc.constantFrom('measured' as const, 'estimated' as const, 'missing' as const)), {
      minLength: MEMBERS.length,
      maxLength: MEMBERS.length,
    })
    .map((list) =>
      list.map(
        ([importWh, exportWh, quality], i): MeteredEnergy => ({ member: MEMBERS[i]!, importWh, exportWh, quality }),
      ),
    );
  const rate = fc.integer({ min: -90_000, max: 400_000 });
  const tariffs = fc.record({
    import: rate,
    feedIn: rate,
    networkFee: fc.record({ feeder: rate, substation: rate, beyond: rate }),
    levies: rate,
    vatBasisPoints: fc.integer({ min: 0, max: 3000 }),
  });
  const auction = auctionsOf({
    limit: fc.integer({ min: -50_000, max: 400_000 }),
    wh: fc.integer({ min: 1, max: 20_000 }),
  });
  const inputs = fc.tuple(auction, meters, tariffs).map(([given, metered, prices]): SettlementInput => {
    const clearing = clearUniformPrice(given);
    return { tariffs: prices, intervals: [{ interval: given.interval, clearing, meters: metered }] };
  });

  it('conserves money and energy: every member pays for exactly its metered net', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { lines, accounts, sum, rows, open } = settle(input);
        assert.equal(sum, '0');
        assert.equal(
          Object.values(accounts).reduce((all, nano) => all + BigInt(nano), 0n),
          0n,
        );
        const missing = input.intervals[0]!.meters.filter(({ quality }) => quality === 'missing');
        assert.equal(open.length, missing.length);
        for (const { amount, wh, price, code } of lines) {
          if (code !== 'vat') assert.equal(BigInt(amount), BigInt(wh) * BigInt(price));
        }
        for (const { member, importWh, exportWh, boughtWh, soldWh, supplierWh, feedInWh, amount } of rows) {
          assert.equal(BigInt(accounts[`member/${member}`] ?? '0'), BigInt(-amount));
          if (importWh === null || exportWh === null) continue;
          assert.equal(boughtWh - soldWh + supplierWh - feedInWh, importWh - exportWh);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('the order of meters changes no byte', () => {
    fc.assert(
      fc.property(
        inputs.chain((input) =>
          fc.tuple(
            fc.constant(input),
            fc.shuffledSubarray([...input.intervals[0]!.meters], { minLength: MEMBERS.length }),
          ),
        ),
        ([input, metered]) => {
          const permuted = { ...input, intervals: [{ ...input.intervals[0]!, meters: metered }] };
          assert.equal(JSON.stringify(settle(permuted)), JSON.stringify(settle(input)));
        },
      ),
      { numRuns: 100 },
    );
  });
});

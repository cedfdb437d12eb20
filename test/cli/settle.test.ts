import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RULE_NAMES } from '../../src/market/clear.ts';
import { clearUniformPrice } from '../../src/market/rules/uniform-price.ts';
import { auctionsOf, MEMBERS } from '../support/books.ts';
import { type Outcome, runCommand } from '../support/command.ts';
import { damaged } from '../support/documents.ts';

const INTERVAL = '2026-11-22T08:15Z';
const meter = (member: string, importWh: number, exportWh: number) => ({
  member,
  importWh,
  exportWh,
  quality: 'measured',
});
/** One line, no trace of a stack, no control character that a terminal would obey. */
const SENTENCE = /^microgrid: (?!.*\bat .*:\d+:\d+)\P{Cc}+\n$/u;
const PART = {
  interval: INTERVAL,
  clearing: { price: 200_000, pairs: [{ buyer: 'a', seller: 'b', wh: 400 }] },
  meters: [meter('a', 500, 0), meter('b', 0, 400)],
};
const INPUT = { tariffs: { import: 300_000, feedIn: 80_000 }, intervals: [PART] };

const settle = (input: unknown, ...options: string[]): Promise<Outcome> =>
  runCommand(['settle', ...options, '-'], { stdin: typeof input === 'string' ? input : JSON.stringify(input) });
const withPart = (change: object) => ({ ...INPUT, intervals: [{ ...PART, ...change }] });
const withMeter = (change: object) => withPart({ meters: [{ ...PART.meters[0], ...change }] });
const withClearing = (change: object) => withPart({ clearing: { ...PART.clearing, ...change } });
const withTariffs = (change: object) => ({ ...INPUT, tariffs: { ...INPUT.tariffs, ...change } });

describe('microgrid settle', () => {
  for (const rule of [...RULE_NAMES, 'allocation/1']) {
    it(`takes what clear --rule ${rule} prints`, async () => {
      const orders = ['a', 'b', 'c', 'd'].map((member, i) => ({
        id: member,
        member,
        side: i < 2 ? 'buy' : 'sell',
        wh: 500 - i,
        limit: (9 - i) * 10_000,
      }));
      const energy = orders.map(({ member, side, wh }) => ({
        member,
        surplusWh: side === 'sell' ? wh : 0,
        consumptionWh: side === 'buy' ? wh : 0,
      }));
      const auction =
        rule === 'allocation/1'
          ? { interval: INTERVAL, price: 150_000, energy, keys: { kind: 'dynamic' } }
          : { interval: INTERVAL, orders };
      const cleared = await runCommand(['clear', '--rule', rule, '--json', '-'], { stdin: JSON.stringify(auction) });
      const { code, out, err } = await settle(withPart({ clearing: JSON.parse(cleared.out), meters: [] }), '--json');
      assert.deepEqual([code, err], [0, '']);
      const { lines, sum } = JSON.parse(out) as { lines: { code: string }[]; sum: string };
      assert.equal(sum, '0');
      assert.ok(lines.some((line) => line.code === 'trade'));
    });
  }

  it('--json prints lines, accounts, sum and what is open', async () => {
    const { code, out, err } = await settle(INPUT, '--json');
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(JSON.parse(out), {
      lines: [
        {
          interval: INTERVAL,
          account: 'member/a',
          counterAccount: 'member/b',
          wh: 400,
          price: 200_000,
          amount: 80_000_000,
          code: 'trade',
        },
        {
          interval: INTERVAL,
          account: 'member/a',
          counterAccount: 'supplier',
          wh: 100,
          price: 300_000,
          amount: 30_000_000,
          code: 'import',
        },
      ],
      accounts: { 'member/a': '-110000000', 'member/b': '80000000', supplier: '30000000' },
      sum: '0',
      open: [],
    });
  });

  it('takes what `microgrid clear --json` prints', async () => {
    const orders = [
      { id: '1', member: 'a', side: 'buy', wh: 400, limit: 250_000 },
      { id: '2', member: 'b', side: 'sell', wh: 400, limit: 150_000 },
      { id: '3', member: 'b', side: 'buy', wh: 10, limit: 100_000 },
    ];
    const cleared = await runCommand(['clear', '--json', '-'], {
      stdin: JSON.stringify({ interval: INTERVAL, orders }),
    });
    const settled = await settle(withPart({ clearing: JSON.parse(cleared.out) }), '--json');
    assert.deepEqual([settled.code, settled.out], [0, (await settle(INPUT, '--json')).out]);
  });

  it('without --json writes for people', async () => {
    const { out } = await settle(withMeter({ importWh: null, exportWh: null, quality: 'missing' }));
    assert.match(out, /their sum is 0:\n {2}member\/a -0\.08\n/);
    assert.match(out, /open: a in 2026-11-22T08:15Z \(meter-missing\)/);
  });

  it('leaves a missing meter open, its values given, null or left out', async () => {
    for (const energy of [{ importWh: 1, exportWh: 1 }, { importWh: null, exportWh: null }, {}]) {
      const meters = [{ member: 'a', quality: 'missing', ...energy }, meter('b', 0, 400)];
      const { code, out } = await settle(withPart({ meters }), '--json');
      const { open, sum } = JSON.parse(out) as { open: unknown; sum: string };
      assert.deepEqual([code, sum, open], [0, '0', [{ interval: INTERVAL, member: 'a', reason: 'meter-missing' }]]);
    }
  });

  it('tariff fields that are absent or 0 leave the bytes as they are', async () => {
    const zero = withTariffs({ networkFee: { feeder: 0, substation: 0, beyond: 0 }, levies: 0, vatBasisPoints: 0 });
    assert.equal((await settle(zero, '--json')).out, (await settle(INPUT, '--json')).out);
  });

  const refused: readonly (readonly [name: string, input: unknown, message: RegExp])[] = [
    ['no tariffs', { intervals: [] }, /tariffs is missing/],
    ['a tariff as text', withTariffs({ import: '3' }), /tariffs\.import must be a whole number/],
    ['a fraction in a tariff', withTariffs({ feedIn: 0.5 }), /tariffs\.feedIn must be/],
    ['an unknown tariff', withTariffs({ standing: 1 }), /tariffs\.standing is not a known field/],
    ['a negative VAT', withTariffs({ vatBasisPoints: -1 }), /tariffs\.vatBasisPoints must be/],
    ['a fee that is no object', withTariffs({ networkFee: 7 }), /tariffs\.networkFee must be an object/],
    ['no intervals', { tariffs: INPUT.tariffs }, /intervals is missing/],
    ['an interval twice', { ...INPUT, intervals: [PART, PART] }, /an interval stands twice/],
    ['no clearing', withPart({ clearing: undefined }), /intervals\[0\]\.clearing is missing/],
    ['a clearing of another interval', withClearing({ interval: '2026-11-22T08:30Z' }), /clearing\.interval is/],
    ['pairs without a price', withClearing({ price: null }), /clearing\.price is null/],
    ['a pair of 0 Wh', withClearing({ pairs: [{ buyer: 'a', seller: 'b', wh: 0 }] }), /pairs\[0\]\.wh must be/],
    [
      'fills that contradict the pairs',
      withClearing({ fills: [{ id: '1', member: 'a', side: 'buy', wh: 399 }] }),
      /fills buy 399 Wh, but sell 0 Wh/,
    ],
    [
      'another rule',
      withClearing({ rule: 'pay-me/1', price: undefined }),
      /clearing\.rule must be "uniform-price\/1", .* or "allocation\/1", but is the text "pay-me\/1"/,
    ],
    ['a volume unlike the pairs', withClearing({ volumeWh: 399 }), /volumeWh is 399, but the pairs sum to 400 Wh/],
    ['a price outside its bounds', withClearing({ priceLow: 200_001 }), /priceLow is 200001, which is above the price/],
    ['pairs without fills', withClearing({ fills: [] }), /in the pairs "a" buys 400 Wh, but its fills come to 0 Wh/],
    [
      'a pair twice',
      withClearing({ pairs: [1, 2].map(() => PART.clearing.pairs[0]) }),
      /pairs\[1\] pairs "a" with "b" a second/,
    ],
    [
      'a member paired with itself',
      withClearing({ pairs: [{ buyer: 'a', seller: 'a', wh: 1 }] }),
      /nobody trades with itself/,
    ],
    [
      'a pair with a price of its own',
      withClearing({ pairs: [{ ...PART.clearing.pairs[0], price: 7 }] }),
      /pairs\[0\]\.price is 7, but all pairs trade at the clearing price 200000/,
    ],
    ['a meter of another interval', withMeter({ interval: '2026-11-22T08:30Z' }), /meters\[0\]\.interval is/],
    [
      'a price that JSON would round',
      JSON.stringify(INPUT).replace('200000', '200000.00000000000001'),
      /for intervals\[0\]\.clearing\.price, but/,
    ],
    ['a negative meter value', withMeter({ importWh: -1 }), /intervals\[0\]\.meters\[0\]\.importWh must be/],
    ['2^53 in a meter', withMeter({ importWh: 2 ** 53 }), /meters\[0\]\.importWh must be/],
    ['a measured null', withMeter({ importWh: null }), /importWh is null, so quality must be "missing"/],
    ['an unknown quality', withMeter({ quality: 'fine' }), /quality must be "measured", "estimated" or "missing"/],
    [
      'a member metered twice',
      withPart({ meters: [meter('a', 1, 0), meter('a', 1, 0)] }),
      /meters\[1\]\.member .* twice/,
    ],
    ['an amount beyond 2^53-1', withMeter({ importWh: 2 ** 53 - 1 }), /does not fit 2\^53-1/],
  ];
  for (const [name, input, message] of refused) {
    it(`refuses ${name}: one sentence, exit 2`, async () => {
      const { code, out, err } = await settle(input, '--json');
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /^microgrid: [^\n]+\n$/);
      assert.match(err, message);
    });
  }

  const accepted: readonly (readonly [name: string, input: unknown])[] = [
    ['a byte order mark before it', `\ufeff${JSON.stringify(INPUT)}`],
    [
      'fields of a clearing that it does not know',
      withClearing({ type: 'clearing', orders: [{ id: 1 }], receipt: null }),
    ],
    [
      'pairs that say the price again',
      withClearing({ pairs: [{ ...PART.clearing.pairs[0], price: 200_000, note: 'x' }] }),
    ],
    ['the meter message of a node', withMeter({ interval: INTERVAL, type: 'meter', importCounterWh: 9, reason: null })],
  ];
  for (const [name, input] of accepted) {
    it(`takes ${name}`, async () => {
      const { code, out, err } = await settle(input);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /sum is 0/);
    });
  }

  it('whatever is done to a document, it is settled to exactly 0 or refused in one sentence', async () => {
    const energy = fc.integer({ min: 0, max: 2000 });
    const documents = fc
      .tuple(auctionsOf({ maxOrders: 8 }), fc.array(energy, { minLength: 16, maxLength: 16 }))
      .map(([auction, metered]) => ({
        ...INPUT,
        intervals: [
          {
            interval: auction.interval,
            clearing: clearUniformPrice(auction),
            meters: MEMBERS.map((member, i) => meter(member, metered[i]!, metered[i + 8]!)),
          },
        ],
      }));
    let [settled, refusals] = [0, 0];
    await fc.assert(
      fc.asyncProperty(damaged(documents), async (text) => {
        const { code, out, err } = await settle(text, '--json');
        if (code === 0) {
          settled++;
          const { accounts, sum } = JSON.parse(out) as { accounts: Record<string, string>; sum: string };
          const total = Object.values(accounts).reduce((all, nano) => all + BigInt(nano), 0n);
          assert.deepEqual([err, sum, total], ['', '0', 0n]);
        } else {
          refusals++;
          assert.deepEqual([code, out], [2, '']);
          assert.match(err, SENTENCE);
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(
      settled > 50 && refusals > 50,
      `${settled} settled, ${refusals} refused: the damage is too small or too large`,
    );
  });
});

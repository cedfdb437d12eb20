import assert from 'node:assert/strict';
import { type Outcome, runCommand } from '../support/command.ts';

const INTERVAL = '2026-11-22T08:15Z';
const meter = (member: string, importWh: number, exportWh: number) => ({
  member,
  importWh,
  exportWh,
  quality: 'measured',
});
const PART = {
  interval: INTERVAL,
  clearing: { price: 200_000, pairs: [{ buyer: 'a', seller: 'b', wh: 400 }] },
  meters: [meter('a', 500, 0), meter('b', 0, 400)],
};
const INPUT = { tariffs: { import: 300_000, feedIn: 80_000 }, intervals: [PART] };

const settle = (input: unknown, ...options: string[]): Promise<Outcome> =>
  runCommand(['settle', ...options, '-'], { stdin: JSON.stringify(input) });
const withPart = (change: object) => ({ ...INPUT, intervals: [{ ...PART, ...change }] });
const withMeter = (change: object) => withPart({ meters: [{ ...PART.meters[0], ...change }] });
const withClearing = (change: object) => withPart({ clearing: { ...PART.clearing, ...change } });
const withTariffs = (change: object) => ({ ...INPUT, tariffs: { ...INPUT.tariffs, ...change } });

describe('microgrid settle', () => {
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
});

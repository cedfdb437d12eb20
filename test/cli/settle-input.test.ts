// `microgrid settle` with tariff documents, prices, peaks, estimates and corrections: what it takes, prints and refuses.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Outcome, runCommand } from '../support/command.ts';
import { damaged } from '../support/documents.ts';
import { tariffs } from '../support/tariffs.ts';

const INTERVAL = '2026-11-22T08:15Z';
const LATE = '2026-11-22T21:00Z';
const SENTENCE = /^microgrid: (?!.*\bat .*:\d+:\d+)\P{Cc}+\n$/u;
const meter = (member: string, importWh: number | null, exportWh: number | null = 0) => ({
  member,
  importWh,
  exportWh,
  quality: importWh === null ? 'missing' : 'measured',
});
const part = (interval: string, ...meters: object[]) => ({ interval, clearing: { price: null, pairs: [] }, meters });
const FIXED = { kind: 'fixed', price: 80_000 };
const NIGHT = {
  kind: 'time-of-use',
  rates: [{ name: 'night', price: 200_000, windows: [{ from: '22:00', to: '06:00' }] }, { price: 300_000 }],
};
const document = (period: object, more: object = {}) => ({
  timeZone: 'Europe/Paris',
  periods: [{ from: '2026-01-01', import: NIGHT, feedIn: FIXED, ...period }],
  ...more,
});
const TARIFFS = { import: 300_000, feedIn: 80_000 };
const INPUT = { tariff: document({}), intervals: [part(INTERVAL, meter('a', 3)), part(LATE, meter('a', 2))] };

interface Line {
  readonly wh: number;
  readonly price: number;
  readonly code: string;
  readonly interval: string;
  readonly reverses?: boolean;
}
interface Printed {
  readonly lines: readonly Line[];
  readonly open: readonly object[];
  readonly sum: string;
  readonly peaks?: unknown;
  readonly estimates?: unknown;
  readonly correction?: { readonly lines: readonly Line[]; readonly accounts: object; readonly sum: string };
}

const settle = (
  input: unknown,
  options: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<Outcome> =>
  runCommand(['settle', ...options, '-'], { stdin: typeof input === 'string' ? input : JSON.stringify(input), files });

async function printed(input: unknown, options: readonly string[] = [], files: Readonly<Record<string, string>> = {}) {
  const { code, out, err } = await settle(input, ['--json', ...options], files);
  assert.deepEqual([code, err], [0, '']);
  return JSON.parse(out) as Printed;
}
const prices = ({ lines }: Printed) => lines.map(({ interval, price }) => `${interval.slice(11)} ${price}`);

describe('microgrid settle, tariffs', () => {
  it('takes a document, and each quarter hour has the price of its local hour', async () => {
    assert.deepEqual(prices(await printed(INPUT)), ['08:15Z 300000', '21:00Z 200000']);
  });

  it('takes prices for a dynamic one, and leaves open what has none', async () => {
    const dynamic = document({ import: { kind: 'dynamic', markup: 5 } });
    const found = await printed({
      ...INPUT,
      tariff: dynamic,
      prices: [{ interval: INTERVAL, price: -7, currency: 'EUR' }],
    });
    assert.deepEqual(prices(found), ['08:15Z -2']);
    assert.deepEqual(found.open, [{ interval: LATE, member: 'a', reason: 'price-missing' }]);
  });

  it('leaves open what the document says nothing about', async () => {
    const { open, lines } = await printed({ ...INPUT, tariff: document({ until: '2026-11-22' }) });
    assert.deepEqual(lines, []);
    assert.deepEqual(
      open.map((each) => (each as { reason: string }).reason),
      ['no-tariff', 'no-tariff'],
    );
  });

  it('takes tariffs of single intervals, which come before the others', async () => {
    const own = { ...part(LATE, meter('a', 2)), tariffs: { import: 1, feedIn: 0 } };
    assert.deepEqual(prices(await printed({ ...INPUT, intervals: [part(INTERVAL, meter('a', 3)), own] })), [
      '08:15Z 300000',
      '21:00Z 1',
    ]);
    assert.deepEqual(prices(await printed({ intervals: [own] })), ['21:00Z 1']);
  });

  it('takes all charges as numbers too', async () => {
    const { lines } = await printed({
      tariffs: { ...TARIFFS, feedInVatBasisPoints: 1000, balancing: { rule: 'pooled/1' } },
      intervals: [part(INTERVAL, meter('a', 3), meter('b', 0, 5))],
    });
    assert.deepEqual(
      lines.map(({ code, wh }) => `${code} ${wh}`),
      ['pool 3', 'feed-in 2', 'vat 0'],
    );
  });

  it('goes on from peaks, and prints them', async () => {
    const tariff = document({ capacity: { price: 1000 } });
    const peaks = [{ member: 'a', month: '2026-11', wh: 2 }];
    assert.deepEqual((await printed({ ...INPUT, tariff, peaks })).peaks, [{ member: 'a', month: '2026-11', wh: 3 }]);
    const billed = await printed({ tariff, peaks, intervals: [part('2026-11-30T22:45Z', meter('a', 0))] });
    assert.deepEqual(billed.peaks, []);
    assert.deepEqual(
      billed.lines.map(({ code, wh, price }) => [code, wh, price]),
      [['capacity', 2, 4000]],
    );
  });
});

describe('microgrid settle, estimates and corrections', () => {
  const open = { tariffs: TARIFFS, intervals: [part(INTERVAL, meter('a', null, null))] };
  const estimate = { rule: 'estimate/1', afterHours: 72, at: '2026-11-25T08:30Z' };
  const history = [{ interval: '2026-11-15T08:15Z', ...meter('a', 9) }];

  it('estimates what has been waited for, and says from what', async () => {
    const found = await printed({ ...open, estimate, history });
    assert.deepEqual(found.open, []);
    assert.deepEqual(found.estimates, [
      { interval: INTERVAL, member: 'a', importWh: 9, exportWh: 0, basis: '2026-11-15T08:15Z' },
    ]);
    const { out } = await settle({ ...open, estimate, history });
    assert.match(out, /estimated: a in 2026-11-22T08:15Z \(from 2026-11-15T08:15Z\)/);
  });

  it('waits as long as it is told', async () => {
    const found = await printed({ ...open, estimate: { ...estimate, at: '2026-11-25T08:15Z' }, history });
    assert.deepEqual([found.open.length, found.estimates], [1, []]);
  });

  it('--before prints the correction, and the next one goes on from there', async () => {
    const first = await settle({ ...open, estimate, history }, ['--json']);
    const late = { ...open, intervals: [part(INTERVAL, meter('a', 4))] };
    const second = await printed(late, ['--before', 'first.json'], { 'first.json': first.out });
    assert.deepEqual(
      second.correction?.lines.map(({ wh, reverses }) => [wh, reverses ?? false]),
      [
        [-9, true],
        [4, false],
      ],
    );
    assert.deepEqual(second.correction?.accounts, { 'member/a': '1500000', supplier: '-1500000' });
    const third = await printed(late, ['--before', 'second.json'], { 'second.json': JSON.stringify(second) });
    assert.deepEqual(third.correction, { lines: [], accounts: {}, sum: '0' });
    const { out } = await settle(late, ['--before', 'first.json'], { 'first.json': first.out });
    assert.match(
      out,
      /the correction has 2 lines; it changes, in sum 0:\n {2}member\/a 0\.0015\n {2}supplier -0\.0015\n$/,
    );
  });

  it('says nothing of either where it is not asked', async () => {
    assert.deepEqual(Object.keys(await printed(open)), ['lines', 'accounts', 'sum', 'open']);
  });
});

describe('microgrid settle, refusals', () => {
  const cases: readonly (readonly [name: string, input: unknown, message: RegExp])[] = [
    [
      'neither tariffs nor a tariff',
      { intervals: INPUT.intervals },
      /tariffs is missing, and no tariff stands in its place/,
    ],
    ['both', { ...INPUT, tariffs: TARIFFS }, /tariffs and a tariff are given, but only one of the two may be/],
    [
      'a gap in the document',
      {
        ...INPUT,
        tariff: document({ import: { kind: 'time-of-use', rates: [{ price: 1, windows: [{ to: '06:00' }] }] } }),
      },
      /tariff: periods\[0\]\.import\.rates leave a gap: no price holds on mondays at 06:00/,
    ],
    [
      'an overlap of periods',
      {
        ...INPUT,
        tariff: {
          timeZone: 'UTC',
          periods: [
            { from: '2026-01-01', until: '2026-03-01', import: FIXED, feedIn: FIXED },
            { from: '2026-02-01', import: FIXED, feedIn: FIXED },
          ],
        },
      },
      /tariff: periods\[0\]\.until is 2026-03-01, but periods\[1\] begins on 2026-02-01: the days between have two/,
    ],
    ['a document that is none', { ...INPUT, tariff: 5 }, /tariff: the tariff must be an object, but is 5/],
    [
      '2^53 in a document',
      { ...INPUT, tariff: document({ levies: 2 ** 53 }) },
      /tariff: periods\[0\]\.levies must be a whole number/,
    ],
    [
      'two prices of one interval',
      {
        ...INPUT,
        prices: [
          { interval: INTERVAL, price: 1 },
          { interval: INTERVAL, price: 2 },
        ],
      },
      /prices\[1\] is 2 for 2026-11-22T08:15Z, but another price for it is 1/,
    ],
    [
      'a price that is not whole',
      { ...INPUT, prices: [{ interval: INTERVAL, price: 0.1 }] },
      /prices\[0\]\.price must be a whole number/,
    ],
    [
      'prices without a document',
      { tariffs: TARIFFS, intervals: [], prices: [{ interval: INTERVAL, price: 1 }] },
      /prices are given, but there is no tariff that would use them/,
    ],
    [
      'tariffs of an interval with half a price',
      { intervals: [{ ...part(INTERVAL), tariffs: { import: 0.5, feedIn: 0 } }] },
      /intervals\[0\]\.tariffs\.import must be/,
    ],
    ['a peak below 0', { ...INPUT, peaks: [{ member: 'a', month: '2026-11', wh: -1 }] }, /peaks\[0\]\.wh must be/],
    [
      'a month that is none',
      { ...INPUT, peaks: [{ member: 'a', month: '2026-13', wh: 1 }] },
      /peaks\[0\]\.month must be a month such as 2026-11/,
    ],
    [
      'an unknown estimate',
      { ...INPUT, estimate: { rule: 'guess/1', afterHours: 1, at: INTERVAL } },
      /estimate\.rule must be "estimate\/1"/,
    ],
    [
      'history that contradicts itself',
      {
        ...INPUT,
        estimate: { rule: 'estimate/1', afterHours: 1, at: INTERVAL },
        history: [1, 2].map((wh) => ({ interval: INTERVAL, ...meter('a', wh) })),
      },
      /history\[1\] is a second value of "a"/,
    ],
  ];
  for (const [name, input, message] of cases) {
    it(`${name}: one sentence, exit 2`, async () => {
      const { code, out, err } = await settle(input, ['--json']);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, SENTENCE);
      assert.match(err, message);
    });
  }

  for (const [name, text, message] of [
    ['no lines', '{}', /^microgrid: old\.json: lines is missing\n$/],
    [
      'a line without an amount',
      JSON.stringify({ lines: [{ interval: INTERVAL }] }),
      /^microgrid: old\.json: lines\[0\]\.account is missing\n$/,
    ],
    ['no JSON', 'x', /^microgrid: old\.json is not JSON/],
  ] as const) {
    it(`--before with ${name}: one sentence, exit 2`, async () => {
      const { code, out, err } = await settle(INPUT, ['--before', 'old.json'], { 'old.json': text });
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
    });
  }

  it('whatever is done to a document with a tariff, it is settled to exactly 0 or refused in one sentence', async () => {
    const documents = tariffs.map((tariff) => ({
      ...INPUT,
      tariff: JSON.parse(JSON.stringify(tariff)) as object,
      prices: [{ interval: INTERVAL, price: 3 }],
    }));
    let [settled, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(damaged(documents), async (text) => {
        const { code, out, err } = await settle(text, ['--json']);
        if (code === 0) {
          settled++;
          assert.deepEqual([err, (JSON.parse(out) as Printed).sum], ['', '0']);
        } else {
          refused++;
          assert.deepEqual([code, out], [2, '']);
          assert.match(err, SENTENCE);
        }
      }),
      { numRuns: 800 },
    );
    assert.ok(settled > 50 && refused > 50, `${settled} settled, ${refused} refused`);
  });
});

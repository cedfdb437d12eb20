import assert from 'node:assert/strict';
import { runCommand } from '../support/command.ts';

const COMMUNITY = {
  interval: '2026-11-22T08:15Z',
  price: 150_000,
  energy: [
    { member: 'a', surplusWh: 0, consumptionWh: 800 },
    { member: 'b', surplusWh: 1000, consumptionWh: 0 },
  ],
  keys: { kind: 'static', keys: [{ member: 'a', millionths: 250_000 }] },
};
const share = (input: unknown, ...options: string[]) =>
  runCommand(['clear', '--rule', 'allocation/1', ...options, '-'], { stdin: JSON.stringify(input) });
const withKeys = (keys: unknown) => ({ ...COMMUNITY, keys });

describe('microgrid clear --rule allocation/1', () => {
  it('--json prints shares with a reason each, what is left, and pairs', async () => {
    const { code, out, err } = await share(COMMUNITY, '--json');
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(JSON.parse(out), {
      rule: 'allocation/1',
      interval: '2026-11-22T08:15Z',
      volumeWh: 250,
      price: 150_000,
      shares: [
        {
          member: 'a',
          consumptionWh: 800,
          keyWh: 250,
          wh: 250,
          reason: {
            code: 'by-key',
            text: "250 Wh of the 800 Wh that you consumed: so much is your key's part of the surplus",
            numbers: { wh: 250, keyWh: 250, consumptionWh: 800 },
          },
        },
      ],
      left: [{ member: 'b', wh: 750 }],
      pairs: [{ buyer: 'a', seller: 'b', wh: 250 }],
    });
  });

  it('without --json writes for people', async () => {
    const { out } = await share(COMMUNITY);
    assert.match(out, /^2026-11-22T08:15Z: 250 Wh shared at 0\.15 EUR\/kWh\n {2}a: 250 Wh of the 800 Wh/);
    assert.match(out, / {2}b has 750 Wh left for the supplier\n {2}b supplies a with 250 Wh\n$/);
    assert.match((await share(withKeys({ kind: 'static', keys: [] }))).out, /: nothing shared\n/);
  });

  it('takes every kind of key, a roster and a feeder tree', async () => {
    const key = { member: 'a', millionths: 1_000_000 };
    const kinds = [
      { kind: 'static', keys: [key] },
      { kind: 'static-redistributed', keys: [key] },
      { kind: 'dynamic' },
      { kind: 'dynamic-simple', keys: [key] },
      { kind: 'dynamic-full', keys: [{ ...key, producer: 'b' }] },
    ];
    const places = [{ member: 'a', feeder: 'f', substation: 's' }];
    for (const keys of kinds) {
      const { out } = await share({ ...withKeys(keys), members: ['b', 'a', 'c'], places }, '--json');
      assert.equal((JSON.parse(out) as { volumeWh: number }).volumeWh, 800, keys.kind);
    }
  });

  const refused: readonly (readonly [name: string, input: unknown, message: RegExp])[] = [
    ['no price', { ...COMMUNITY, price: undefined }, /price is missing/],
    ['no keys', { ...COMMUNITY, keys: undefined }, /keys is missing/],
    ['keys that are no object', withKeys(7), /keys must be an object with a kind/],
    ['another kind', withKeys({ kind: 'fair' }), /keys\.kind must be "static", .* but is the text "fair"/],
    ['a kind without its keys', withKeys({ kind: 'static' }), / keys\.keys is missing/],
    ['keys for a kind without', withKeys({ kind: 'dynamic', keys: [] }), / keys\.keys is not a known field/],
    [
      'a key above the whole',
      withKeys({ kind: 'static', keys: [{ member: 'a', millionths: 1_000_001 }] }),
      / keys\.keys\[0\]\.millionths must be/,
    ],
    [
      'a key without its producer',
      withKeys({ kind: 'dynamic-full', keys: [{ member: 'a', millionths: 1 }] }),
      /producer is missing/,
    ],
    [
      'a fraction of a Wh',
      { ...COMMUNITY, energy: [{ member: 'a', surplusWh: 0.5, consumptionWh: 0 }] },
      /energy\[0\]\.surplusWh must be/,
    ],
    ['orders', { ...COMMUNITY, orders: [] }, /orders is not a known field/],
    ['an auction', { interval: COMMUNITY.interval, orders: [] }, /is missing|is not a known field/],
  ];
  for (const [name, input, message] of refused) {
    it(`refuses ${name}: one sentence, exit 2`, async () => {
      const { code, out, err } = await share(input, '--json');
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /^microgrid: [^\n]+\n$/);
      assert.match(err, message);
    });
  }
});

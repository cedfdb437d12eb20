// The charge for the highest quarter hour of a month, with amounts counted by hand.
import assert from 'node:assert/strict';
import { settle } from '../../src/settlement/settle.ts';
import type { Line, Peak, SettlementInput } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { FIRST, NEXT, type Nets, part, settled, short } from '../support/bills.ts';

const TARIFFS: Tariffs = { import: 300_000, feedIn: 80_001 };

describe('settle/1, capacity charge', () => {
  const NOVEMBER = '2026-11-30T22:45Z';
  const DECEMBER = '2026-11-30T23:00Z';
  const capacity = { month: '2026-11', price: 4_000_000, freeW: 1000 };
  const within: Tariffs = { import: 0, feedIn: 0, capacity };
  const last: Tariffs = { ...within, capacity: { ...capacity, due: true } };
  const at = (interval: string, tariffs: Tariffs, net: Nets) => part(net, { interval, tariffs });
  const charges = (input: SettlementInput) => {
    const { lines, peaks } = settle(input);
    return { lines: short(lines.filter(({ code }) => code === 'capacity' || code === 'vat')), peaks };
  };

  it('is billed with the last quarter hour of the month, for the highest, above what is free', () => {
    // 900 Wh are 3600 W; 2600 W at 4 EUR/kW are 10.40 EUR.
    const { lines, peaks } = charges({
      intervals: [
        at(FIRST, within, { a: 900, b: 250, c: -5000 }),
        at(NEXT, within, { a: 800, b: 251 }),
        at(NOVEMBER, last, { a: 10, b: 0, c: 0 }),
      ],
    });
    assert.deepEqual(lines, [
      'capacity member/a>network 650 x 16000000 = 10400000000',
      'capacity member/b>network 1 x 16000000 = 16000000',
    ]);
    assert.deepEqual(peaks, []);
  });

  it('counts the last quarter hour itself', () => {
    const { lines } = charges({ intervals: [at(NOVEMBER, last, { a: 251 })] });
    assert.deepEqual(lines, ['capacity member/a>network 1 x 16000000 = 16000000']);
  });

  it('carries VAT', () => {
    const { lines } = charges({ intervals: [at(NOVEMBER, { ...last, vatBasisPoints: 1999 }, { a: 251 })] });
    assert.deepEqual(lines[1], 'vat member/a>tax 0 x 0 = 3198400');
  });

  it('goes on from peaks, month by month and member by member', () => {
    const before: Peak[] = [
      { member: 'b', month: '2026-11', wh: 300 },
      { member: 'a', month: '2026-11', wh: 260 },
    ];
    const december: Tariffs = { ...within, capacity: { ...capacity, month: '2026-12' } };
    const first = charges({ peaks: before, intervals: [at(FIRST, within, { a: 255, b: 400 })] });
    assert.deepEqual(first, {
      lines: [],
      peaks: [
        { member: 'a', month: '2026-11', wh: 260 },
        { member: 'b', month: '2026-11', wh: 400 },
      ],
    });
    const then = charges({
      peaks: first.peaks!,
      intervals: [at(NOVEMBER, last, { a: 0, b: 0 }), at(DECEMBER, december, { a: 1000, b: 0 })],
    });
    assert.deepEqual(then, {
      lines: [
        'capacity member/a>network 10 x 16000000 = 160000000',
        'capacity member/b>network 150 x 16000000 = 2400000000',
      ],
      peaks: [{ member: 'a', month: '2026-12', wh: 1000 }],
    });
  });

  it('settled at once or interval by interval it is the same', () => {
    const intervals = [at(FIRST, within, { a: 900 }), at(NEXT, within, { a: 950 }), at(NOVEMBER, last, { a: 0 })];
    const one = settle({ intervals });
    let peaks: readonly Peak[] = [];
    const lines: Line[] = [];
    for (const interval of intervals) {
      const step = settle({ intervals: [interval], peaks });
      peaks = step.peaks!;
      lines.push(...step.lines);
    }
    assert.deepEqual(lines, one.lines);
    assert.deepEqual(peaks, one.peaks);
  });

  it('a value that is not known is no peak, and stays open', () => {
    const { lines, open } = settle({ intervals: [at(FIRST, within, { a: 400 }), at(NOVEMBER, last, { a: null })] });
    assert.deepEqual(short(lines).slice(-1), ['capacity member/a>network 150 x 16000000 = 2400000000']);
    assert.deepEqual(open, [{ interval: NOVEMBER, member: 'a', reason: 'meter-missing' }]);
  });

  it('who has a charge has a row, also without a meter record', () => {
    const { rows, open } = settle({
      peaks: [{ member: 'gone', month: '2026-11', wh: 251 }],
      intervals: [at(NOVEMBER, last, { a: 0 })],
    });
    assert.deepEqual(
      rows.map(({ member, amount }) => [member, amount]),
      [
        ['a', 0],
        ['gone', 16_000_000],
      ],
    );
    assert.deepEqual(open, [{ interval: NOVEMBER, member: 'gone', reason: 'no-meter-record' }]);
  });

  it('without a charge there is no word of peaks', () => {
    assert.ok(!('peaks' in settled(TARIFFS, part({ a: 5 }))));
  });
});

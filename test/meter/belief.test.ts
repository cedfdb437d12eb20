// Which counters are believed, as tables in time: a counter that its power does not explain waits for the next reading. What
// is right counts in full, with the reading that it came with; what is wrong never becomes energy.
import assert from 'node:assert/strict';
import { type GateSettings, type GateState, initialGate, judge } from '../../src/meter/quality.ts';
import type { Reading } from '../../src/meter/reading.ts';

const settings: GateSettings = { maxAgeMs: 10_000, connectionW: 25_000, stuckAfterMs: 0 };

/** Seconds, W, import counter, export counter. */
type Row = readonly [
  at: number,
  power: number | null,
  imp: number | null,
  exp?: number | null,
  more?: Partial<Reading>,
];

/** What may become energy, as `seconds import/export`, with `anew` where the meter begins anew; and the reasons given. */
function play(rows: readonly Row[], more: Partial<GateSettings> = {}): { counted: string[]; reasons: string[] } {
  let state: GateState = initialGate;
  const counted: string[] = [];
  const reasons: string[] = [];
  for (const [at, powerW, importWh, exportWh = 0, rest = {}] of rows) {
    const raw: Reading = {
      device: 'm',
      at: at * 1000,
      powerW,
      importWh,
      exportWh,
      quality: powerW === null ? 'missing' : 'measured',
      counterQuality: 'measured',
      reasons: [],
      ...rest,
    };
    const [next, judged, counters] = judge({ ...settings, ...more }, state, raw, at * 1000);
    assert.deepEqual(JSON.parse(JSON.stringify(next)), next, 'the memory is plain JSON');
    state = next;
    for (const { at: time, importWh: taken, exportWh: given, anew } of counters)
      counted.push(`${time / 1000} ${taken}/${given}${anew ? ' anew' : ''}`);
    for (const { code } of judged.reasons) reasons.push(`${at} ${code}`);
    // A power is not worse for a counter that only waits.
    if (judged.reasons.some(({ code }) => code === 'counter-unexplained'))
      assert.deepEqual([judged.powerW, judged.quality, judged.importWh], [powerW, raw.quality, null]);
  }
  return { counted, reasons };
}

describe('belief', () => {
  it('does not believe one counter that jumps by what the connection could carry', () => {
    // 300 Wh within a minute at 1 kW: 25 kW could carry 417 Wh
    assert.deepEqual(
      play([
        [0, 1000, 5000],
        [60, 1000, 5016],
        [120, 1000, 5333],
        [180, 1000, 5050],
        [240, 1000, 5066],
      ]),
      { counted: ['0 5000/0', '60 5016/0', '180 5050/0', '240 5066/0'], reasons: ['120 counter-unexplained'] },
    );
  });

  it('counts in full what ran while nobody looked, with the reading that showed it first', () => {
    // a kettle for 3 s between two polls of 10 s, at a house of 200 W
    assert.deepEqual(
      play([
        [0, 200, 100],
        [10, 200, 101],
        [20, 200, 106],
        [30, 200, 106],
        [40, 200, 107],
      ]),
      {
        counted: ['0 100/0', '10 101/0', '20 106/0', '30 106/0', '40 107/0'],
        reasons: ['20 counter-unexplained'],
      },
    );
  });

  it('counts in full what flowed while the device was away', () => {
    const rows: Row[] = [0, 10, 20, 30, 40].map((at): Row => [at, 300, 1000 + Math.floor(at / 12)]);
    assert.deepEqual(play([...rows, [3640, 300, 6000], [3650, 300, 6001], [3660, 300, 6002]]), {
      counted: [...rows.map(([at, , wh]) => `${at} ${wh}/0`), '3640 6000/0', '3650 6001/0', '3660 6002/0'],
      reasons: ['3640 counter-unexplained'],
    });
  });

  it('does not believe a wild counter because it comes after a gap', () => {
    const rows: Row[] = [0, 10, 20, 30, 40].map((at): Row => [at, 2000, 1000 + Math.floor(at / 2)]);
    const { counted } = play([...rows, [3640, 2000, 9000], [3650, 2000, 2906], [3660, 2000, 2911]]);
    assert.deepEqual(counted.slice(-2), ['3650 2906/0', '3660 2911/0']);
  });

  it('lets counters of 10 Wh, 100 Wh and 1 kWh step as they do', () => {
    for (const step of [10, 100, 1000]) {
      const rows: Row[] = [];
      for (let at = 0; at <= 7200; at += 10) rows.push([at, 3000, 7000 + Math.floor((at * 3000) / 3600 / step) * step]);
      const { counted, reasons } = play(rows);
      // The first step of all is not known for one, and is confirmed by the next reading.
      assert.deepEqual(
        [counted.length, counted.at(-1), reasons.length <= 1],
        [721, '7200 13000/0', true],
        String(step),
      );
      assert.deepEqual([...new Set(counted)], counted);
    }
  });

  it('does not believe two steps of a coarse counter that its power does not explain', () => {
    const rows: Row[] = [];
    for (let at = 0; at <= 600; at += 10) rows.push([at, 3000, Math.floor(at / 12 / 10) * 100]);
    const { counted } = play([...rows, [610, 3000, 800], [620, 3000, 500], [630, 3000, 500]]);
    assert.deepEqual(counted.slice(-3), ['600 500/0', '620 500/0', '630 500/0']);
  });

  it('judges a meter without power by a part of what the connection carries', () => {
    const { counted, reasons } = play([
      [0, null, 0],
      [60, null, 17],
      [120, null, 34],
      [180, null, 350],
      [240, null, 67],
      [300, null, 84],
    ]);
    assert.deepEqual(counted, ['0 0/0', '60 17/0', '120 34/0', '240 67/0', '300 84/0']);
    assert.deepEqual(reasons, ['180 counter-unexplained']);
  });

  it('believes a meter whose counters show more than its power, after three times', () => {
    // counts each phase for itself: 1 kW in and 1 kW out at the same time, in all 0 W
    const rows = Array.from({ length: 12 }, (_, index): Row => [index * 60, 0, index * 17, index * 17]);
    const { counted, reasons } = play(rows);
    // Each waits for the next one to go on from it, until that is expected.
    assert.deepEqual(
      counted,
      rows.map(([at, , imp, exp]) => `${at} ${imp}/${exp}`),
    );
    assert.deepEqual(
      reasons,
      ['60', '120', '180'].map((at) => `${at} counter-unexplained`),
    );
    // Where it tells its phases, nothing is left to wonder about.
    const phases = [1000, -1000, 0].map((powerW) => ({ voltageV: null, currentA: null, powerW }));
    const told = play(rows.map(([at, power, imp, exp]): Row => [at, power, imp, exp ?? 0, { phases }]));
    assert.deepEqual([told.counted.length, told.reasons], [12, []]);
  });

  it('takes a meter that is read seldom at its word', () => {
    assert.deepEqual(
      play([
        [0, 200, 0],
        [900, 200, 3000],
        [1800, 200, 3050],
      ]),
      { counted: ['0 0/0', '900 3000/0', '1800 3050/0'], reasons: [] },
    );
  });

  it('takes back a step that was a little wrong, and no meter for exchanged because of it', () => {
    assert.deepEqual(
      play([
        [0, 1200, 100],
        [10, 1200, 103],
        [20, 1200, 109],
        [30, 1200, 107],
        [40, 1200, 110],
        [50, 1200, 113],
      ]),
      {
        counted: ['0 100/0', '10 103/0', '20 109/0', '40 110/0', '50 113/0'],
        reasons: ['30 counter-backwards'],
      },
    );
    assert.deepEqual(
      play([
        [0, 1200, 100],
        [10, 1200, 108],
        [12, 0, 103],
        [14, 0, 103],
      ]).counted,
      ['0 100/0', '12 103/0', '14 103/0'],
    );
  });

  it('believes what waited when the next one goes on from it, though its power explains neither', () => {
    // a meter that shows the mean power of the last minute, and a kettle of 2 kW
    assert.deepEqual(
      play([
        [0, 200, 100],
        [30, 200, 102],
        [60, 700, 119],
        [90, 2100, 136],
        [120, 2000, 152],
      ]),
      {
        counted: ['0 100/0', '30 102/0', '60 119/0', '90 136/0', '120 152/0'],
        reasons: ['60 counter-unexplained'],
      },
    );
    assert.deepEqual(
      play([
        [0, 200, 100],
        [30, 200, 102],
        [60, 200, 119],
        [90, 200, 136],
        [120, 200, 137],
      ]),
      {
        counted: ['0 100/0', '30 102/0', '60 119/0', '90 136/0', '120 137/0'],
        reasons: ['60 counter-unexplained', '90 counter-unexplained'],
      },
    );
  });

  it('explains no jump by a last step that might have been wrong', () => {
    const rest = Array.from({ length: 30 }, (_, index): Row => [120 + index * 60, 0, 0, 356]);
    const { counted, reasons } = play([
      [0, -2400, 0, 316],
      [60, -2400, 0, 356],
      ...rest,
      [1920, 0, 0, 1319],
      [1980, 0, 0, 1319],
    ]);
    assert.deepEqual(counted.slice(-2), ['1920 0/1319 anew', '1980 0/1319']);
    assert.deepEqual(reasons, ['1920 counter-jump']);
  });

  it('lets a meter begin anew with the first of two readings that agree', () => {
    assert.deepEqual(
      play([
        [0, 1200, 900_000, 500],
        [10, 1200, 3, 0],
        [20, 1200, 6, 0],
        [30, 1200, 9, 0],
      ]),
      {
        counted: ['0 900000/500', '10 3/0 anew', '20 6/0', '30 9/0'],
        reasons: ['10 counter-backwards'],
      },
    );
  });

  it('keeps what waits until a reading has that counter again', () => {
    assert.deepEqual(
      play([
        [0, 200, 100, 7],
        [10, 200, 106, 7],
        [20, 200, null, 7],
        [30, 200, 107, 7],
      ]).counted,
      ['0 100/7', '20 null/7', '30 107/7'],
    );
  });

  it('holds the counters of an inverter that sleeps, until it shows them again', () => {
    const roof: Partial<GateSettings> = { sign: 'positive', positive: 'export' };
    const asleep = { asleep: true, counterQuality: 'missing' } as const;
    const night: Row[] = [60, 120, 180].map((at) => [at, 0, null, null, asleep]);
    const { counted, reasons } = play(
      [[0, 40, null, 5000], ...night, [240, 0, null, 0, { asleep: true }], [300, 20, null, 5001]],
      roof,
    );
    assert.deepEqual(counted, [0, 60, 120, 180, 240].map((at) => `${at} null/5000`).concat('300 null/5001'));
    assert.deepEqual(
      reasons,
      [60, 120, 180, 240].map((at) => `${at} counter-held`),
    );
    // What was never seen cannot be held.
    assert.deepEqual(play(night, roof).counted, []);
  });

  it('marks what it holds as an estimate of the counters alone', () => {
    const first: Reading = {
      device: 'm',
      at: 0,
      powerW: 40,
      importWh: null,
      exportWh: 5000,
      quality: 'measured',
      reasons: [],
    };
    const [state] = judge(settings, initialGate, first, 0);
    const night: Reading = { ...first, at: 60_000, powerW: 0, exportWh: null, asleep: true, counterQuality: 'missing' };
    const [, judged] = judge({ ...settings, positive: 'export' }, state, night, 60_000);
    assert.deepEqual([judged.powerW, judged.quality], [0, 'measured']);
    assert.deepEqual([judged.exportWh, judged.counterQuality], [5000, 'estimated']);
  });
});

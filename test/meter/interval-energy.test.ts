// Interval energy as counter differences: exact at the boundaries, honest in gaps, and no Wh invented or lost in between.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addReading,
  type EnergySettings,
  type EnergyState,
  giveUp,
  type IntervalEnergy,
  initialEnergy,
} from '../../src/meter/interval-energy.ts';
import type { CounterReading } from '../../src/meter/reading.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';

const settings: EnergySettings = { toleranceMs: 30_000, maxGapMs: 3 * 3_600_000 };
const CONNECTION_W = 30_000;
const start = Date.parse('2026-11-22T08:00Z');

type Step =
  | { at: number; imp: number | null; exp?: number | null; quality?: 'estimated'; anew?: true }
  | { giveUp: number };

/** Seconds after 08:00; intervals as `08:00 import/export quality reason`. */
function play(steps: readonly Step[]): string[] {
  let state: EnergyState = initialEnergy;
  const out: string[] = [];
  for (const step of steps) {
    let ended: IntervalEnergy[];
    if ('giveUp' in step) [state, ended] = giveUp(settings, state, start + step.giveUp * 1000);
    else {
      const { at, imp, exp = 0, quality = 'measured', anew } = step;
      const reading: CounterReading = {
        at: start + at * 1000,
        importWh: imp,
        exportWh: exp,
        quality,
        reasons: quality === 'estimated' ? [{ code: 'unchanged', text: 'No value has changed.' }] : [],
        ...(anew ? { anew } : {}),
      };
      [state, ended] = addReading(settings, state, reading);
    }
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'the memory is plain JSON');
    for (const { interval, importWh, exportWh, quality, reason } of ended) {
      out.push(`${interval.slice(11, 16)} ${importWh}/${exportWh} ${quality} ${reason?.code ?? '-'}`);
    }
  }
  return out;
}

describe('interval energy', () => {
  it('is the difference of the counters at the boundaries', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 1000, exp: 500 },
        { at: 450, imp: 1040, exp: 500 },
        { at: 900, imp: 1100, exp: 520 },
        { at: 1800, imp: 1100, exp: 600 },
      ]),
      ['08:00 100/20 measured -', '08:15 0/80 measured -'],
    );
  });

  it('takes the nearest reading within the tolerance', () => {
    assert.deepEqual(
      play([
        { at: 12, imp: 0 },
        { at: 898, imp: 97 },
        { at: 910, imp: 103 },
        { at: 1790, imp: 200 },
        { at: 1829, imp: 210 },
      ]),
      ['08:00 97/0 measured -', '08:15 103/0 measured -'],
    );
  });

  it('says that the first interval was not seen from its start', () => {
    assert.deepEqual(
      play([
        { at: 31, imp: 5 },
        { at: 900, imp: 50 },
        { at: 1800, imp: 60 },
      ]),
      ['08:00 null/null missing started-within', '08:15 10/0 measured -'],
    );
  });

  it('shares a gap out evenly and marks it as estimated, without losing a Wh', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 0 },
        { at: 600, imp: 100 },
        { at: 3300, imp: 1001 },
        { at: 3600, imp: 1101 },
      ]),
      [
        '08:00 200/0 estimated interpolated',
        '08:15 300/0 estimated interpolated',
        '08:30 300/0 estimated interpolated',
        '08:45 301/0 estimated interpolated',
      ],
    );
  });

  it('leaves a long gap open', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 0 },
        { at: 900, imp: 10 },
        { at: 900 + 4 * 3600, imp: 5000 },
        { at: 1800 + 4 * 3600, imp: 5100 },
      ]).filter((line) => !line.endsWith('missing gap')),
      ['08:00 10/0 measured -', '12:15 100/0 measured -'],
    );
  });

  it('never takes an exchanged meter for energy', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 900_000 },
        { at: 880, imp: 900_090 },
        { at: 910, imp: 3, anew: true },
        { at: 1800, imp: 50 },
        { at: 2700, imp: 4_000_000, anew: true },
        { at: 3600, imp: 4_000_100 },
      ]),
      [
        '08:00 null/null missing counter-discontinuity',
        '08:15 47/0 measured -',
        '08:30 null/null missing counter-discontinuity',
        '08:45 100/0 measured -',
      ],
    );
  });

  it('does not begin again at a boundary that was told: what came before the break would count twice', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 1000 },
        { at: 900, imp: 1020 },
        { at: 905, imp: 1010, anew: true },
        { at: 1800, imp: 1040 },
        { at: 2700, imp: 1060 },
      ]),
      ['08:00 20/0 measured -', '08:15 null/null missing counter-discontinuity', '08:30 20/0 measured -'],
    );
  });

  it('leaves an interval open in which the counter broke off', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 100 },
        { at: 400, imp: 50, anew: true },
        { at: 900, imp: 60 },
        { at: 1800, imp: 65 },
      ]),
      ['08:00 null/null missing counter-discontinuity', '08:15 5/0 measured -'],
    );
  });

  it('can be given up, and finds back', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 0 },
        { at: 600, imp: 60 },
        { giveUp: 899 },
        { giveUp: 960 },
        { giveUp: 960 },
        { at: 1500, imp: 150 },
        { at: 1800, imp: 180 },
        { at: 2700, imp: 200 },
      ]),
      ['08:00 null/null missing no-reading', '08:15 90/0 estimated interpolated', '08:30 20/0 measured -'],
    );
    assert.deepEqual(play([{ giveUp: 9000 }]), []);
  });

  it('keeps one direction where the device has only one', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: null, exp: 10 },
        { at: 900, imp: null, exp: 30 },
        { at: 950, imp: null, exp: null },
        { at: 1800, imp: null, exp: 31, quality: 'estimated' },
      ]),
      ['08:00 null/20 measured -', '08:15 null/1 estimated unchanged'],
    );
  });

  it('waits for a counter that the reading at the boundary lacks, import and export apart', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 1000, exp: 500 },
        { at: 890, imp: 1098, exp: 519 },
        { at: 900, imp: null, exp: 520 },
        { at: 910, imp: 1101, exp: 520 },
        { at: 1800, imp: 1200, exp: null },
        { at: 1820, imp: 1202, exp: 599 },
        { at: 2700, imp: 1300, exp: 600 },
      ]),
      ['08:00 101/20 measured -', '08:15 99/79 measured -', '08:30 100/1 measured -'],
    );
  });

  it('shares out between the readings that have the counter where none of them is near', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 1000 },
        { at: 800, imp: 1080 },
        { at: 900, imp: null },
        { at: 950, imp: null },
        { at: 1000, imp: 1100 },
        { at: 1800, imp: 1180 },
      ]),
      ['08:00 90/0 estimated interpolated', '08:15 90/0 estimated interpolated'],
    );
  });

  it('tells no interval as measured of which a counter is not known', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 1000, exp: null },
        { at: 60, imp: 1001, exp: 7 },
        { at: 900, imp: 1100, exp: 7 },
        { at: 1800, imp: 1200, exp: null },
        { at: 1860, imp: 1201, exp: null },
        { giveUp: 2400 },
        { at: 2700, imp: 1300, exp: null },
        { at: 2705, imp: 1300, exp: 9 },
        { at: 3600, imp: 1400, exp: 10 },
      ]),
      [
        '08:00 100/null missing started-within',
        '08:15 100/null missing no-counter',
        '08:30 100/2 estimated interpolated',
        '08:45 100/1 measured -',
      ],
    );
  });

  it('goes on with the other counter where one stays away', () => {
    const rows: Step[] = [{ at: 0, imp: 0, exp: 100 }];
    for (let at = 60; at <= 6 * 3600; at += 60) rows.push({ at, imp: at / 60, exp: null });
    const told = play(rows);
    // Three hours may be bridged; from then on each interval that ends is left open.
    assert.deepEqual(
      [told.length, told[0], told.at(-1)],
      [23, '08:00 15/null missing gap', '13:30 15/null missing gap'],
    );
  });

  it('takes back a step that was a little wrong, but nothing that was told', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 0 },
        { at: 870, imp: 99 },
        { at: 900, imp: 105 },
        { at: 910, imp: 100 },
        { at: 1800, imp: 102 },
        { at: 2700, imp: 102 },
        { at: 3600, imp: 112 },
        { at: 4500, imp: 122 },
      ]),
      [
        '08:00 105/0 measured -',
        '08:15 0/0 estimated counter-corrected',
        '08:30 0/0 measured -',
        '08:45 7/0 estimated counter-corrected',
        '09:00 10/0 measured -',
      ],
    );
  });

  it('adds up for both counters, whichever of them the readings lack', () => {
    const rows = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 1000, max: 400_000 }),
        wh: fc.tuple(fc.nat(500), fc.nat(500)),
        lacks: fc.constantFrom('none', 'none', 'none', 'importWh', 'exportWh', 'both'),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(rows, (steps) => {
        const counter = { importWh: 1000, exportWh: 50 };
        let [at, energy] = [start, initialEnergy];
        const told: IntervalEnergy[] = [];
        const read = (lacks: string) => {
          const shown = (name: 'importWh' | 'exportWh') => (lacks === 'both' || lacks === name ? null : counter[name]);
          const counters = { importWh: shown('importWh'), exportWh: shown('exportWh') };
          const [next, over] = addReading(settings, energy, { at, ...counters, quality: 'measured', reasons: [] });
          energy = next;
          told.push(...over);
        };
        read('none');
        for (const { afterMs, wh, lacks } of steps) {
          at += afterMs;
          counter.importWh += wh[0];
          counter.exportWh += wh[1];
          read(lacks);
        }
        at = Math.ceil(at / INTERVAL_MS) * INTERVAL_MS;
        read('none');
        assert.equal(told.length, (at - start) / INTERVAL_MS);
        for (const [index, energy] of told.entries()) {
          assert.equal(Date.parse(energy.interval), start + index * INTERVAL_MS);
          assert.ok(energy.importWh !== null && energy.exportWh !== null && energy.quality !== 'missing');
          assert.equal(energy.reason === null, energy.quality === 'measured');
        }
        const sum = (name: 'importWh' | 'exportWh') => told.reduce((all, energy) => all + (energy[name] ?? 0), 0);
        if (told.length > 0)
          assert.deepEqual([sum('importWh'), sum('exportWh')], [counter.importWh - 1000, counter.exportWh - 50]);
      }),
      { numRuns: 500 },
    );
  });

  it('ignores readings from before the last one', () => {
    assert.deepEqual(
      play([
        { at: 0, imp: 0 },
        { at: 890, imp: 10 },
        { at: 880, imp: 9 },
        { at: 905, imp: 12 },
      ]),
      ['08:00 12/0 measured -'],
    );
  });

  it('adds up to the counter, however the readings fall', () => {
    const gaps = fc.array(
      fc.record({
        afterMs: fc.integer({ min: 1, max: settings.maxGapMs }),
        wh: fc.integer({ min: 0, max: 1000 }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(gaps, (rows) => {
        let [at, imp] = [start, 0];
        const read = (): CounterReading => ({
          at,
          importWh: imp,
          exportWh: null,
          quality: 'measured',
          reasons: [],
        });
        let [state] = addReading(settings, initialEnergy, read());
        const ended: IntervalEnergy[] = [];
        for (const { afterMs, wh } of rows) {
          at += afterMs;
          imp += Math.min(wh, Math.floor((CONNECTION_W * afterMs) / 3_600_000));
          const [next, out] = addReading(settings, state, read());
          state = next;
          ended.push(...out);
        }
        let sum = 0;
        for (const [index, { interval, importWh, importCounterWh, quality }] of ended.entries()) {
          assert.equal(Date.parse(interval), start + index * INTERVAL_MS);
          assert.ok(importWh !== null && importWh >= 0 && quality !== 'missing');
          sum += importWh;
          assert.equal(importCounterWh, sum);
        }
        assert.ok(sum <= imp);
        assert.equal(ended.length, Math.floor((at - start) / INTERVAL_MS));
      }),
      { numRuns: 300 },
    );
  });
});

// Power integrated over time: tables in time, gaps, and a property that no Wh is lost or made.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Reading } from '../../src/devices/reading.ts';
import { addPower, giveUpPower, type IntegrationState, initialIntegration } from '../../src/meter/integrate.ts';
import type { IntervalEnergy } from '../../src/meter/interval-energy.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';

const START = Date.parse('2026-11-22T08:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const settings = { maxGapMs: 5 * MINUTE, positive: 'import' } as const;

const reading = (at: number, powerW: number | null): Reading => ({
  device: 'fields',
  at,
  powerW,
  importWh: null,
  exportWh: null,
  quality: powerW === null ? 'missing' : 'measured',
  reasons: [],
});

/** Feeds powers at times after 08:00, and returns what came out. */
function run(
  points: readonly (readonly [ms: number, powerW: number | null])[],
  use: Parameters<typeof addPower>[0] = settings,
) {
  let state: IntegrationState = initialIntegration;
  const out: IntervalEnergy[] = [];
  for (const [ms, powerW] of points) {
    const [next, over] = addPower(use, state, reading(START + ms, powerW));
    state = next;
    out.push(...over);
  }
  return { state, out };
}
const every = (step: number, to: number, powerW: (ms: number) => number) =>
  Array.from({ length: Math.floor(to / step) + 1 }, (_, i) => [i * step, powerW(i * step)] as const);
const shown = (out: readonly IntervalEnergy[]) =>
  out.map(({ interval, importWh, exportWh, quality, reason }) => [
    interval.slice(11, 16),
    importWh,
    exportWh,
    quality,
    reason?.code,
  ]);

describe('addPower', () => {
  it('gives 250 Wh for a quarter hour of 1 kW, estimated, without counters', () => {
    const { out } = run(every(10 * SECOND, 15 * MINUTE, () => 1000));
    assert.deepEqual(out, [
      {
        interval: '2026-11-22T08:00Z',
        importWh: 250,
        exportWh: 0,
        importCounterWh: null,
        exportCounterWh: null,
        quality: 'estimated',
        reason: { code: 'integrated', text: 'The source shows no counter; the energy is power times time.' },
      },
    ]);
  });

  it('counts each direction for itself, and a roof the other way round', () => {
    const points = every(MINUTE, 15 * MINUTE, (ms) => (ms < 7.5 * MINUTE ? 1200 : -600));
    assert.deepEqual(shown(run(points).out), [['08:00', 150, 75, 'estimated', 'integrated']]);
    assert.deepEqual(shown(run(points, { ...settings, positive: 'export' }).out), [
      ['08:00', 75, 150, 'estimated', 'integrated'],
    ]);
  });

  it('gives each power half the time to its neighbours, across the boundary too', () => {
    // 360 W until 08:14, 720 W from 08:16: the middle is the boundary.
    const points: [number, number][] = [
      ...every(MINUTE, 14 * MINUTE, () => 360),
      ...every(MINUTE, 14 * MINUTE, () => 720).map(([ms]) => [ms + 16 * MINUTE, 720] as const),
    ].map(([a, b]) => [a, b]);
    assert.deepEqual(shown(run(points).out), [
      ['08:00', 90, 0, 'estimated', 'integrated'],
      ['08:15', 180, 0, 'estimated', 'integrated'],
    ]);
  });

  it('carries parts of a Wh over into the next interval', () => {
    const { out } = run(every(MINUTE, 60 * MINUTE, () => 10));
    assert.deepEqual(
      out.map(({ importWh }) => importWh),
      [2, 3, 2, 3],
    );
  });

  it('does not know the interval it was started within', () => {
    const late = every(MINUTE, 29 * MINUTE, () => 1000).map(([ms, w]) => [ms + MINUTE, w] as const);
    assert.deepEqual(shown(run(late).out), [
      ['08:00', null, null, 'missing', 'started-within'],
      ['08:15', 250, 0, 'estimated', 'integrated'],
    ]);
  });

  it('fills no gap: every interval that it touches is missing', () => {
    const before = every(MINUTE, 20 * MINUTE, () => 1000);
    const after = every(MINUTE, 40 * MINUTE, () => 1000).map(([ms, w]) => [ms + 26 * MINUTE, w] as const);
    assert.deepEqual(shown(run([...before, ...after]).out), [
      ['08:00', 250, 0, 'estimated', 'integrated'],
      ['08:15', null, null, 'missing', 'gap'],
      ['08:30', 250, 0, 'estimated', 'integrated'],
      ['08:45', 250, 0, 'estimated', 'integrated'],
    ]);
  });

  it('takes up again exactly at a boundary', () => {
    const after = every(MINUTE, 15 * MINUTE, () => 400).map(([ms, w]) => [ms + 30 * MINUTE, w] as const);
    assert.deepEqual(shown(run([[0, 400], ...after]).out), [
      ['08:00', null, null, 'missing', 'gap'],
      ['08:15', null, null, 'missing', 'gap'],
      ['08:30', 100, 0, 'estimated', 'integrated'],
    ]);
  });

  it('passes over readings without power, of the same time, and from before', () => {
    const points = every(MINUTE, 15 * MINUTE, () => 1000).flatMap(
      ([ms, w]) =>
        [
          [ms, w],
          [ms, 9999],
          [ms + 1, null],
          [ms - 30 * SECOND, 9999],
        ] as const,
    );
    assert.deepEqual(shown(run(points.slice(0, -3)).out), [['08:00', 250, 0, 'estimated', 'integrated']]);
  });

  it('loses and makes no energy, however the readings lie', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: -25_000_000, max: 25_000_000 })), {
          minLength: 1,
          maxLength: 80,
        }),
        (steps) => {
          let at = 0;
          let last = 0;
          let [plus, minus] = [0n, 0n];
          const points: [number, number][] = [[0, 0]];
          for (const [ms, milliwatts] of steps) {
            for (const power of [last, milliwatts]) {
              if (power > 0) plus += BigInt(power) * BigInt(ms);
              else minus -= BigInt(power) * BigInt(ms);
            }
            at += ms;
            last = milliwatts;
            points.push([at, milliwatts / 1000]);
          }
          const { state, out } = run(points);
          assert.deepEqual(
            [state.plus.wh, state.minus.wh],
            [Number(plus / 7_200_000_000n), Number(minus / 7_200_000_000n)],
          );
          const whole = Math.floor(at / INTERVAL_MS);
          assert.equal(out.length, whole);
          const sum = out.reduce((total, { importWh }) => total + (importWh ?? Number.NaN), 0);
          if (whole > 0) assert.equal(sum, state.base?.plus);
        },
      ),
    );
  });
});

describe('giveUpPower', () => {
  it('gives up what ended without a reading, and carries no power over from before it', () => {
    const { state } = run(every(MINUTE, 16 * MINUTE, () => 1000));
    const [after, out] = giveUpPower(state, START + 45 * MINUTE);
    assert.deepEqual(shown(out), [
      ['08:15', null, null, 'missing', 'no-reading'],
      ['08:30', null, null, 'missing', 'no-reading'],
    ]);
    const [, late] = addPower({ ...settings, maxGapMs: 60 * MINUTE }, after, reading(START + 60 * MINUTE, 1000));
    assert.deepEqual(shown(late), [['08:45', null, null, 'missing', 'started-within']]);
  });

  it('knows nothing to give up before the first reading', () => {
    assert.deepEqual(giveUpPower(initialIntegration, START), [initialIntegration, []]);
  });
});

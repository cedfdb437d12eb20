// A roof over nights: an inverter that shows neither power nor counter while it sleeps, or a counter of 0. Every interval of
// the night is known, none is measured that was not seen, and in the morning all of it adds up to the counter.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addReading, type IntervalEnergy, initialEnergy } from '../../src/meter/interval-energy.ts';
import { type GateSettings, initialGate, judge } from '../../src/meter/quality.ts';
import type { Reading } from '../../src/meter/reading.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';

const NOON = Date.parse('2026-11-22T12:00Z');
const HOUR = 3_600_000;
const settings: GateSettings = {
  maxAgeMs: 60_000,
  connectionW: 25_000,
  stuckAfterMs: 900_000,
  sign: 'positive',
  positive: 'export',
};

describe('an inverter that sleeps', () => {
  it('leaves no interval open and loses no Wh, however it falls asleep and wakes', () => {
    const night = fc.record({
      pollMs: fc.integer({ min: 5000, max: 90_000 }),
      asleepFor: fc.integer({ min: HOUR, max: 15 * HOUR }),
      asleepAt: fc.integer({ min: 1, max: 5 * HOUR }),
      peakW: fc.integer({ min: 0, max: 9000 }),
      silence: fc.constantFrom(null, 0),
      first: fc.constantFrom(0, 1_234_567),
    });
    fc.assert(
      fc.property(night, ({ pollMs, asleepFor, asleepAt, peakW, silence, first }) => {
        const [dusk, dawn] = [NOON + asleepAt, NOON + asleepAt + asleepFor];
        const wattsAt = (at: number) => {
          const [left, since] = [dusk - at, at - dawn];
          return at < dusk ? Math.min(peakW, left / 1000) : Math.min(peakW, since / 1000);
        };
        let [gate, energy, wms, before] = [initialGate, initialEnergy, 0, NOON];
        const told: IntervalEnergy[] = [];
        const read = (at: number): number => {
          for (let from = before; from < at; ) {
            const to = Math.min(at, from + 1000);
            if (to <= dusk || from >= dawn) wms += wattsAt(from) * (to - from);
            from = to;
          }
          before = at;
          const asleep = at >= dusk && at < dawn;
          const wh = first + Math.floor(wms / HOUR);
          const raw: Reading = {
            device: 'm',
            at,
            powerW: asleep ? 0 : Math.round(wattsAt(at)),
            importWh: null,
            exportWh: asleep ? silence : wh,
            quality: 'measured',
            ...(asleep ? { asleep: true, counterQuality: silence === null ? 'missing' : 'measured' } : {}),
            reasons: [],
          };
          const [next, judged, counters] = judge(settings, gate, raw, at);
          gate = next;
          assert.equal(judged.quality, 'measured');
          for (const counter of counters) {
            const [after, over] = addReading({ toleranceMs: 10_000, maxGapMs: 1_800_000 }, energy, counter);
            energy = after;
            told.push(...over);
          }
          return wh;
        };
        const end = Math.ceil((dawn + HOUR) / INTERVAL_MS) * INTERVAL_MS;
        let at = NOON;
        for (let boundary = NOON; boundary <= end; boundary += INTERVAL_MS) {
          for (; at < boundary; at += pollMs) read(at);
          read(boundary);
        }
        const shown = read(end + pollMs);
        assert.equal(told.length, (end - NOON) / INTERVAL_MS);
        for (const { interval, exportWh, quality } of told) {
          assert.ok(exportWh !== null && exportWh >= 0 && quality !== 'missing', interval);
          const start = Date.parse(interval);
          const isNight = start >= dusk && start + INTERVAL_MS < dawn;
          if (isNight) assert.deepEqual([exportWh, quality], [0, silence === 0 && first === 0 ? quality : 'estimated']);
        }
        const sum = told.reduce((all, energyOf) => all + (energyOf.exportWh ?? 0), 0);
        assert.ok(shown - first - sum <= Math.ceil((peakW * pollMs) / HOUR) + 1 && sum <= shown - first);
      }),
      { numRuns: 60 },
    );
  });
});

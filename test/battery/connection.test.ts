// Limits of the connection, in all and on each phase, in both directions.
import assert from 'node:assert/strict';
import { decide, taken } from '../../src/battery/control.ts';
import { initialControl } from '../../src/battery/state.ts';
import { done, fast, play, start } from '../support/battery-play.ts';

describe('connection of the house', () => {
  it('carries so much on each phase, in both directions', () => {
    const settings = { ...fast, otherwise: 'hold', phaseW: 4000 } as const;
    play({ ...settings, phase: 3 }, [
      { at: 0, gridW: 5000, phasesW: [0, 0, 5000], expect: [1000, 'discharging', 'phase-import'] },
      { at: 1, gridW: -5000, batteryW: 0, phasesW: [0, 0, -5000], expect: [-1000, 'charging', 'phase-export'] },
      { at: 2, gridW: 9000, batteryW: 0, phasesW: [9000, 0, 0], expect: [0, 'idle', 'hold'] },
    ]);
    play(settings, [
      { at: 0, gridW: 5000, phasesW: [0, 0, 5000], expect: [3000, 'discharging', 'phase-import'] },
      { at: 1, gridW: -5000, batteryW: 0, phasesW: [0, 0, -5000], expect: [-3000, 'charging', 'phase-export'] },
    ]);
  });

  it('says so when it cannot be kept', () => {
    play({ ...fast, otherwise: 'hold', connectionW: 2000 }, [
      { at: 0, gridW: 9000, soc: 100, expect: [0, 'holding', 'soc-minimum'] },
      { at: 1, gridW: 9000, batteryW: 0, soc: 500, expect: [5000, 'discharging', 'connection-import'] },
    ]);
  });

  it('is kept on each phase, and settles, however late the meter is', () => {
    const needs = [5000, 1000, -500] as const;
    const rows = [
      ['all', { phaseW: 4000 }, 3000],
      ['all', { peakPhaseW: 4000 }, 3000],
      [1, { phaseW: 4000 }, 1000],
      [1, { peakPhaseW: 4000 }, 1000],
    ] as const;
    for (const [phase, limit, expected] of rows) {
      for (const late of [0, 1, 3, 5]) {
        const settings = { ...fast, otherwise: 'hold', phase, ...limit } as const;
        let state = initialControl;
        const powers = [0];
        for (let second = 0; second < 90; second++) {
          const now = start + second * 1000;
          const then = powers[Math.max(0, second - late)] ?? 0;
          const share = (i: number) => (phase === 'all' ? then / 3 : i === 0 ? then : 0);
          const phasesW = [needs[0] - share(0), needs[1] - share(1), needs[2] - share(2)] as const;
          const batteryW = powers.at(-1) ?? 0;
          const gridW = 5500 - then;
          const seen = { gridW, phasesW, batteryW, socPerMille: 500, meterAt: now, batteryAt: now };
          const [next, decision] = decide(settings, state, seen, now);
          state = decision.write === 'nothing' ? next : taken(next, decision, done(decision.setpointW, settings), now);
          powers.push(decision.setpointW);
        }
        assert.deepEqual(
          [...new Set(powers.slice(60))],
          [expected],
          `${phase} ${late} s late ${JSON.stringify(limit)}`,
        );
      }
    }
  });
});

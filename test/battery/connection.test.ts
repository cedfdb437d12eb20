// Limits of the connection, in all and on each phase, in both directions.
import { fast, play } from '../support/battery-play.ts';

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
});

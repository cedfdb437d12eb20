// Peak shaving, in all and on each phase: what is above the limit comes out of the battery; between peaks it fills up again.
import { fast, play } from '../../support/battery-play.ts';

describe('peak shaving', () => {
  it('gives what is above the limit, and not more', () => {
    play({ ...fast, otherwise: 'hold', peakImportW: 3000 }, [
      { at: 0, gridW: 3000, expect: [0, 'idle', 'hold'] },
      { at: 1, gridW: 4200, expect: [1200, 'discharging', 'peak-import'] },
      { at: 2, gridW: 3000, expect: [1200, 'discharging', 'peak-import'] },
      { at: 3, gridW: 10_000, expect: [5000, 'discharging', 'peak-import'] },
      { at: 4, gridW: 9000, batteryW: 0, soc: 100, expect: [0, 'holding', 'soc-minimum'] },
    ]);
  });

  it('leaves the reserve alone', () => {
    play({ ...fast, otherwise: 'hold', peakImportW: 3000, reservePerMille: 400 }, [
      { at: 0, gridW: 4000, soc: 500, expect: [1000, 'discharging', 'peak-import'] },
      { at: 1, gridW: 4000, batteryW: 0, soc: 400, expect: [0, 'holding', 'reserve'] },
    ]);
  });

  it('is full again before the next peak, with what the limit leaves', () => {
    play({ ...fast, otherwise: 'peak-shaving', peakImportW: 3000 }, [
      { at: 0, gridW: 1000, expect: [-2000, 'charging', 'peak-import'] },
      { at: 1, gridW: 3500, expect: [-1500, 'charging', 'peak-import'] },
      { at: 2, gridW: 6500, expect: [2000, 'discharging', 'peak-import'] },
      { at: 3, gridW: -9000, batteryW: 0, expect: [-5000, 'charging', 'max-charge'] },
      { at: 4, gridW: 1000, batteryW: 0, soc: 950, expect: [0, 'holding', 'soc-maximum'] },
    ]);
  });

  it('looks at the phases that the battery is on', () => {
    const limited = { ...fast, otherwise: 'hold', peakPhaseW: 2000 } as const;
    // a third of it on each phase: 500 W too much on one of them takes 1500 W
    play(limited, [
      { at: 0, gridW: 3500, phasesW: [2500, 500, 500], expect: [1500, 'discharging', 'peak-phase'] },
      { at: 1, gridW: 2000, phasesW: [2000, 0, 0], expect: [1500, 'discharging', 'peak-phase'] },
    ]);
    play({ ...limited, phase: 1 }, [
      { at: 0, gridW: 3500, phasesW: [2500, 500, 500], expect: [500, 'discharging', 'peak-phase'] },
      { at: 1, gridW: 3000, phasesW: [2000, 500, 500], expect: [500, 'discharging', 'peak-phase'] },
    ]);
    play({ ...limited, phase: 2 }, [
      { at: 0, gridW: 3500, phasesW: [2500, 500, 500], expect: [0, 'idle', 'hold'] },
      { at: 1, gridW: 3500, phasesW: null, expect: [0, 'safe', 'phases-missing'] },
    ]);
  });
});

// Reserve for an outage: kept with hysteresis, raised by a message for a while, filled on request.
import { fast, play, start } from '../../support/battery-play.ts';

describe('reserve for an outage', () => {
  it('is kept, and opens again past the hysteresis', () => {
    play({ ...fast, reservePerMille: 300 }, [
      { at: 0, gridW: 3000, soc: 320, expect: [3000, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 3000, batteryW: 0, soc: 303, expect: [1152, 'discharging', 'reserve'] },
      { at: 2, gridW: 3000, batteryW: 0, soc: 300, expect: [0, 'holding', 'reserve'] },
      { at: 3, gridW: 3000, batteryW: 0, soc: 319, expect: [0, 'holding', 'reserve-hysteresis'] },
      { at: 4, gridW: -2000, batteryW: 0, soc: 319, expect: [-2000, 'charging', 'self-consumption'] },
      { at: 5, gridW: 1000, batteryW: 0, soc: 320, expect: [1000, 'discharging', 'self-consumption'] },
    ]);
  });

  it('is raised for a while, never lowered', () => {
    const until = start + 2000;
    play({ ...fast, reservePerMille: 300 }, [
      { at: 0, gridW: 500, soc: 700, reserve: { socPerMille: 800, until }, expect: [0, 'holding', 'reserve'] },
      { at: 1, gridW: 500, soc: 300, reserve: { socPerMille: 100, until }, expect: [0, 'holding', 'reserve'] },
      {
        at: 2,
        gridW: 500,
        soc: 700,
        reserve: { socPerMille: 800, until },
        expect: [500, 'discharging', 'self-consumption'],
      },
    ]);
  });

  it('is filled from the grid when it is asked for, below the limits of the house', () => {
    const reserve = { socPerMille: 800, until: start + 60_000, chargeW: 2500 };
    play({ ...fast, peakImportW: 3000 }, [
      { at: 0, gridW: 400, soc: 700, reserve, expect: [-2500, 'charging', 'reserve-charge'] },
      { at: 1, gridW: 1000, batteryW: 0, soc: 700, reserve, expect: [-2000, 'charging', 'peak-import'] },
      { at: 2, gridW: 400, batteryW: 0, soc: 800, reserve, expect: [0, 'holding', 'reserve'] },
    ]);
  });
});

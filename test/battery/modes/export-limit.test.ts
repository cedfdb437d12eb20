// Export limit: what is above it goes into the battery, as far as the battery can.
import { fast, play } from '../../support/battery-play.ts';

describe('export limit', () => {
  it('takes what may not go into the grid', () => {
    play({ ...fast, otherwise: 'hold', exportLimitW: 1000 }, [
      { at: 0, gridW: -900, expect: [0, 'idle', 'hold'] },
      { at: 1, gridW: -2600, expect: [-1600, 'charging', 'export-limit'] },
      { at: 2, gridW: -1000, expect: [-1600, 'charging', 'export-limit'] },
      { at: 3, gridW: -8000, batteryW: 0, expect: [-5000, 'charging', 'export-limit'] },
      { at: 4, gridW: -3000, batteryW: 0, soc: 950, expect: [0, 'holding', 'soc-maximum'] },
    ]);
  });

  it('comes before the reserve and the peak limit', () => {
    play({ ...fast, otherwise: 'hold', exportLimitW: 0, peakImportW: 0 }, [
      { at: 0, gridW: -500, expect: [-500, 'charging', 'export-limit'] },
    ]);
  });
});

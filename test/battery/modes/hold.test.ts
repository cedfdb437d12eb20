// Hold: the battery rests, unless a limit or a wish of higher priority needs it.
import { fast, play, start } from '../../support/battery-play.ts';

describe('hold', () => {
  it('rests until it is needed', () => {
    play({ ...fast, otherwise: 'hold', peakImportW: 2000 }, [
      { at: 0, gridW: 1900, expect: [0, 'idle', 'hold'] },
      { at: 1, gridW: 2500, expect: [500, 'discharging', 'peak-import'] },
      { at: 2, gridW: 1400, expect: [0, 'idle', 'hold'] },
      { at: 3, manual: { setpointW: -100, until: start + 4000 }, expect: [-100, 'charging', 'manual'] },
      { at: 4, gridW: 0, positionWh: -25, expect: [0, 'idle', 'position'] },
    ]);
  });
});

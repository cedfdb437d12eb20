// Manual: the owner's power until its end, inside all limits.
import { fast, play, start } from '../../support/battery-play.ts';

describe('manual', () => {
  const until = start + 3000;

  it('does what the owner asks, until its end', () => {
    play(fast, [
      { at: 0, gridW: 700, manual: { setpointW: -2000, until }, expect: [-2000, 'charging', 'manual'] },
      { at: 1, gridW: 700, manual: { setpointW: 0, until }, expect: [0, 'idle', 'manual'] },
      { at: 2, gridW: 700, manual: { setpointW: 1500, until }, expect: [1500, 'discharging', 'manual'] },
      { at: 3, gridW: 0, manual: { setpointW: 1500, until }, expect: [1500, 'discharging', 'self-consumption'] },
      { at: 4, gridW: -800, expect: [700, 'discharging', 'self-consumption'] },
    ]);
  });

  it('stays inside the limits', () => {
    play({ ...fast, exportLimitW: 500, peakImportW: 3000, reservePerMille: 300 }, [
      { at: 0, gridW: 0, manual: { setpointW: 9000, until }, expect: [500, 'discharging', 'export-limit'] },
      { at: 1, gridW: 0, batteryW: 0, manual: { setpointW: -9000, until }, expect: [-3000, 'charging', 'peak-import'] },
      { at: 2, gridW: 0, batteryW: 0, soc: 300, manual: { setpointW: 100, until }, expect: [0, 'holding', 'reserve'] },
    ]);
  });
});

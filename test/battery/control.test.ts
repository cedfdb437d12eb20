// Battery control as tables in time: what each limit and each missing reading comes to. Modes have tables of their own.
import assert from 'node:assert/strict';
import { type BatterySettings, checkSettings } from '../../src/battery/settings.ts';
import { home, play } from '../support/battery-play.ts';

describe('battery control', () => {
  it('takes over what the grid carries', () => {
    play(home, [
      { at: 0, gridW: 800, expect: [800, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 0, expect: [800, 'discharging', 'self-consumption'] },
      { at: 2, gridW: -1000, expect: [-200, 'charging', 'self-consumption'] },
      { at: 3, gridW: 200, expect: [0, 'idle', 'self-consumption'] },
      { at: 4, gridW: 0.4, expect: [0, 'idle', 'self-consumption'] },
    ]);
  });

  it('draws what was bought and feeds what was sold', () => {
    play(home, [
      { at: 0, gridW: 0, positionWh: 100, expect: [-400, 'charging', 'position'] },
      { at: 1, gridW: 400, positionWh: 100, expect: [-400, 'charging', 'position'] },
      { at: 2, gridW: 0, positionWh: -150, expect: [200, 'discharging', 'position'] },
      { at: 3, gridW: -600, positionWh: -150, expect: [200, 'discharging', 'position'] },
      { at: 4, gridW: -600, positionWh: 0, expect: [-400, 'charging', 'self-consumption'] },
    ]);
  });

  it('moves away from zero at the ramp and back at once', () => {
    play(home, [
      { at: 0, gridW: 4000, expect: [1000, 'discharging', 'ramp'] },
      { at: 1, gridW: 3000, expect: [2000, 'discharging', 'ramp'] },
      { at: 1, gridW: 2000, expect: [2000, 'discharging', 'ramp'] },
      { at: 3, gridW: 2000, expect: [4000, 'discharging', 'self-consumption'] },
      { at: 4, gridW: -4000, expect: [0, 'idle', 'self-consumption'] },
      { at: 5, gridW: 3000, expect: [1000, 'discharging', 'ramp'] },
      { at: 6, gridW: -4500, expect: [-1000, 'charging', 'ramp'] },
    ]);
  });

  it('starts from what the battery does after a restart', () => {
    play(home, [{ at: 0, gridW: 0, batteryW: 3000, expect: [3000, 'discharging', 'self-consumption'] }]);
    play(home, [{ at: 0, gridW: 3000, batteryW: 3000, expect: [4000, 'discharging', 'ramp'] }]);
  });

  it('starts afresh when the clock was set back', () => {
    play(home, [
      { at: 100, gridW: 500, expect: [500, 'discharging', 'self-consumption'] },
      { at: 0, gridW: 900, expect: [1400, 'discharging', 'self-consumption'] },
    ]);
  });

  it('keeps within the power limits', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: 9000, expect: [5000, 'discharging', 'max-discharge'] },
      { at: 1, gridW: -14_000, expect: [-5000, 'charging', 'max-charge'] },
    ]);
    play({ ...fast, maxChargeW: 0 }, [{ at: 0, gridW: -900, expect: [0, 'holding', 'max-charge'] }]);
  });

  it('stops at the minimum and starts again past the hysteresis', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: 3000, soc: 110, expect: [3000, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 0, soc: 103, expect: [1152, 'discharging', 'soc-minimum'] },
      { at: 2, gridW: 3000, soc: 100, expect: [0, 'holding', 'soc-minimum'] },
      { at: 3, gridW: 3000, soc: 119, expect: [0, 'holding', 'soc-minimum-hysteresis'] },
      { at: 4, gridW: -2000, soc: 119, expect: [-2000, 'charging', 'self-consumption'] },
      { at: 5, gridW: 3000, soc: 120, expect: [1000, 'discharging', 'self-consumption'] },
    ]);
  });

  it('stops at the maximum and starts again past the hysteresis', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: -3000, soc: 949, expect: [-384, 'charging', 'soc-maximum'] },
      { at: 1, gridW: -3000, soc: 950, expect: [0, 'holding', 'soc-maximum'] },
      { at: 2, gridW: -3000, soc: 931, expect: [0, 'holding', 'soc-maximum-hysteresis'] },
      { at: 3, gridW: -3000, soc: 930, expect: [-3000, 'charging', 'self-consumption'] },
    ]);
  });

  it('counts what may have flowed since the battery was read', () => {
    const fast = { ...home, rampWPerSecond: 100_000 };
    play(fast, [
      { at: 0, gridW: 3000, soc: 110, expect: [3000, 'discharging', 'self-consumption'] },
      // 10 per mille of 6400 Wh are 230 400 Ws; 3000 W for 8 s may have gone; the rest lasts 60 s at 3440 W
      { at: 8, gridW: 3000, soc: 110, batteryAge: 8000, expect: [3440, 'discharging', 'soc-minimum'] },
    ]);
  });

  it('holds the connection within its limit as far as it can', () => {
    const small = { ...home, rampWPerSecond: 100_000, connectionW: 2000 };
    play(small, [
      { at: 0, gridW: 0, positionWh: 1000, expect: [-2000, 'charging', 'connection-import'] },
      { at: 1, gridW: 5000, positionWh: 1000, expect: [1000, 'discharging', 'connection-import'] },
      { at: 2, gridW: 5000, soc: 100, positionWh: 3000, expect: [0, 'holding', 'connection-import'] },
    ]);
    play(small, [{ at: 0, gridW: 0, positionWh: -1000, expect: [2000, 'discharging', 'connection-export'] }]);
  });

  it('goes safe on stale, missing or impossible readings and returns', () => {
    play(home, [
      { at: 0, gridW: 700, expect: [700, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 0, meterAge: 10_001, expect: [0, 'safe', 'meter-stale'] },
      { at: 2, gridW: 700, batteryW: 0, expect: [700, 'discharging', 'self-consumption'] },
      { at: 3, gridW: null, expect: [0, 'safe', 'meter-missing'] },
      { at: 4, gridW: Number.NaN, expect: [0, 'safe', 'meter-missing'] },
      { at: 5, gridW: 1, soc: null, expect: [0, 'safe', 'battery-missing'] },
      { at: 6, gridW: 1, soc: 1001, expect: [0, 'safe', 'battery-missing'] },
      { at: 6.5, gridW: 1, batteryW: -32_767, expect: [0, 'safe', 'battery-impossible'] },
      { at: 7, gridW: 1, batteryAge: 10_001, expect: [0, 'safe', 'battery-stale'] },
      { at: 8, gridW: 1, meterAge: -10_001, expect: [0, 'safe', 'meter-stale'] },
      { at: 9, gridW: 700, batteryW: 0, meterAge: 10_000, expect: [700, 'discharging', 'self-consumption'] },
    ]);
  });

  it('refuses settings that make no sense', () => {
    const wrongs: Partial<BatterySettings>[] = [
      { capacityWh: 0 },
      { maxChargeW: -1 },
      { minSocPerMille: 951 },
      { maxSocPerMille: 1001 },
      { rampWPerSecond: 0 },
      { validForSeconds: 0.5 },
      { staleAfterMs: Number.NaN },
      { connectionW: -1 },
      { hysteresisPerMille: 851 },
      { reservePerMille: 951 },
      { efficiencyPerMille: 1001 },
      { otherwise: 'peak-shaving' },
      { writesPerDay: 0 },
      { minChargeC: 0.5 },
    ];
    for (const wrong of wrongs) {
      assert.throws(() => checkSettings({ ...home, ...wrong }), RangeError, JSON.stringify(wrong));
    }
    assert.equal(checkSettings(home), home);
  });
});

// Limits of the battery itself beside its power: what it tells of itself, and its temperature with hysteresis.
import { fast, play } from '../support/battery-play.ts';

describe('limits of the battery', () => {
  it('are those that it tells, where they are tighter', () => {
    play(fast, [
      { at: 0, gridW: 3000, deviceDischargeW: 1200.9, expect: [1200, 'discharging', 'device-discharge'] },
      { at: 1, gridW: -4000, deviceChargeW: 800, expect: [-800, 'charging', 'device-charge'] },
      { at: 2, gridW: -4000, batteryW: 0, deviceChargeW: 0, expect: [0, 'holding', 'device-charge'] },
      { at: 3, gridW: 9000, batteryW: 0, deviceDischargeW: 9000, expect: [5000, 'discharging', 'max-discharge'] },
      { at: 4, gridW: 900, batteryW: 0, deviceDischargeW: -5, expect: [0, 'holding', 'device-discharge'] },
      {
        at: 5,
        gridW: 900,
        batteryW: 0,
        deviceDischargeW: Number.NaN,
        expect: [900, 'discharging', 'self-consumption'],
      },
    ]);
  });

  it('close when it is too cold or too hot, and open two degrees inside', () => {
    const settings = { ...fast, minChargeC: 0, maxChargeC: 45, minDischargeC: -10, maxDischargeC: 50 };
    const sun = { gridW: -1000, batteryW: 0 };
    const evening = { gridW: 1000, batteryW: 0 };
    play(settings, [
      { at: 0, ...sun, temperatureC: 0, expect: [-1000, 'charging', 'self-consumption'] },
      { at: 1, ...sun, temperatureC: -0.1, expect: [0, 'holding', 'too-cold-to-charge'] },
      { at: 2, ...sun, temperatureC: 1.9, expect: [0, 'holding', 'too-cold-to-charge'] },
      { at: 3, ...sun, temperatureC: 2, expect: [-1000, 'charging', 'self-consumption'] },
      { at: 4, ...sun, temperatureC: 46, expect: [0, 'holding', 'too-hot-to-charge'] },
      { at: 5, ...evening, temperatureC: 46, expect: [1000, 'discharging', 'self-consumption'] },
      { at: 6, ...evening, temperatureC: 51, expect: [0, 'holding', 'too-hot-to-discharge'] },
      { at: 7, ...evening, temperatureC: 48, expect: [1000, 'discharging', 'self-consumption'] },
      { at: 8, ...evening, temperatureC: -11, expect: [0, 'holding', 'too-cold-to-discharge'] },
      { at: 9, ...evening, temperatureC: null, expect: [1000, 'discharging', 'self-consumption'] },
    ]);
  });
});

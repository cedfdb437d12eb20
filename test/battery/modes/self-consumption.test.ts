// Self-consumption: the meter at zero, or at the target; still within the deadband.
import { fast, play } from '../../support/battery-play.ts';

describe('self-consumption', () => {
  it('brings the meter to the target', () => {
    play({ ...fast, targetW: 100 }, [
      { at: 0, gridW: 800, expect: [700, 'discharging', 'self-consumption'] },
      { at: 1, gridW: 100, expect: [700, 'discharging', 'self-consumption'] },
      { at: 2, gridW: -700, expect: [-100, 'charging', 'self-consumption'] },
    ]);
  });

  it('goes on as it is within the deadband', () => {
    play({ ...fast, deadbandW: 50 }, [
      { at: 0, gridW: 50, expect: [0, 'idle', 'self-consumption'] },
      { at: 1, gridW: 51, expect: [51, 'discharging', 'self-consumption'] },
      { at: 2, gridW: -50, expect: [51, 'discharging', 'self-consumption'], write: 'nothing' },
      { at: 3, gridW: -51, expect: [0, 'idle', 'self-consumption'] },
    ]);
  });

  it('keeps a setpoint that differs by little, unless a limit forbids it', () => {
    play({ ...fast, stepW: 100 }, [
      { at: 0, gridW: 1000, expect: [1000, 'discharging', 'self-consumption'], write: 'set' },
      { at: 1, gridW: 100, expect: [1000, 'discharging', 'self-consumption'], write: 'nothing' },
      { at: 2, gridW: 101, expect: [1101, 'discharging', 'self-consumption'], write: 'set' },
      { at: 3, gridW: -100, deviceDischargeW: 1050, expect: [1001, 'discharging', 'self-consumption'] },
      { at: 4, gridW: 0, deviceDischargeW: 950, expect: [950, 'discharging', 'device-discharge'], write: 'set' },
      { at: 5, gridW: -900, expect: [50, 'discharging', 'self-consumption'] },
      { at: 6, gridW: -50, expect: [0, 'idle', 'self-consumption'], write: 'set' },
    ]);
  });
});

// Market position: what was bought is drawn, what was sold is fed in; own use without a position.
import { fast, home, play } from '../../support/battery-play.ts';

describe('market position', () => {
  it('draws what was bought and feeds what was sold', () => {
    play(home, [
      { at: 0, gridW: 0, positionWh: 100, expect: [-400, 'charging', 'position'] },
      { at: 1, gridW: 400, positionWh: 100, expect: [-400, 'charging', 'position'] },
      { at: 2, gridW: 0, positionWh: -150, expect: [200, 'discharging', 'position'] },
      { at: 3, gridW: -600, positionWh: -150, expect: [200, 'discharging', 'position'] },
      { at: 4, gridW: -600, positionWh: 0, expect: [-400, 'charging', 'self-consumption'] },
    ]);
  });

  it('comes before the plan, and after the owner', () => {
    const plan = { madeAt: 0, intervals: [{ interval: '2026-11-22T08:15Z', setpointW: 300 }] };
    const manual = { setpointW: -50, until: Date.UTC(2026, 10, 22, 8, 15, 2) };
    play({ ...fast, otherwise: 'plan' }, [
      { at: 0, plan, positionWh: 100, expect: [-400, 'charging', 'position'] },
      { at: 1, plan, positionWh: 100, manual, expect: [-50, 'charging', 'manual'] },
      { at: 2, plan, positionWh: 0, manual, expect: [300, 'discharging', 'plan'] },
    ]);
  });
});

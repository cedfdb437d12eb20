// Price schedule: a plan is followed quarter hour by quarter hour; where it is absent or too old, own use decides.
import { fast, play, type Row, start } from '../../support/battery-play.ts';

const settings = { ...fast, otherwise: 'plan', planMaxAgeMs: 7_200_000, priceMaxAgeMs: 6_000_000 } as const;
const plan = {
  madeAt: start - 600_000,
  pricesAt: start - 600_000,
  intervals: [
    { interval: '2026-11-22T08:15Z', setpointW: -2000 },
    { interval: '2026-11-22T08:30Z', mode: 'charge', maxChargeW: 1500 },
    { interval: '2026-11-22T08:45Z', mode: 'discharge' },
    { interval: '2026-11-22T09:00Z', mode: 'hold' },
    { interval: '2026-11-22T09:15Z', mode: 'self-consumption', maxDischargeW: 300 },
  ],
} as const;
const quarter = 900;

describe('price schedule', () => {
  it('follows the plan, quarter hour by quarter hour', () => {
    const rows: [number, Row['expect']][] = [
      [0, [-2000, 'charging', 'plan']],
      [899, [-2000, 'charging', 'plan']],
      [quarter, [-1500, 'charging', 'plan-limit']],
      [2 * quarter, [5000, 'discharging', 'max-discharge']],
      [3 * quarter, [0, 'idle', 'plan']],
      [4 * quarter, [300, 'discharging', 'plan-limit']],
      [5 * quarter, [700, 'discharging', 'plan-missing']],
    ];
    play(
      settings,
      rows.map(([at, expect]) => ({ at, expect, plan, gridW: 700, batteryW: 0 })),
    );
  });

  it('falls back to own use without a plan, with an old one, and with old prices', () => {
    const old = { ...plan, madeAt: start - 7_200_001 };
    const future = { ...plan, madeAt: start + 7_300_000 };
    const oldPrices = { ...plan, pricesAt: start - 6_000_001 };
    const { pricesAt: _, ...noPrices } = plan;
    play(settings, [
      { at: 0, gridW: 700, expect: [700, 'discharging', 'plan-missing'] },
      { at: 1, gridW: 700, batteryW: 0, plan: old, expect: [700, 'discharging', 'plan-stale'] },
      { at: 2, gridW: 700, batteryW: 0, plan: future, expect: [700, 'discharging', 'plan-stale'] },
      { at: 3, gridW: 700, batteryW: 0, plan: oldPrices, expect: [700, 'discharging', 'price-stale'] },
      { at: 4, gridW: 700, batteryW: 0, plan: noPrices, expect: [-2000, 'charging', 'plan'] },
    ]);
  });

  it('is not asked where it was not chosen', () => {
    play(fast, [{ at: 0, gridW: 700, plan, expect: [700, 'discharging', 'self-consumption'] }]);
  });
});

// Published optimal schedules, handed to control as plans and run on the battery model: control must reach the contents of
// the optimum, and its cost. Control executes plans; it does not make them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { decide, taken } from '../../src/battery/control.ts';
import { checkSettings } from '../../src/battery/settings.ts';
import { initialControl, type PlanInterval } from '../../src/battery/state.ts';
import { type BatteryModel, modelSoc, newBattery, stepModel } from '../../src/simulation/battery-model.ts';
import { INTERVAL_MS, intervalAt } from '../../src/time/interval.ts';
import { needSharedData } from '../support/shared-data.ts';

interface Case {
  readonly id: string;
  readonly optimum_cost: number;
  readonly one_optimal_soc: readonly number[];
  readonly problem: Readonly<Record<'dt' | 'cap' | 'smin' | 'smax' | 'pc' | 'pd' | 'ec' | 'ed' | 's0', number>> &
    Readonly<Record<'load' | 'pv' | 'buy' | 'sell', readonly number[]>> & { readonly grid_max?: number };
}

const start = Date.parse('2026-11-22T08:00Z');
const CYCLE_MS = 60_000;

describe('optimal schedules as plans', () => {
  it('are executed to the content and the cost of the optimum', function () {
    const { cases } = JSON.parse(readFileSync(needSharedData(this, 'battery/reference_cases.json'), 'utf8')) as {
      cases: Case[];
    };
    assert.ok(cases.length >= 10);
    for (const each of cases) {
      const { cost, soc } = execute(each);
      const { cap } = each.problem;
      assert.ok(Math.abs(cost - each.optimum_cost) < 0.005, `${each.id} costs ${cost}, not ${each.optimum_cost}`);
      for (const [i, kWh] of each.one_optimal_soc.entries()) {
        const reached = ((soc[i] ?? Number.NaN) * cap) / 1000;
        assert.ok(Math.abs(reached - kWh) <= 0.02, `${each.id}: ${reached} kWh after step ${i + 1}, not ${kWh}`);
      }
    }
  });
});

function execute({ problem, one_optimal_soc }: Case): { cost: number; soc: number[] } {
  const { dt, cap, smin, smax, pc, pd, ec, ed, s0, load, pv, buy, sell, grid_max } = problem;
  const stepMs = dt * 3_600_000;
  const model: BatteryModel = {
    capacityWh: cap * 1000,
    maxChargeW: pc * 1000,
    maxDischargeW: pd * 1000,
    roundTripPerMille: 1000,
    chargeEfficiency: [{ powerW: 0, perMille: ec * 1000 }],
    dischargeEfficiency: [{ powerW: 0, perMille: ed * 1000 }],
  };
  const settings = checkSettings({
    capacityWh: model.capacityWh,
    maxChargeW: model.maxChargeW,
    maxDischargeW: model.maxDischargeW,
    minSocPerMille: (smin / cap) * 1000,
    maxSocPerMille: (smax / cap) * 1000,
    hysteresisPerMille: 0,
    rampWPerSecond: 1_000_000,
    staleAfterMs: CYCLE_MS,
    validForSeconds: CYCLE_MS / 1000,
    efficiencyPerMille: ed * 1000,
    otherwise: 'plan',
    planMaxAgeMs: 86_400_000,
    ...(grid_max === undefined ? {} : { connectionW: grid_max * 1000 }),
  });
  const plan = { madeAt: start, intervals: planOf(one_optimal_soc, s0, problem) };
  let battery = newBattery(model, (s0 / cap) * 1000);
  let control = initialControl;
  let batteryW = 0;
  let cost = 0;
  const soc: number[] = [];
  for (const [step, loadKW] of load.entries()) {
    const needW = (loadKW - (pv[step] ?? 0)) * 1000;
    for (let now = start + step * stepMs; now < start + (step + 1) * stepMs; now += CYCLE_MS) {
      const seen = { gridW: needW - batteryW, batteryW, socPerMille: modelSoc(model, battery) };
      const [next, decision] = decide(settings, control, { ...seen, meterAt: now, batteryAt: now, plan }, now);
      const done = { setpointW: decision.setpointW, validForSeconds: decision.validForSeconds, writes: 3 };
      control = decision.write === 'nothing' ? next : taken(next, decision, done, now);
      const run = stepModel(model, battery, decision.setpointW, CYCLE_MS);
      battery = run.state;
      batteryW = run.segments.at(-1)?.powerW ?? 0;
      for (const { powerW, ms } of run.segments) {
        const kWh = ((needW - powerW) * ms) / 3.6e9;
        // Where feeding in costs money, the roof is turned down instead: not a matter of the battery.
        cost += kWh > 0 ? kWh * (buy[step] ?? 0) : kWh * Math.max(0, sell[step] ?? 0);
      }
    }
    soc.push(modelSoc(model, battery));
  }
  return { cost, soc };
}

/** The power that moves the content from one step's end to the next, for each quarter hour of it. */
function planOf(contents: readonly number[], s0: number, { dt, ec, ed }: Case['problem']): PlanInterval[] {
  return contents.flatMap((content, step) => {
    const change = content - (contents[step - 1] ?? s0);
    const setpointW = Math.round(change > 0 ? (-change * 1000) / (ec * dt) : (-change * 1000 * ed) / dt) + 0;
    return Array.from({ length: dt * 4 }, (_, quarter) => ({
      interval: intervalAt(start + step * dt * 3_600_000 + quarter * INTERVAL_MS),
      setpointW,
    }));
  });
}

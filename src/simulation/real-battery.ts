// A battery "like a real one" of any size, for battery-model.ts. Losses of conversion and cells are those of the generic AC
// system (SG1) of bslib, v0.7 (FZJ-IEK3-VSA/bslib, database CC BY 4.0, fitted to the test reports behind the storage
// inspections of HTW Berlin): with p the share of the rated power,
//   charging     AC -> cells  loses 35.52 p^2 - 3.09 p + 18.23 W per kW rated
//   discharging  cells -> AC  loses 37.57 p^2 - 3.56 p + 19.31 W per kW rated
// and of what goes through the cells 95 % comes back, half of the loss on each way. Standby: 15 W, as measured there for the
// AC-coupled system S2. Fade: together 2.5 % a year at 250 cycles, within the 2 to 3 % of usable capacity a year that
// RWTH Aachen measured on home batteries in the field over eight years. The taper is our own plausible figure: makes differ.
import type { BatteryModel, EfficiencyPoint } from './battery-model.ts';
import type { BatterySpec } from './virtual-site.ts';

/** Shares of the rated power, per mille, at which the formulas were worked out, and what they leave of 1000. */
const CHARGING = [
  [20, 88],
  [50, 620],
  [100, 796],
  [250, 897],
  [500, 924],
  [750, 928],
  [1000, 925],
] as const;
const DISCHARGING = [
  [20, 496],
  [50, 703],
  [100, 816],
  [250, 899],
  [500, 924],
  [750, 927],
  [1000, 925],
] as const;

/** The losses of a real battery, for one of this capacity and power; its round trip is no longer a figure of its own. */
export function likeReal(spec: BatterySpec): BatteryModel {
  return {
    ...spec,
    chargeEfficiency: points(CHARGING, spec.maxChargeW),
    dischargeEfficiency: points(DISCHARGING, spec.maxDischargeW),
    chargeTaper: { fromPerMille: 900, leastPerMille: 200 },
    dischargeTaper: { fromPerMille: 50, leastPerMille: 300 },
    standbyW: 15,
    fadePerCycle: 40,
    fadePerYear: 15_000,
  };
}

function points(table: readonly (readonly [share: number, perMille: number])[], ratedW: number): EfficiencyPoint[] {
  return table.map(([share, perMille]) => ({ powerW: Math.floor((ratedW * share) / 1000), perMille }));
}

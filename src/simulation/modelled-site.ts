// A site whose battery is like a real one (battery-model.ts): the same counters, and what the battery lost. Exact as
// virtual-site.ts: in W ms, import - export = load - pv - discharge + charge, and 1000 x charge = 1000 x discharge + change of
// what is stored + lost.
import { type BatteryModel, capacityNow, type ModelState, modelPower, stepModel } from './battery-model.ts';
import type { Flow, SiteLosses, SitePower, SiteState } from './virtual-site.ts';

const none: SiteLosses = { lostWms: 0, lostRest: 0, ageMs: 0 };

function modelState({ stored, chargeWms, dischargeWms, losses = none }: SiteState): ModelState {
  return { stored, chargedWms: chargeWms, dischargedWms: dischargeWms, ...losses };
}

/** What the battery holds when full, as it is now, Wh. */
export function modelledCapacity(battery: BatteryModel, state: SiteState): number {
  return capacityNow(battery, modelState(state));
}

/** Powers at this instant under a setpoint (W, + = discharge). */
export function modelledPower(
  battery: BatteryModel,
  state: SiteState,
  { loadW, pvW }: Flow,
  setpointW: number,
): SitePower {
  const batteryW = modelPower(battery, modelState(state), setpointW);
  return { loadW, pvW, batteryW, gridW: loadW - pvW - batteryW };
}

/** The site after `ms` milliseconds of constant load and PV under a setpoint (W, + = discharge; 0 = idle). */
export function stepModelled(
  battery: BatteryModel,
  state: SiteState,
  { loadW, pvW }: Flow,
  setpointW: number,
  ms: number,
): SiteState {
  const { state: after, segments } = stepModel(battery, modelState(state), setpointW, ms);
  let { importWms, exportWms } = state;
  for (const { powerW, ms: forMs } of segments) {
    const gridW = loadW - pvW - powerW;
    importWms += Math.max(0, gridW) * forMs;
    exportWms += Math.max(0, -gridW) * forMs;
  }
  const { stored, chargedWms, dischargedWms, lostWms, lostRest, ageMs } = after;
  return {
    loadWms: state.loadWms + loadW * ms,
    pvWms: state.pvWms + pvW * ms,
    importWms,
    exportWms,
    chargeWms: chargedWms,
    dischargeWms: dischargedWms,
    stored,
    losses: { lostWms, lostRest, ageMs },
  };
}

// Pure model of a virtual home or business: load, PV roof, battery and the meter at its connection.
// Whole watts over whole milliseconds, so every energy is an exact integer (W ms) and nothing drifts, ever.
// Signs as in units.ts: grid + pv + battery = load.

/** 1 Wh in W ms. All counters of a site count W ms; 2^53 W ms are 2.5 GWh. */
export const WMS_PER_WH = 3_600_000;

/** Largest battery the exact arithmetic carries, in Wh (stored energy is kept in thousandths of a W ms). */
export const MAX_CAPACITY_WH = 2_000_000;

/**
 * A battery. Its whole round-trip loss is taken on charging: `stored += charge x roundTripPerMille`,
 * `stored -= discharge x 1000`, so that stored energy is always energy that will come out.
 */
export interface BatterySpec {
  /** Usable energy when full, Wh. */
  readonly capacityWh: number;
  /** Largest charging power, W, taken from the connection. */
  readonly maxChargeW: number;
  /** Largest discharging power, W. */
  readonly maxDischargeW: number;
  /** Energy out per 1000 in; the study's 0.9 = 900. */
  readonly roundTripPerMille: number;
  /** The battery itself never discharges below this state of charge; default 0. */
  readonly minSocPerMille?: number;
}

/** Power of what is not controlled, W, both >= 0. Constant within a step. */
export interface Flow {
  readonly loadW: number;
  readonly pvW: number;
}

/** Everything a site has counted since it began, in W ms, and the battery's content. Plain JSON. */
export interface SiteState {
  readonly loadWms: number;
  readonly pvWms: number;
  readonly importWms: number;
  readonly exportWms: number;
  readonly chargeWms: number;
  readonly dischargeWms: number;
  /** Energy in the battery in thousandths of a W ms; 0 without a battery. */
  readonly stored: number;
  /** Of a battery that is like a real one; the loss of an ideal one follows from what it took in. */
  readonly losses?: SiteLosses;
}

/** What a battery lost, in whole W ms and thousandths of one, and how old it is. */
export interface SiteLosses {
  readonly lostWms: number;
  readonly lostRest: number;
  readonly ageMs: number;
}

/** Powers at an instant, W, signs as in units.ts. */
export interface SitePower {
  readonly loadW: number;
  readonly pvW: number;
  readonly batteryW: number;
  readonly gridW: number;
}

/** A quarter hour's energy in Wh as constant power in W: exact, since an hour has four of them. */
export function flowOf(row: { readonly loadWh: number; readonly pvWh: number }): Flow {
  return { loadW: row.loadWh * 4, pvW: row.pvWh * 4 };
}

/** Energy (thousandths of a W ms) a battery holds at a state of charge. @throws RangeError outside 0..1000 */
export function storedAt(battery: BatterySpec, socPerMille: number): number {
  if (!Number.isInteger(socPerMille) || socPerMille < 0 || socPerMille > 1000) {
    throw new RangeError(`a state of charge lies between 0 and 1000 per mille, but is ${socPerMille}`);
  }
  return battery.capacityWh * WMS_PER_WH * socPerMille;
}

/** State of charge in per mille, rounded down. */
export function socPerMille(battery: BatterySpec, stored: number): number {
  return Math.floor(stored / (battery.capacityWh * WMS_PER_WH));
}

/** Stored energy in whole Wh, rounded down. */
export function storedWh(stored: number): number {
  return Math.floor(stored / (WMS_PER_WH * 1000));
}

/** A battery's figures, checked. @throws RangeError naming the figure that cannot be */
export function checkBattery(battery: BatterySpec): BatterySpec {
  const limits = [
    ['capacityWh', battery.capacityWh, 1, MAX_CAPACITY_WH],
    ['maxChargeW', battery.maxChargeW, 0, 1_000_000],
    ['maxDischargeW', battery.maxDischargeW, 0, 1_000_000],
    ['roundTripPerMille', battery.roundTripPerMille, 1, 1000],
    ['minSocPerMille', battery.minSocPerMille ?? 0, 0, 1000],
  ] as const;
  for (const [name, value, low, high] of limits) {
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new RangeError(`a battery's ${name} must be a whole number from ${low} to ${high}, but is ${value}`);
    }
  }
  return battery;
}

/** A site that has counted nothing yet, its battery at the given state of charge. */
export function initialSite(battery?: BatterySpec, socAtStart = 0): SiteState {
  const stored = battery ? storedAt(checkBattery(battery), socAtStart) : 0;
  return { loadWms: 0, pvWms: 0, importWms: 0, exportWms: 0, chargeWms: 0, dischargeWms: 0, stored };
}

/** What a battery does with a setpoint for some time. */
export interface BatteryStep {
  readonly stored: number;
  /** Power while active, W, + = discharge; 0 when it can do nothing. */
  readonly powerW: number;
  /** How long of the step it is active, whole ms; afterwards it is full or empty and idle. */
  readonly activeMs: number;
}

/**
 * Runs a battery for `ms` milliseconds at a setpoint (W, + = discharge), cut to its power limits. It stops in the
 * millisecond before it would overflow or fall below its own minimum; less than one ms of power is left unused then.
 */
export function stepBattery(battery: BatterySpec, stored: number, setpointW: number, ms: number): BatteryStep {
  const powerW = Math.max(-battery.maxChargeW, Math.min(battery.maxDischargeW, Math.trunc(setpointW)));
  const change = powerW < 0 ? -powerW * battery.roundTripPerMille : -powerW * 1000;
  if (change === 0 || ms <= 0) return { stored, powerW: 0, activeMs: 0 };
  const limit = change > 0 ? storedAt(battery, 1000) : storedAt(battery, battery.minSocPerMille ?? 0);
  const activeMs = Math.max(0, Math.min(ms, Math.floor((limit - stored) / change)));
  return { stored: stored + change * activeMs, powerW: activeMs > 0 ? powerW : 0, activeMs };
}

/** Powers at this instant under a setpoint (W, + = discharge). */
export function powerNow(battery: BatterySpec | undefined, state: SiteState, flow: Flow, setpointW: number): SitePower {
  const batteryW = battery ? stepBattery(battery, state.stored, setpointW, 1).powerW : 0;
  return { loadW: flow.loadW, pvW: flow.pvW, batteryW, gridW: flow.loadW - flow.pvW - batteryW };
}

/**
 * The site after `ms` milliseconds of constant load and PV under a setpoint (W, + = discharge; 0 = idle).
 * Exact: in W ms, import - export = load - pv - discharge + charge.
 */
export function stepSite(
  battery: BatterySpec | undefined,
  state: SiteState,
  flow: Flow,
  setpointW: number,
  ms: number,
): SiteState {
  const step = battery ? stepBattery(battery, state.stored, setpointW, ms) : { stored: 0, powerW: 0, activeMs: 0 };
  const idleW = flow.loadW - flow.pvW;
  const activeW = idleW - step.powerW;
  const idleMs = ms - step.activeMs;
  return {
    loadWms: state.loadWms + flow.loadW * ms,
    pvWms: state.pvWms + flow.pvW * ms,
    importWms: state.importWms + Math.max(0, activeW) * step.activeMs + Math.max(0, idleW) * idleMs,
    exportWms: state.exportWms + Math.max(0, -activeW) * step.activeMs + Math.max(0, -idleW) * idleMs,
    chargeWms: state.chargeWms + Math.max(0, -step.powerW) * step.activeMs,
    dischargeWms: state.dischargeWms + Math.max(0, step.powerW) * step.activeMs,
    stored: step.stored,
  };
}

/** A counter in whole Wh as a meter shows it: complete watt hours only. */
export function counterWh(wms: number): number {
  return Math.floor(wms / WMS_PER_WH);
}

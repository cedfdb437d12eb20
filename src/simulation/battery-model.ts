// Pure model of a battery as it really is: efficiency by power, charging that tapers off near full and discharging near
// empty, standby loss, capacity that fades by use and by age. Without these figures it is exactly the ideal battery of
// virtual-site.ts. Whole watts over whole milliseconds; stored energy and losses in thousandths of a W ms, so that
//   1000 x charged = 1000 x discharged + change of what is stored + lost
// holds to the last unit.
import { type BatterySpec, checkBattery, WMS_PER_WH } from './virtual-site.ts';

/** Efficiency at a power, per mille; between two points it lies on the line, outside it stays. */
export interface EfficiencyPoint {
  readonly powerW: number;
  readonly perMille: number;
}

/** Power that is left near the end of the range, falling with every per mille from all of it down to `leastPerMille`. */
export interface Taper {
  readonly fromPerMille: number;
  readonly leastPerMille: number;
}

export interface BatteryModel extends BatterySpec {
  /** Stored per 1000 taken in; absent = roundTripPerMille at any power. */
  readonly chargeEfficiency?: readonly EfficiencyPoint[];
  /** Given per 1000 taken from the cells; absent = 1000. */
  readonly dischargeEfficiency?: readonly EfficiencyPoint[];
  readonly chargeTaper?: Taper;
  readonly dischargeTaper?: Taper;
  /** What the battery uses itself, W, always, as long as there is any. */
  readonly standbyW?: number;
  /** Capacity lost per full cycle and per year, millionths of the new one's. */
  readonly fadePerCycle?: number;
  readonly fadePerYear?: number;
}

/** Plain JSON, all whole numbers. */
export interface ModelState {
  /** Thousandths of a W ms. */
  readonly stored: number;
  readonly chargedWms: number;
  readonly dischargedWms: number;
  /** Conversion, standby and what a shrinking capacity no longer holds: whole W ms, and thousandths of one. */
  readonly lostWms: number;
  readonly lostRest: number;
  readonly ageMs: number;
}

/** A part of a step in which the power at the terminals is constant, W, + = discharge. */
export interface Segment {
  readonly powerW: number;
  readonly ms: number;
}

/** Whether a battery has any figure that an ideal one has not. */
export function isModelled(battery: BatterySpec): boolean {
  const { chargeEfficiency, dischargeEfficiency, chargeTaper, dischargeTaper, ...rest }: BatteryModel = battery;
  const { standbyW, fadePerCycle, fadePerYear } = rest;
  const figures = [
    chargeEfficiency,
    dischargeEfficiency,
    chargeTaper,
    dischargeTaper,
    standbyW,
    fadePerCycle,
    fadePerYear,
  ];
  return figures.some((figure) => figure !== undefined);
}

const UNITS_PER_WH = WMS_PER_WH * 1000;
const MS_PER_HOUR = 3_600_000;
const HOURS_PER_YEAR = 8766;
const MILLION = 1_000_000;

/** A model's figures, checked. @throws RangeError naming the figure that cannot be */
export function checkModel(model: BatteryModel): BatteryModel {
  checkBattery(model);
  const { standbyW = 0, fadePerCycle = 0, fadePerYear = 0 } = model;
  const figures: [string, number, number, number][] = [
    ['standbyW', standbyW, 0, 10_000],
    ['fadePerCycle', fadePerCycle, 0, MILLION],
    ['fadePerYear', fadePerYear, 0, MILLION],
  ];
  for (const [name, taper] of Object.entries({ charge: model.chargeTaper, discharge: model.dischargeTaper })) {
    if (!taper) continue;
    figures.push([`${name} taper`, taper.fromPerMille, 0, 1000], [`least power`, taper.leastPerMille, 1, 1000]);
  }
  for (const point of [...(model.chargeEfficiency ?? []), ...(model.dischargeEfficiency ?? [])]) {
    figures.push(['power of an efficiency', point.powerW, 0, MILLION], ['efficiency', point.perMille, 1, 1000]);
  }
  for (const [name, value, low, high] of figures) {
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new RangeError(`a battery's ${name} must be a whole number from ${low} to ${high}, but is ${value}`);
    }
  }
  return model;
}

/** A new battery at a state of charge. */
export function newBattery(model: BatteryModel, socPerMille = 0): ModelState {
  const stored = checkModel(model).capacityWh * WMS_PER_WH * socPerMille;
  return { stored, chargedWms: 0, dischargedWms: 0, lostWms: 0, lostRest: 0, ageMs: 0 };
}

/** What it holds when full, whole Wh: less with every cycle and every hour. At least 1. */
export function capacityNow(model: BatteryModel, { dischargedWms, ageMs }: ModelState): number {
  const { capacityWh, fadePerCycle = 0, fadePerYear = 0 } = model;
  const cycles = Math.floor(dischargedWms / (capacityWh * WMS_PER_WH));
  const byAge = Math.floor((Math.floor(ageMs / MS_PER_HOUR) * fadePerYear) / HOURS_PER_YEAR);
  const faded = Math.min(MILLION, cycles * fadePerCycle + byAge);
  return Math.max(1, Math.floor((capacityWh * (MILLION - faded)) / MILLION));
}

/** State of charge of what it can hold now, per mille, rounded down. */
export function modelSoc(model: BatteryModel, state: ModelState): number {
  return Math.min(1000, Math.floor(state.stored / (capacityNow(model, state) * WMS_PER_WH)));
}

/** The power it would have at this moment under a setpoint, W, + = discharge. */
export function modelPower(model: BatteryModel, state: ModelState, setpointW: number): number {
  return stepModel(model, state, setpointW, 1).segments[0]?.powerW ?? 0;
}

/** Runs the battery for `ms` milliseconds at a setpoint (W, + = discharge). The segments fill all of the time. */
export function stepModel(
  model: BatteryModel,
  before: ModelState,
  setpointW: number,
  ms: number,
): { readonly state: ModelState; readonly segments: readonly Segment[] } {
  const capacity = capacityNow(model, before) * UNITS_PER_WH;
  const limited = Math.max(-model.maxChargeW, Math.min(model.maxDischargeW, Math.trunc(setpointW)));
  const segments: Segment[] = [];
  let state = spilled(before, capacity);
  let left = Math.max(0, ms);
  let active = limited !== 0;
  while (left > 0) {
    const powerW = active ? tapered(model, limited, state.stored, capacity) : 0;
    const run = runAt(model, state, powerW, capacity, left);
    if (run.ms === 0) {
      // Full or empty: it rests for what is left of the step. A battery at rest can always go on.
      active = false;
      continue;
    }
    state = run.state;
    left -= run.ms;
    push(segments, { powerW, ms: run.ms });
  }
  return { state, segments };
}

function push(segments: Segment[], next: Segment): void {
  const last = segments.at(-1);
  if (last?.powerW === next.powerW) segments[segments.length - 1] = { ...last, ms: last.ms + next.ms };
  else segments.push(next);
}

/** One stretch of constant power and constant rates: to the end of the step, of the range, or of a per mille of taper. */
function runAt(model: BatteryModel, state: ModelState, powerW: number, capacity: number, most: number) {
  const { stored } = state;
  const flow = powerW < 0 ? -powerW * storedPer1000(model, -powerW) : -powerW * takenPer1000(model, powerW);
  const net = flow - (model.standbyW ?? 0) * 1000;
  // An empty battery cannot feed its standby; what charges it does, as far as it goes.
  const change = net < 0 && stored === 0 && powerW <= 0 ? 0 : net;
  const lowest = powerW > 0 ? (capacity / 1000) * (model.minSocPerMille ?? 0) : 0;
  const room = change > 0 ? capacity - stored : stored - lowest;
  const steps = change === 0 ? Number.POSITIVE_INFINITY : Math.floor(Math.max(0, room) / Math.abs(change));
  // Its last bit of content is used up within a millisecond.
  const draining = change < 0 && powerW <= 0;
  let ms = Math.min(most, draining ? Math.max(1, steps) : steps);
  const tapering = powerW < 0 ? model.chargeTaper : powerW > 0 ? model.dischargeTaper : undefined;
  if (tapering && change !== 0 && ms > 0) ms = Math.min(ms, toNextPerMille(stored, capacity, change));
  if (ms <= 0) return { state, ms: 0 };
  const moved = draining ? Math.max(change * ms, -stored) : change * ms;
  const charged = Math.max(0, -powerW) * ms;
  const discharged = Math.max(0, powerW) * ms;
  const lost = 1000 * (charged - discharged) - moved;
  const next = {
    ...lose(state, lost),
    stored: stored + moved,
    chargedWms: state.chargedWms + charged,
    dischargedWms: state.dischargedWms + discharged,
    ageMs: state.ageMs + ms,
  };
  return { state: next, ms };
}

/** The taper looks again after so long at the soonest, ms: where it balances the standby, it would for ever. */
const TAPER_MS = 1000;

/** Milliseconds until the state of charge is another whole per mille. */
function toNextPerMille(stored: number, capacity: number, change: number): number {
  const step = capacity / 1000;
  const within = stored % step;
  return Math.max(TAPER_MS, Math.ceil((change > 0 ? step - within : within + 1) / Math.abs(change)));
}

/** What the taper leaves of a power at this content. */
function tapered(model: BatteryModel, powerW: number, stored: number, capacity: number): number {
  const soc = Math.min(1000, Math.floor(stored / (capacity / 1000)));
  const taper = powerW < 0 ? model.chargeTaper : model.dischargeTaper;
  if (!taper) return powerW;
  const { fromPerMille, leastPerMille } = taper;
  const width = powerW < 0 ? 1000 - fromPerMille : fromPerMille;
  const into = powerW < 0 ? soc - fromPerMille : fromPerMille - soc;
  if (into <= 0 || width <= 0) return powerW;
  const perMille = 1000 - Math.floor(((1000 - leastPerMille) * Math.min(into, width)) / width);
  const mostW = powerW < 0 ? model.maxChargeW : model.maxDischargeW;
  const most = Math.max(1, Math.floor((mostW * perMille) / 1000));
  return powerW < 0 ? Math.max(powerW, -most) : Math.min(powerW, most);
}

/** Thousandths stored of each unit taken in. */
function storedPer1000({ chargeEfficiency, roundTripPerMille }: BatteryModel, powerW: number): number {
  return chargeEfficiency ? efficiencyAt(chargeEfficiency, powerW) : roundTripPerMille;
}

/** Thousandths taken from the cells for each unit given. */
function takenPer1000({ dischargeEfficiency }: BatteryModel, powerW: number): number {
  return dischargeEfficiency ? Math.ceil(MILLION / efficiencyAt(dischargeEfficiency, powerW)) : 1000;
}

function efficiencyAt(points: readonly EfficiencyPoint[], powerW: number): number {
  const sorted = [...points].sort((a, b) => a.powerW - b.powerW);
  const above = sorted.find((point) => point.powerW >= powerW);
  const below = sorted.findLast((point) => point.powerW <= powerW);
  if (!above || !below || above.powerW === below.powerW) return (above ?? below)?.perMille ?? 1000;
  const along = (above.perMille - below.perMille) * (powerW - below.powerW);
  return below.perMille + Math.floor(along / (above.powerW - below.powerW));
}

/** What a capacity that has shrunk no longer holds is lost. */
function spilled(state: ModelState, capacity: number): ModelState {
  const over = state.stored - capacity;
  return over > 0 ? { ...lose(state, over), stored: capacity } : state;
}

/** @param units thousandths of a W ms */
function lose(state: ModelState, units: number): ModelState {
  const sum = state.lostRest + units;
  const whole = Math.floor(sum / 1000);
  return { ...state, lostWms: state.lostWms + whole, lostRest: sum - whole * 1000 };
}

// Limits of the battery itself: its power, what it tells it can take or give at this moment, its temperature, the ramp.
// All of them leave 0 W allowed, so a battery at rest is always inside.
import type { BatterySettings } from './settings.ts';
import { atLeast, atMost, type Bound } from './solve.ts';
import type { Closed } from './state.ts';
import { type Context, isNumber } from './trust.ts';

/** A direction that was closed by the temperature opens again this far inside, degrees. */
const TEMPERATURE_HYSTERESIS = 2;

export function power({ settings: { maxChargeW, maxDischargeW } }: Context): Bound[] {
  return [
    atMost(maxDischargeW, 'max-discharge', `The battery may give at most ${maxDischargeW} W.`, { maxDischargeW }),
    atLeast(-maxChargeW, 'max-charge', `The battery may take at most ${maxChargeW} W.`, { maxChargeW }),
  ];
}

/** What the battery's own management allows now. */
export function deviceLimits({ seen: { deviceChargeW, deviceDischargeW } }: Context): Bound[] {
  const bounds: Bound[] = [];
  if (isNumber(deviceDischargeW)) {
    const watts = Math.max(0, Math.floor(deviceDischargeW));
    const text = `The battery says that it can give only ${watts} W now.`;
    bounds.push(atMost(watts, 'device-discharge', text, { deviceDischargeW: watts }));
  }
  if (isNumber(deviceChargeW)) {
    const watts = Math.max(0, Math.floor(deviceChargeW));
    const text = `The battery says that it can take only ${watts} W now.`;
    bounds.push(atLeast(-watts, 'device-charge', text, { deviceChargeW: watts }));
  }
  return bounds;
}

/** The memory of the temperature limits; a battery that does not tell its temperature is not limited by it. */
export function followTemperature(
  settings: BatterySettings,
  closed: Closed,
  celsius: number | null | undefined,
): Closed {
  if (!isNumber(celsius)) {
    return { ...closed, chargeCold: false, chargeHot: false, dischargeCold: false, dischargeHot: false };
  }
  const { minChargeC, maxChargeC, minDischargeC, maxDischargeC } = settings;
  const cold = (limit: number | undefined, was: boolean) =>
    limit !== undefined && (celsius < limit || (was && celsius < limit + TEMPERATURE_HYSTERESIS));
  const hot = (limit: number | undefined, was: boolean) =>
    limit !== undefined && (celsius > limit || (was && celsius > limit - TEMPERATURE_HYSTERESIS));
  return {
    ...closed,
    chargeCold: cold(minChargeC, closed.chargeCold),
    chargeHot: hot(maxChargeC, closed.chargeHot),
    dischargeCold: cold(minDischargeC, closed.dischargeCold),
    dischargeHot: hot(maxDischargeC, closed.dischargeHot),
  };
}

/** `state` has already followed the temperature. */
export function temperature({ settings, state: { closed }, seen }: Context): Bound[] {
  const temperatureC = Math.round((seen.temperatureC ?? 0) * 10) / 10 + 0;
  const { minChargeC = 0, maxChargeC = 0, minDischargeC = 0, maxDischargeC = 0 } = settings;
  const says = (what: string, how: 'cold' | 'hot', limit: number) => {
    const inside = how === 'cold' ? temperatureC >= limit : temperatureC <= limit;
    const again = limit + (how === 'cold' ? TEMPERATURE_HYSTERESIS : -TEMPERATURE_HYSTERESIS);
    return inside
      ? `The battery was too ${how} to ${what}, and does it again at ${again} °C; now it has ${temperatureC} °C.`
      : `At ${temperatureC} °C the battery is too ${how} to ${what}; its limit is ${limit} °C.`;
  };
  const bounds: Bound[] = [];
  if (closed.dischargeCold) {
    const text = says('discharge', 'cold', minDischargeC);
    bounds.push(atMost(0, 'too-cold-to-discharge', text, { temperatureC, minDischargeC }));
  }
  if (closed.dischargeHot) {
    const text = says('discharge', 'hot', maxDischargeC);
    bounds.push(atMost(0, 'too-hot-to-discharge', text, { temperatureC, maxDischargeC }));
  }
  if (closed.chargeCold) {
    bounds.push(atLeast(0, 'too-cold-to-charge', says('charge', 'cold', minChargeC), { temperatureC, minChargeC }));
  }
  if (closed.chargeHot) {
    bounds.push(atLeast(0, 'too-hot-to-charge', says('charge', 'hot', maxChargeC), { temperatureC, maxChargeC }));
  }
  return bounds;
}

/** Away from zero only so many watts per second; counted from what the battery does when nothing was commanded yet. */
export function ramp({ settings: { rampWPerSecond }, state, seen, now }: Context): Bound[] {
  if (rampWPerSecond === undefined) return [];
  const resting = state.mode === 'safe' || state.mode === 'alarm';
  const commanded = !resting && state.decidedAt !== null && state.decidedAt <= now;
  const from = commanded ? state.setpointW : Math.trunc(seen.batteryW);
  const seconds = commanded ? (now - (state.decidedAt ?? now)) / 1000 : 1;
  const step = Math.floor(rampWPerSecond * seconds);
  const text = `The battery may change its power by at most ${rampWPerSecond} W per second.`;
  const numbers = { rampWPerSecond, fromW: from };
  return [
    atMost(Math.max(0, from) + step, 'ramp', text, numbers),
    atLeast(Math.min(0, from) - step, 'ramp', text, numbers),
  ];
}

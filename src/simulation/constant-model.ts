// What a single virtual device plays when nobody says otherwise: a household that draws, a roof that gives, a battery that
// does what it is told, each at constant power, so that anyone can check its counters by head. Pure.
import type { DeviceDescription } from '../devices/description.ts';
import type { DeviceState } from './device-image.ts';
import { type BatterySpec, counterWh, socPerMille, stepBattery, storedAt } from './virtual-site.ts';
import type { Model } from './virtual-unit.ts';

const VOLTAGE = 230;
/** SunSpec counters never show 0: these devices ran before. */
const EARLIER_WH = 1_000_000;
const POWER_W = { meter: 750, inverter: 3000, battery: 0 };
const BATTERY: BatterySpec = { capacityWh: 10_000, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };

/** @param start Unix ms */
export function constantModel({ kind, reading }: DeviceDescription, start: number): Model {
  let at = start;
  let powerW = POWER_W[kind];
  let stored = storedAt(BATTERY, 500);
  let [takenWms, givenWms] = [0, 0];
  const phases = Math.max(1, reading.phases?.length ?? 1);

  return {
    ratedW: 5000,
    advance(now, setpointW) {
      const ms = Math.max(0, Math.floor(now) - at);
      at += ms;
      let activeMs = ms;
      if (kind === 'battery') {
        const step = stepBattery(BATTERY, stored, setpointW ?? 0, ms);
        ({ stored, activeMs } = step);
        const next = stepBattery(BATTERY, stored, setpointW ?? 0, 1);
        if (activeMs > 0) count(step.powerW, activeMs);
        powerW = next.powerW;
      } else {
        count(powerW, activeMs);
      }
    },
    state: (): DeviceState => ({
      powerW,
      importWh: EARLIER_WH + counterWh(takenWms),
      exportWh: EARLIER_WH + counterWh(givenWms),
      frequencyHz: 50,
      phases: Array.from({ length: phases }, () => ({
        voltageV: VOLTAGE,
        currentA: Math.abs(powerW) / phases / VOLTAGE,
        powerW: powerW / phases,
      })),
      temperatureC: 25,
      ...(kind === 'battery'
        ? {
            socPerMille: socPerMille(BATTERY, stored),
            capacityWh: BATTERY.capacityWh,
            maxChargeW: BATTERY.maxChargeW,
            maxDischargeW: BATTERY.maxDischargeW,
          }
        : {}),
    }),
  };

  /** A meter takes with +, what generates or discharges gives with +. */
  function count(watts: number, ms: number): void {
    const taken = kind === 'meter' ? watts : -watts;
    takenWms += Math.max(0, taken) * ms;
    givenWms += Math.max(0, -taken) * ms;
  }
}

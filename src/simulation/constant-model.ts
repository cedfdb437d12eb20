// What a single virtual device plays when nobody says otherwise: a household that draws, a roof that gives, a battery that
// does what it is told, each at constant power, so that anyone can check its counters by head. Pure.
import type { DeviceDescription } from '../devices/description.ts';
import { type BatteryModel, capacityNow, modelPower, modelSoc, newBattery, stepModel } from './battery-model.ts';
import type { DeviceState } from './device-image.ts';
import { counterWh } from './virtual-site.ts';
import type { Model } from './virtual-unit.ts';

const VOLTAGE = 230;
/** SunSpec counters never show 0: these devices ran before. */
const EARLIER_WH = 1_000_000;
const POWER_W = { meter: 750, inverter: 3000, battery: 0 };
export const IDEAL_BATTERY: BatteryModel = {
  capacityWh: 10_000,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  roundTripPerMille: 900,
};

/** @param start Unix ms @param battery what a battery is, with its losses where it has some */
export function constantModel(
  { kind, reading }: DeviceDescription,
  start: number,
  battery: BatteryModel = IDEAL_BATTERY,
): Model {
  let at = start;
  let powerW = POWER_W[kind];
  let cells = newBattery(battery, 500);
  let [takenWms, givenWms] = [0, 0];
  const phases = Math.max(1, reading.phases?.length ?? 1);

  return {
    ratedW: 5000,
    advance(now, setpointW) {
      const ms = Math.max(0, Math.floor(now) - at);
      at += ms;
      if (kind !== 'battery') {
        count(powerW, ms);
        return;
      }
      const { state, segments } = stepModel(battery, cells, setpointW ?? 0, ms);
      for (const segment of segments) count(segment.powerW, segment.ms);
      cells = state;
      powerW = modelPower(battery, cells, setpointW ?? 0);
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
            socPerMille: modelSoc(battery, cells),
            capacityWh: capacityNow(battery, cells),
            maxChargeW: battery.maxChargeW,
            maxDischargeW: battery.maxDischargeW,
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

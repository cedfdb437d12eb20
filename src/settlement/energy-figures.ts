// The figures of a member and of a street that market.md defines, stated once for simulation, overview and statements:
// load, own import with and without the battery, the boundary of the street, self-sufficiency and self-consumption.
// All per interval, netted within it; so trading changes none of them: it moves money.
import { meanHalfUp } from '../market/need-history.ts';

/** What a member's devices say about one interval, in Wh, each 0 or more. */
export interface MemberEnergy {
  readonly importWh: number;
  readonly exportWh: number;
  readonly pvWh: number;
  readonly chargeWh: number;
  readonly dischargeWh: number;
}

/** One member in one interval, complete. Wh. */
export interface Figures {
  readonly netWh: number;
  readonly loadWh: number;
  readonly pvWh: number;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  /** What the meter would have shown without the battery: load - PV. */
  readonly netWithoutBatteryWh: number;
}

/** load = import - export + PV + discharge - charge. */
export function figuresOf({ importWh, exportWh, pvWh, chargeWh, dischargeWh }: MemberEnergy): Figures {
  const netWh = importWh - exportWh;
  const loadWh = netWh + pvWh + dischargeWh - chargeWh;
  return { netWh, loadWh, pvWh, chargeWh, dischargeWh, netWithoutBatteryWh: loadWh - pvWh };
}

/** Part of a number above zero. */
export function above(value: number): number {
  return Math.max(value, 0);
}

/** What the street drew through its boundary (+) or delivered (-), with batteries and without. Wh. */
export function boundaryOf(members: Iterable<Pick<Figures, 'netWh' | 'netWithoutBatteryWh'>>): {
  netWh: number;
  netWithoutBatteryWh: number;
} {
  let netWh = 0;
  let netWithoutBatteryWh = 0;
  for (const figures of members) {
    netWh += figures.netWh;
    netWithoutBatteryWh += figures.netWithoutBatteryWh;
  }
  return { netWh, netWithoutBatteryWh };
}

/**
 * 1 - part / whole in per mille, rounded half up: self-sufficiency of (import, load), self-consumption of (export, PV). Null where
 * there is no whole; negative where part exceeds whole.
 */
export function shareLeft(part: number, whole: number): number | null {
  return whole === 0 ? null : meanHalfUp(1000 * (whole - part), whole);
}

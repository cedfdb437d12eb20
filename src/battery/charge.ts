// Whether the state of charge that a battery shows can be: what flows must show in it. One that stands still is first
// taken for what it should be by now, so that the window is kept; where it stands still for far longer than its steps and
// all losses explain, nobody knows the charge, and the battery is left to its own safe mode until it moves again.
import type { Reason } from '../units.ts';
import type { BatterySettings } from './settings.ts';

/** What flowed since the state of charge last changed. Plain JSON. */
export interface Charge {
  readonly socPerMille: number | null;
  /** The last look. */
  readonly at: number | null;
  readonly watts: number;
  /** Given, less what was taken, Wh; and in how many ms. */
  readonly givenWh: number;
  readonly ms: number;
  readonly frozen: boolean;
}

export const initialCharge: Charge = { socPerMille: null, at: null, watts: 0, givenWh: 0, ms: 0, frozen: false };

/** So much may be what the battery itself needs, or an error of its meter, W. */
const IDLE_W = 50;
/** A power is not carried further than this without another look, ms. */
const LONGEST_GAP_MS = 300_000;
/** Many batteries show their charge in whole per cent. */
const STEP = 10;
/** So far from what it shows, per mille, a battery cannot be; nearly full and nearly empty many are very patient. */
const FROZEN = 80;
const FROZEN_AT_AN_END = 200;
const END = 50;

/** The memory after a look at the battery. */
export function followCharge(
  settings: BatterySettings,
  charge: Charge,
  look: { readonly batteryW: number; readonly socPerMille: number; readonly batteryAt: number },
): Charge {
  const { batteryW: watts, socPerMille, batteryAt } = look;
  // An older look that comes late is no time that has passed once more; a clock that was set back begins anew.
  const before = charge.at ?? batteryAt;
  const late = batteryAt < before && before - batteryAt <= LONGEST_GAP_MS;
  const now = { socPerMille, at: late ? before : batteryAt, watts };
  if (socPerMille !== charge.socPerMille) return { ...now, givenWh: 0, ms: 0, frozen: false };
  const passed = Math.max(0, Math.min(LONGEST_GAP_MS, batteryAt - before));
  const givenWh = charge.givenWh + (charge.watts * passed) / 3_600_000;
  const ms = charge.ms + passed;
  const atAnEnd = givenWh < 0 ? socPerMille >= 1000 - END : socPerMille <= END;
  const most = ((atAnEnd ? FROZEN_AT_AN_END : FROZEN) * settings.capacityWh) / 1000;
  const frozen = Math.abs(givenWh) - (IDLE_W * ms) / 3_600_000 > most;
  return { ...now, givenWh, ms, frozen: charge.frozen || frozen };
}

/** Energy beyond a step that must have been given (+) or taken (-) since the state of charge last changed, Wh. */
export function unshownWh({ capacityWh }: BatterySettings, { givenWh }: Charge): number {
  return Math.sign(givenWh) * Math.max(0, Math.abs(givenWh) - (STEP * capacityWh) / 1000);
}

export function percent(perMille: number): string {
  return `${perMille / 10} %`;
}

export function frozenReason({ givenWh, socPerMille }: Charge): Reason {
  const wh = Math.round(Math.abs(givenWh));
  const shown = percent(socPerMille ?? 0);
  const what = givenWh > 0 ? `given ${wh} Wh` : `taken ${wh} Wh`;
  const text = `The battery has ${what} and still shows ${shown}: its charge is not known, so it keeps to its own safe mode.`;
  return { code: 'soc-frozen', text, numbers: { socPerMille: socPerMille ?? 0, movedWh: wh } };
}

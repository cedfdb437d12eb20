// The storage control of a virtual battery as SunSpec model 124 describes it: two limits in hundredths of a per cent of
// WChaMax, a mode that says which of them count, and a timer after which all of it is dropped. Pure. The battery's own
// safe mode, and what it does whenever nothing forces it, is to rest at 0 W.
import type { BatterySpec } from './virtual-site.ts';

/** Full scale of a limit: 100.00 %. */
export const FULL_PERCENT = 10_000;

/** Registers a client may write, as they stand there; plain JSON. */
export interface StorageControl {
  /** StorCtl_Mod: bit 0 = the charging limit counts, bit 1 = the discharging limit counts. */
  readonly mode: number;
  /** OutWRte and InWRte, hundredths of a per cent; negative = forced into the opposite direction. */
  readonly outRate: number;
  readonly inRate: number;
  readonly windowSeconds: number;
  /** InOutWRte_RvrtTms; 0 = the limits stay until someone changes them. */
  readonly revertSeconds: number;
  readonly rampSeconds: number;
  /** ChaGriSet: 1 = may charge from the grid. */
  readonly gridCharging: number;
  /** MinRsvPct, hundredths of a per cent. */
  readonly reserve: number;
  /** When the timer runs out, Unix ms on the site's clock; null while it does not run. */
  readonly revertAt: number | null;
}

/** What a battery's registers hold when it was switched on. */
export function initialStorage(battery: BatterySpec): StorageControl {
  return {
    mode: 0,
    outRate: FULL_PERCENT,
    inRate: FULL_PERCENT,
    windowSeconds: 0,
    revertSeconds: 0,
    rampSeconds: 0,
    gridCharging: 1,
    reserve: (battery.minSocPerMille ?? 0) * 10,
    revertAt: null,
  };
}

/** WChaMax: the watts of 100 %, for both directions. */
export function fullScaleW(battery: BatterySpec): number {
  return Math.max(battery.maxChargeW, battery.maxDischargeW);
}

/** The power the limits leave to a battery that would rather rest, W, + = discharge. Contradicting limits: rest. */
export function commandedW(battery: BatterySpec, storage: StorageControl): number {
  const watts = (rate: number) => Math.round((rate * fullScaleW(battery)) / FULL_PERCENT);
  const most = storage.mode & 2 ? watts(storage.outRate) : battery.maxDischargeW;
  const least = storage.mode & 1 ? -watts(storage.inRate) : -battery.maxChargeW;
  return least > most ? 0 : Math.max(least, Math.min(most, 0)) + 0;
}

/** The battery with the reserve a client has set. */
export function withReserve<Battery extends BatterySpec>(battery: Battery, storage: StorageControl): Battery {
  return { ...battery, minSocPerMille: Math.floor(storage.reserve / 10) };
}

type Writable = Exclude<keyof StorageControl, 'revertAt'>;

const points: Readonly<Record<string, { field: Writable; low: number; high: number }>> = {
  StorCtl_Mod: { field: 'mode', low: 0, high: 3 },
  OutWRte: { field: 'outRate', low: -FULL_PERCENT, high: FULL_PERCENT },
  InWRte: { field: 'inRate', low: -FULL_PERCENT, high: FULL_PERCENT },
  InOutWRte_WinTms: { field: 'windowSeconds', low: 0, high: 65_534 },
  InOutWRte_RvrtTms: { field: 'revertSeconds', low: 0, high: 65_534 },
  InOutWRte_RmpTms: { field: 'rampSeconds', low: 0, high: 65_534 },
  ChaGriSet: { field: 'gridCharging', low: 0, high: 1 },
  MinRsvPct: { field: 'reserve', low: 0, high: FULL_PERCENT },
};

/**
 * Takes one write transaction, whole or not at all: points by name with their raw values. Any write to the limits, the
 * mode or the timer starts the timer anew. @returns null when a point cannot be written or a value does not fit
 */
export function writeStorage(
  storage: StorageControl,
  written: ReadonlyMap<string, number>,
  now: number,
): StorageControl | null {
  const fields: Partial<Record<Writable, number>> = {};
  for (const [name, value] of written) {
    const point = Object.hasOwn(points, name) ? points[name] : undefined;
    if (!point || value < point.low || value > point.high) return null;
    fields[point.field] = value;
  }
  const next = { ...storage, ...fields };
  const running = next.revertSeconds > 0 && next.mode !== 0;
  return { ...next, revertAt: running ? now + next.revertSeconds * 1000 : null };
}

/** The control once its timer has run out. */
export function revert(storage: StorageControl): StorageControl {
  return { ...storage, mode: 0, outRate: FULL_PERCENT, inRate: FULL_PERCENT, revertAt: null };
}

// Who has a say in the setpoint, in order of priority. Limits come first, the hardest on top; below them the wishes: the
// first source that wants something decides, and all limits hold for it. Shown to people in the help of the node.
import { connection } from './connection.ts';
import { deviceLimits, power, ramp, temperature } from './limits.ts';
import { exportLimit } from './modes/export-limit.ts';
import { hold } from './modes/hold.ts';
import { manual } from './modes/manual.ts';
import { peakShaving, readyForPeaks } from './modes/peak-shaving.ts';
import { planned } from './modes/plan.ts';
import { marketPosition } from './modes/position.ts';
import { fillReserve, reserve } from './modes/reserve.ts';
import { selfConsumption } from './modes/self-consumption.ts';
import type { Bound, Wish } from './solve.ts';
import type { Context } from './trust.ts';
import { stateOfCharge } from './window.ts';

/** `own`: of this battery alone; `house`: of all that is behind the meter, other batteries included. */
export const limits: readonly { readonly of: 'own' | 'house'; readonly bounds: (context: Context) => Bound[] }[] = [
  { of: 'own', bounds: stateOfCharge },
  { of: 'own', bounds: power },
  { of: 'own', bounds: deviceLimits },
  { of: 'own', bounds: temperature },
  { of: 'own', bounds: ramp },
  { of: 'house', bounds: connection },
  { of: 'house', bounds: exportLimit },
  { of: 'own', bounds: reserve },
  { of: 'house', bounds: peakShaving },
];

/** What is wanted, within which limits of its own. `fixed`: by this battery, whatever the grid meter shows. */
export interface Wanted {
  readonly wish: Wish;
  readonly bounds: readonly Bound[];
  readonly fixed: boolean;
}

export function wanted(context: Context): Wanted {
  const own = fillReserve(context) ?? manual(context);
  if (own) return { wish: own, bounds: [], fixed: true };
  const position = marketPosition(context);
  if (position) return { wish: position, bounds: [], fixed: false };
  switch (context.settings.otherwise ?? 'self-consumption') {
    case 'plan':
      return planned(context);
    case 'peak-shaving':
      return { wish: readyForPeaks(context), bounds: [], fixed: false };
    case 'hold':
      return { wish: hold(context), bounds: [], fixed: false };
    case 'self-consumption':
      return { wish: selfConsumption(context), bounds: [], fixed: false };
  }
}

/** All limits, hardest first; or only those of the battery, or of the house. */
export function boundsOf(context: Context, of?: 'own' | 'house'): Bound[] {
  return limits.flatMap((limit) => (of === undefined || limit.of === of ? limit.bounds(context) : []));
}

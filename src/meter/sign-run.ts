// Whether the sign of a power agrees with the counters: over a run of readings with power in one direction, the counter of
// that direction has to rise. Where the other one does, one of them has its sign reversed; a battery that followed such a
// power would make things worse and worse.
import type { Reason } from '../units.ts';
import type { ShownCounters } from './counts.ts';
import { TOLERANCE_WH } from './plausible.ts';

/** A power with its time, W, + = taken. */
export interface Taken {
  readonly at: number;
  readonly takenW: number;
}

/** A run of one direction, for meters that count both. Plain JSON. */
export interface SignRun {
  readonly direction: 1 | -1;
  readonly importWh: number;
  readonly exportWh: number;
  /** At least so much has flowed by the power shown, W ms. */
  readonly leastWms: number;
  /** What the counters gained when a run last was long enough to tell, where they contradicted the power, Wh. */
  readonly contradicts: { readonly takenWh: number; readonly givenWh: number } | null;
}

/** So much must have flowed before anything is said, Wh, and so many steps of the counters. */
const ENOUGH_WH = 50;
const ENOUGH_STEPS = 3;
/** A power is not carried further than this, ms. */
const LONGEST_STEP_MS = 300_000;
const WMS_PER_WH = 3_600_000;

/**
 * @param last the power before, @param now the one that comes with these counters; null where there is none
 * @param stepWh the resolution of the counters
 */
export function followSign(
  run: SignRun | null,
  last: Taken | null,
  now: Taken | null,
  { at, importWh, exportWh }: ShownCounters,
  stepWh: number,
): SignRun | null {
  if (importWh === null || exportWh === null) return run;
  const contradicts = run?.contradicts ?? null;
  const begin = (direction: 1 | -1): SignRun => {
    return { direction, importWh, exportWh, leastWms: 0, contradicts };
  };
  if (!now || now.takenW === 0) return run && begin(run.direction);
  const direction = now.takenW > 0 ? 1 : -1;
  if (!run || run.direction !== direction || !last || last.takenW * direction <= 0) return begin(direction);
  const ms = Math.min(LONGEST_STEP_MS, Math.max(0, at - last.at));
  const leastWms = run.leastWms + Math.floor(Math.min(Math.abs(now.takenW), Math.abs(last.takenW))) * ms;
  const leastWh = leastWms / WMS_PER_WH;
  if (leastWh < Math.max(ENOUGH_WH, ENOUGH_STEPS * stepWh)) return { ...run, leastWms };
  const [takenWh, givenWh] = [importWh - run.importWh, exportWh - run.exportWh];
  const [forwards, backwards] = direction > 0 ? [takenWh, givenWh] : [givenWh, takenWh];
  if (forwards >= leastWh / 2) return { ...begin(direction), contradicts: null };
  const reversed = forwards <= TOLERANCE_WH && backwards >= leastWh / 2;
  return { ...begin(direction), contradicts: reversed ? { takenWh, givenWh } : contradicts };
}

/** Why the power is not believed; null as long as it agrees with the counters, or nothing can be said. */
export function signContradiction(run: SignRun | null): Reason | null {
  if (!run?.contradicts) return null;
  const { takenWh, givenWh } = run.contradicts;
  const [shown, counted] = givenWh > takenWh ? ['import', 'export'] : ['export', 'import'];
  return {
    code: 'sign-against-counters',
    text: `The power says ${shown}, but it is the ${counted} counter that rises; one of them has its sign reversed.`,
    numbers: { takenWh, givenWh },
  };
}

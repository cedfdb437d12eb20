// Limits at the grid connection, in all and on each phase: the battery keeps them as far as it can.
import type { Phase } from './settings.ts';
import { atLeast, atMost, type Bound } from './solve.ts';
import type { Context } from './trust.ts';

interface GridLimit {
  readonly watts: number;
  readonly code: string;
  readonly text: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** A limit on what is drawn: the battery gives what is above it. */
export function drawsAtMost({ seen }: Context, { watts, code, text, numbers }: GridLimit): Bound {
  const withoutW = seen.gridW + seen.batteryW;
  const figures = { ...numbers, gridWithoutBatteryW: Math.round(withoutW) };
  return atLeast(Math.ceil(withoutW - watts), code, text, figures);
}

/** A limit on what is fed in: the battery takes what is above it. */
export function feedsAtMost({ seen }: Context, { watts, code, text, numbers }: GridLimit): Bound {
  const withoutW = seen.gridW + seen.batteryW;
  const figures = { ...numbers, gridWithoutBatteryW: Math.round(withoutW) };
  return atMost(Math.floor(withoutW + watts), code, text, figures);
}

/**
 * The same for the phases that the battery is on; the text follows their names. A battery on all of them has a third of
 * its power on each.
 */
export function phaseDrawsAtMost(context: Context, limit: GridLimit): Bound[] {
  return onPhases(context).map(({ phase, withoutW, parts }) => {
    const numbers = { ...limit.numbers, phase, phaseWithoutBatteryW: Math.round(withoutW) };
    return atLeast(Math.ceil((withoutW - limit.watts) * parts), limit.code, `L${phase} ${limit.text}`, numbers);
  });
}

export function phaseFeedsAtMost(context: Context, limit: GridLimit): Bound[] {
  return onPhases(context).map(({ phase, withoutW, parts }) => {
    const numbers = { ...limit.numbers, phase, phaseWithoutBatteryW: Math.round(withoutW) };
    return atMost(Math.floor((withoutW + limit.watts) * parts), limit.code, `L${phase} ${limit.text}`, numbers);
  });
}

function onPhases({ settings: { phase = 'all' }, seen: { phasesW, batteryW } }: Context) {
  const all = (phasesW ?? []).map((watts, index) => ({ phase: index + 1, watts }));
  const own = all.filter((each) => phase === 'all' || each.phase === phase);
  return own.map(({ phase: number, watts }) => {
    const part = partOn(phase, number);
    return { phase: number, withoutW: watts + batteryW * part, parts: Math.round(1 / part) };
  });
}

/** How much of a battery's power is on a phase (1 to 3). */
export function partOn(phase: Phase, number: number): number {
  return phase === 'all' ? 1 / 3 : phase === number ? 1 : 0;
}

/** What the connection carries: the fuse, in both directions. */
export function connection(context: Context): Bound[] {
  const { connectionW, phaseW } = context.settings;
  const bounds: Bound[] = [];
  if (phaseW !== undefined) {
    const carries = `of the connection carries at most ${phaseW} W.`;
    const limit = { watts: phaseW, text: carries, numbers: { phaseW } };
    bounds.push(...phaseDrawsAtMost(context, { ...limit, code: 'phase-import' }));
    bounds.push(...phaseFeedsAtMost(context, { ...limit, code: 'phase-export' }));
  }
  if (connectionW !== undefined) {
    const limit = { watts: connectionW, numbers: { connectionW } };
    const draws = `The connection may draw at most ${connectionW} W from the grid.`;
    const feeds = `The connection may feed at most ${connectionW} W into the grid.`;
    bounds.push(drawsAtMost(context, { ...limit, code: 'connection-import', text: draws }));
    bounds.push(feedsAtMost(context, { ...limit, code: 'connection-export', text: feeds }));
  }
  return bounds;
}

// Turns limits and one wish into one setpoint. Sources set limits rather than commands, so that they combine; earlier
// limits are harder: a later one is kept only as far as the earlier ones leave room. W, + = discharge.
import type { Reason } from '../units.ts';

/** A limit on one side. `reason.numbers` holds the limit under the name of its setting. */
export interface Bound {
  readonly side: 'atLeast' | 'atMost';
  readonly watts: number;
  readonly reason: Reason;
}

/** What a mode would do if nothing stood in its way; infinite: as much as the limits leave. */
export interface Wish {
  readonly watts: number;
  readonly reason: Reason;
}

export interface Solution {
  readonly watts: number;
  /** Of the limit that won, or of the wish itself. */
  readonly reason: Reason;
  readonly limited: boolean;
  /** All that the limits allow. */
  readonly lowW: number;
  readonly highW: number;
}

interface Edge {
  watts: number;
  by: Bound[];
}

export function atMost(watts: number, code: string, text: string, numbers: Reason['numbers'] = {}): Bound {
  return { side: 'atMost', watts: watts + 0, reason: { code, text, numbers } };
}

export function atLeast(watts: number, code: string, text: string, numbers: Reason['numbers'] = {}): Bound {
  return { side: 'atLeast', watts: watts + 0, reason: { code, text, numbers } };
}

/** The setpoint nearest to the wish within the limits, and the reason of what decided it. */
export function solve(bounds: readonly Bound[], wish: Wish): Solution {
  const low: Edge = { watts: Number.NEGATIVE_INFINITY, by: [] };
  const high: Edge = { watts: Number.POSITIVE_INFINITY, by: [] };
  /** What kept the hardest of the limits that could not be kept from being kept; from there on there is one setpoint left. */
  let conflict: { readonly in: Edge; readonly yields: Bound } | null = null;
  for (const bound of bounds) {
    const [edge, other] = bound.side === 'atLeast' ? [low, high] : [high, low];
    const passes = bound.side === 'atLeast' ? bound.watts > high.watts : bound.watts < low.watts;
    if (passes) conflict ??= { in: { watts: other.watts, by: [...other.by] }, yields: bound };
    tighten(edge, other, bound, passes);
  }
  const edges = { lowW: low.watts, highW: high.watts };
  if (wish.watts > high.watts) return { ...limited(high, wish), ...edges };
  if (wish.watts < low.watts) return { ...limited(low, wish), ...edges };
  if (conflict) return { ...limited(conflict.in, wish, conflict.yields.reason.code), ...edges };
  return { watts: wish.watts, reason: wish.reason, limited: false, ...edges };
}

/** Moves one edge inwards by a bound; where it would pass the other edge it stops there, and both sides decide. */
function tighten(edge: Edge, other: Edge, bound: Bound, passes: boolean): void {
  const inwards = bound.side === 'atLeast' ? bound.watts - edge.watts : edge.watts - bound.watts;
  if (passes) {
    const kept = edge.watts === other.watts ? edge.by : [];
    edge.watts = other.watts;
    edge.by = [...new Set([...kept, bound, ...other.by])];
  } else if (inwards > 0) {
    edge.watts = bound.watts;
    edge.by = [bound];
  } else if (inwards === 0) {
    edge.by.push(bound);
  }
}

/**
 * Two limits at the same value decide together: then both stand in the reason. What was wished for stands there too, and
 * which softer limit yields.
 */
function limited(edge: Edge, wish: Wish, yields?: string) {
  const [first, ...rest] = edge.by.map((bound) => bound.reason);
  if (!first) throw new Error('a setpoint was limited by nothing');
  const codes = [...rest.map((reason) => reason.code), ...(yields === undefined ? [] : [yields])];
  const also = [...new Set(codes)].filter((code) => code !== first.code).join(' ');
  const wanted = { wish: wish.reason.code, ...(Number.isFinite(wish.watts) ? { wishW: wish.watts } : {}) };
  const numbers = Object.assign({}, ...rest.map((reason) => reason.numbers), first.numbers, wanted);
  const reason: Reason = { ...first, numbers: also === '' ? numbers : { ...numbers, also } };
  return { watts: edge.watts + 0, reason, limited: true };
}

// The moments of a community's day: an interval ends, the next starts, and ahead of each start its gate closes.
// Pure: which events come next after an instant. Nodes and simulations wait for them on their own clock.
import { INTERVAL_MS, intervalAt } from './interval.ts';

export interface IntervalEvent {
  readonly event: 'start' | 'gate' | 'end';
  /** The interval that starts, ends, or whose gate closes. */
  readonly interval: string;
  /** Unix ms. */
  readonly time: number;
}

/**
 * All events of the first moment after `after` at which something happens, in order: end, start, gate.
 * @param leadMs how long before its start the gate of an interval closes
 */
export function nextEvents(after: number, leadMs: number): IntervalEvent[] {
  const boundary = nextMultiple(after);
  const gateStart = nextMultiple(after + leadMs);
  const gate = gateStart - leadMs;
  const events: IntervalEvent[] = [];
  if (boundary <= gate) {
    events.push({ event: 'end', interval: intervalAt(boundary - INTERVAL_MS), time: boundary });
    events.push({ event: 'start', interval: intervalAt(boundary), time: boundary });
  }
  if (gate <= boundary) events.push({ event: 'gate', interval: intervalAt(gateStart), time: gate });
  return events;
}

/** The first interval whose gate is still open at the instant: the one that orders can be placed for. */
export function biddingInterval(now: number, leadMs: number): string {
  return intervalAt(nextMultiple(now + leadMs));
}

/** The first quarter hour strictly after an instant. */
function nextMultiple(ms: number): number {
  return (Math.floor(ms / INTERVAL_MS) + 1) * INTERVAL_MS;
}

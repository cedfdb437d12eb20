// Reserve for an outage: a state of charge that is kept, set by the owner or raised by a message for a while, with the
// hysteresis of the window. Raised with a charging power, the battery fills up to it, from the grid too.
import { percent } from '../charge.ts';
import type { BatterySettings } from '../settings.ts';
import { atMost, type Bound, type Wish } from '../solve.ts';
import type { Closed, ReserveWish, Snapshot } from '../state.ts';
import type { Context } from '../trust.ts';
import { closesBelow, lastsDownTo } from '../window.ts';

/** The reserve in force, per mille; null where none is. */
function inForce(settings: BatterySettings, asked: Snapshot['reserve'], now: number): number | null {
  const own = settings.reservePerMille ?? 0;
  const raised = running(asked, now) ? asked.socPerMille : 0;
  return Math.max(own, raised) || null;
}

const running = (asked: Snapshot['reserve'], now: number): asked is ReserveWish => !!asked && now < asked.until;

/** The memory of the reserve after this state of charge. */
export function followReserve(settings: BatterySettings, closed: Closed, seen: Context['seen'], now: number): Closed {
  const edge = inForce(settings, seen.reserve, now);
  const { hysteresisPerMille } = settings;
  const reserve = edge !== null && closesBelow(seen.socPerMille, edge, hysteresisPerMille, closed.reserve);
  return { ...closed, reserve };
}

/** `state` has already followed the reserve. */
export function reserve(context: Context): Bound[] {
  const { settings, state, seen, now } = context;
  const reservePerMille = inForce(settings, seen.reserve, now);
  if (reservePerMille === null) return [];
  const numbers = { socPerMille: seen.socPerMille, reservePerMille };
  const kept = percent(reservePerMille);
  if (!state.closed.reserve) {
    const watts = lastsDownTo(context, reservePerMille);
    const text = `At ${percent(seen.socPerMille)} the battery gives only ${watts} W: ${kept} are kept for an outage.`;
    return [atMost(watts, 'reserve', text, numbers)];
  }
  if (seen.socPerMille <= reservePerMille) {
    return [atMost(0, 'reserve', `The battery keeps ${kept} for an outage.`, numbers)];
  }
  const { hysteresisPerMille } = settings;
  const text = `The battery came down to its reserve of ${kept} and first charges to ${percent(reservePerMille + hysteresisPerMille)}.`;
  return [atMost(0, 'reserve-hysteresis', text, { ...numbers, hysteresisPerMille })];
}

/** Fills a reserve that was raised, with the power that was asked for. */
export function fillReserve({ seen, now }: Context): Wish | null {
  const asked = seen.reserve;
  if (!running(asked, now) || !asked.chargeW) return null;
  const upToPerMille = asked.socPerMille;
  if (seen.socPerMille >= upToPerMille) return null;
  const text = `The battery charges with ${asked.chargeW} W, until ${percent(upToPerMille)} are kept for an outage.`;
  const numbers = { socPerMille: seen.socPerMille, upToPerMille };
  return { watts: -asked.chargeW, reason: { code: 'reserve-charge', text, numbers } };
}

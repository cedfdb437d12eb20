// What a message may say about time. A message can be left over from an epoch that was reset, or be typed by hand: one
// that lies far ahead of the community's clock would close gates, or end a forecast, for everything before it.

import { INTERVAL_MS, intervalStart } from '../../src/time/interval.ts';
import { biddingInterval } from '../../src/time/schedule.ts';
import type { Community } from '../microgrid-community/community.ts';
import { Refusal } from './define-node.ts';

/** The machine's clock may be set back a little between the moment and the message about it. */
const CLOCK_STEP_MS = 60_000;
/** After a restart a simulated clock continues at the last block, and devices tell again what came after it. */
const AHEAD_MS = 8 * INTERVAL_MS;

/** @throws Refusal when the gate of the interval closes only later */
export function requireGateDue({ clock, rules }: Community, interval: string): void {
  const gate = intervalStart(interval) - rules.gateLeadSeconds * 1000;
  if (gate <= clock.now() + CLOCK_STEP_MS) return;
  const text = `the gate of ${interval} closes at ${iso(gate)}, and it is only ${iso(clock.now())}; clear it then`;
  throw new Refusal('too-early', text);
}

/** @throws Error when the interval lies too far ahead for energy of it to be known */
export function requireNotAhead({ clock }: Community, interval: string, what: string): void {
  if (intervalStart(interval) <= clock.now() + AHEAD_MS) return;
  throw new Error(`the ${what} is of ${interval}, but it is only ${iso(clock.now())}; check where it comes from`);
}

/** @throws Error when the gate of the interval closes only later, so that its auction cannot be over */
export function requireCleared({ clock, rules }: Community, interval: string, what: string): void {
  if (intervalStart(interval) - rules.gateLeadSeconds * 1000 <= clock.now() + AHEAD_MS) return;
  throw new Error(`the ${what} is of ${interval}, but it is only ${iso(clock.now())}; check where it comes from`);
}

/** @throws Error when orders for the interval are not asked for yet */
export function requireBidding({ clock, rules }: Community, interval: string): void {
  const next = intervalStart(biddingInterval(clock.now() + CLOCK_STEP_MS, rules.gateLeadSeconds * 1000));
  if (intervalStart(interval) <= next) return;
  throw new Error(
    `${interval} is not open for orders yet, it is only ${iso(clock.now())}; wire microgrid-interval here`,
  );
}

const iso = (time: number): string => new Date(time).toISOString();

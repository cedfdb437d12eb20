// Market position: the connection should draw what was bought and feed what was sold for the running interval.
// A quarter hour's Wh times four is the constant power in W.
import { nearest } from '../house.ts';
import type { Wish } from '../solve.ts';
import type { Context } from '../trust.ts';
import { wholeW } from './self-consumption.ts';

/** Wishes that the grid meter shows the position (+ = bought, Wh for the interval) as constant power; nothing without one. */
export function marketPosition({ seen, house }: Context): Wish | null {
  const { gridW, batteryW, share, positionWh } = seen;
  if (!positionWh) return null;
  const targetW = positionWh * 4;
  const deal = positionWh > 0 ? `${positionWh} Wh bought` : `${-positionWh} Wh sold`;
  const text = `With ${deal} for this interval, the connection should ${targetW > 0 ? 'draw' : 'feed'} ${Math.abs(targetW)} W.`;
  const numbers = { positionWh, targetW, gridW: Math.round(gridW), batteryW: Math.round(batteryW) };
  const watts = share?.watts ?? wholeW(nearest(house, -targetW));
  return { watts, reason: { code: 'position', text, numbers } };
}

// Market position: the connection should draw what was bought and feed what was sold for the running interval.
// A quarter hour's Wh times four is the constant power in W.
import type { Trusted } from '../envelope.ts';
import type { Wish } from '../solve.ts';

/** Wishes that the grid meter shows the position (+ = bought, Wh for the interval) as constant power. */
export function marketPosition({ gridW, batteryW }: Trusted, positionWh: number): Wish {
  const targetW = positionWh * 4;
  const watts = Math.round(batteryW + gridW - targetW);
  const deal = positionWh > 0 ? `${positionWh} Wh bought` : `${-positionWh} Wh sold`;
  const text = `With ${deal} for this interval, the connection should ${targetW > 0 ? 'draw' : 'feed'} ${Math.abs(targetW)} W.`;
  const numbers = { positionWh, targetW, gridW: Math.round(gridW), batteryW: Math.round(batteryW) };
  return { watts: watts === 0 ? 0 : watts, reason: { code: 'position', text, numbers } };
}

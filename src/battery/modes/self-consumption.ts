// Self-consumption: the connection should neither draw nor feed, or show the target that was set. What the grid carries
// now, the battery takes over; within the deadband it goes on with what it does.
import { nearest } from '../house.ts';
import type { Wish } from '../solve.ts';
import type { Context } from '../trust.ts';

export function selfConsumption({ settings, seen, house }: Context): Wish {
  const { gridW, batteryW, share } = seen;
  const { targetW = 0, deadbandW = 0 } = settings;
  const off = gridW - targetW;
  const numbers = { gridW: Math.round(gridW), batteryW: Math.round(batteryW), ...(targetW === 0 ? {} : { targetW }) };
  if (deadbandW > 0 && Math.abs(off) <= deadbandW && !share) {
    const text = `The grid meter is within ${deadbandW} W of ${targetW} W, so the battery goes on as it is.`;
    return { watts: house.toldW - house.othersW, reason: { code: 'self-consumption', text, numbers: { ...numbers, deadbandW } } };
  }
  const total = share?.totalW ?? wholeW(nearest(house, -targetW));
  const text =
    total > 0
      ? `The house needs ${total} W more than its roof gives`
      : total < 0
        ? `The roof gives ${-total} W more than the house needs`
        : 'The house needs what its roof gives';
  const aim = targetW === 0 ? '' : `, with ${targetW} W wanted at the grid`;
  if (!share) return { watts: total, reason: { code: 'self-consumption', text: `${text}${aim}.`, numbers } };
  const part = `; the part of this battery is ${share.watts} W`;
  return {
    watts: share.watts,
    reason: {
      code: 'self-consumption',
      text: `${text}${aim}${part}.`,
      numbers: { ...numbers, totalW: share.totalW, batteries: share.batteries },
    },
  };
}

/** Whole watts, and never minus zero. */
export function wholeW(watts: number): number {
  return Math.round(watts) + 0;
}

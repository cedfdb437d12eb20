// Self-consumption: the connection should neither draw nor feed, or show the target that was set. What the grid carries
// now, the battery takes over; within the deadband it goes on with what it does.
import { nearest } from '../house.ts';
import type { Wish } from '../solve.ts';
import type { Context } from '../trust.ts';

/** What is told differs by more from what both readings say together. */
const WAITS_W = 50;

export function selfConsumption({ settings, seen, house }: Context): Wish {
  const { gridW, batteryW, share } = seen;
  const { targetW = 0, deadbandW = 0 } = settings;
  const off = gridW - targetW;
  const numbers = { gridW: Math.round(gridW), batteryW: Math.round(batteryW), ...(targetW === 0 ? {} : { targetW }) };
  if (deadbandW > 0 && Math.abs(off) <= deadbandW && !share) {
    const text = `The grid meter is within ${deadbandW} W of ${targetW} W, so the battery goes on as it is.`;
    return {
      watts: house.toldW - house.othersW,
      reason: { code: 'self-consumption', text, numbers: { ...numbers, deadbandW } },
    };
  }
  const total = share?.totalW ?? wholeW(nearest(house, -targetW));
  const text =
    total > 0
      ? `The house needs ${total} W more than its roof gives`
      : total < 0
        ? `The roof gives ${-total} W more than the house needs`
        : 'The house needs what its roof gives';
  // Until they do, what is told already may be right.
  const waits = Math.abs(nearest(house, -targetW) + house.othersW - (house.nowW - targetW)) > WAITS_W;
  const slowly = waits ? '; it is approached slowly, since meter and battery do not show the same moment yet' : '';
  const aim = targetW === 0 ? '' : `, with ${targetW} W wanted at the grid`;
  if (!share) return { watts: total, reason: { code: 'self-consumption', text: `${text}${aim}${slowly}.`, numbers } };
  const part = `; the part of this battery is ${share.watts} W`;
  return {
    watts: share.watts,
    reason: {
      code: 'self-consumption',
      text: `${text}${aim}${part}${slowly}.`,
      numbers: { ...numbers, totalW: share.totalW, batteries: share.batteries },
    },
  };
}

/** Whole watts, and never minus zero. */
export function wholeW(watts: number): number {
  return Math.round(watts) + 0;
}

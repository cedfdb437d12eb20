// Inputs of settlements in few words, and their lines in one each: for tests with amounts counted by hand.

import type { CorrectionLine } from '../../src/settlement/correct.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { IntervalInput, MeteredEnergy } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';

export const FIRST = '2026-11-22T08:15Z';
export const NEXT = '2026-11-22T08:30Z';

/** Above 0 imported, below 0 exported; null not known. */
export type Nets = Readonly<Record<string, number | null>>;

export function meter(
  member: string,
  net: number | null,
  quality: MeteredEnergy['quality'] = 'measured',
): MeteredEnergy {
  if (net === null) return { member, importWh: null, exportWh: null, quality: 'missing' };
  return { member, importWh: Math.max(0, net), exportWh: Math.max(0, -net), quality };
}

/** An interval without trades, but for what is given. */
export function part(nets: Nets, change: Partial<IntervalInput> = {}): IntervalInput {
  const meters = Object.entries(nets).map(([member, net]) => meter(member, net));
  return { interval: FIRST, clearing: { price: null, pairs: [] }, meters, ...change };
}

export const settled = (tariffs: Tariffs, ...intervals: readonly IntervalInput[]) => settle({ tariffs, intervals });

/** `import member/a>supplier 3 x 300000 = 900000` */
export const short = (lines: readonly CorrectionLine[]): string[] =>
  lines.map(({ reverses, code, account, counterAccount, wh, price, amount }) => {
    return `${reverses ? 'takes back ' : ''}${code} ${account}>${counterAccount} ${wh} x ${price} = ${amount}`;
  });

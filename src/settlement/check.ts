// What a settlement refuses: energy that is not a whole number of Wh, rows that stand twice, a clearing that contradicts
// itself. Every message names the field.
import { describe, requireInteger } from '../units.ts';
import type { IntervalInput, MeteredEnergy } from './settlement.ts';

/** @throws RangeError naming the field, such as `intervals[0].clearing.pairs[2].wh` */
export function checkClearing({ interval, clearing }: IntervalInput, where: string): void {
  const at = `${where}.clearing`;
  if (clearing.interval !== undefined && clearing.interval !== interval) {
    throw new RangeError(`${at}.interval is ${describe(clearing.interval)}, but the interval is ${interval}`);
  }
  if (clearing.price !== null) requireInteger(clearing.price, `${at}.price`);
  for (const [index, { buyer, seller, wh }] of clearing.pairs.entries()) {
    requireMember(buyer, `${at}.pairs[${index}].buyer`);
    requireMember(seller, `${at}.pairs[${index}].seller`);
    requireInteger(wh, `${at}.pairs[${index}].wh`, 1);
  }
  if (clearing.pairs.length > 0 && clearing.price === null) {
    throw new RangeError(`${at}.price is null, but there are pairs, and these trade at a price`);
  }
  checkFills(clearing, at);
}

/** Pairs and fills must give every member the same position; energy set off within a member stands in fills only. */
function checkFills({ fills, pairs }: IntervalInput['clearing'], at: string): void {
  if (!fills || fills.length === 0) return;
  const position = new Map<string, number>();
  for (const [index, { member, side, wh }] of fills.entries()) {
    requireMember(member, `${at}.fills[${index}].member`);
    requireInteger(wh, `${at}.fills[${index}].wh`, 0);
    safeSum(position, member, side === 'buy' ? wh : -wh);
  }
  for (const { buyer, seller, wh } of pairs) {
    safeSum(position, buyer, -wh);
    safeSum(position, seller, wh);
  }
  for (const [member, wh] of position) {
    if (wh !== 0) {
      throw new RangeError(`${at}.pairs and ${at}.fills differ by ${wh} Wh for member ${describe(member)}`);
    }
  }
}

/** @throws RangeError naming the field, such as `intervals[0].meters[2].importWh` */
export function checkMeters(meters: readonly MeteredEnergy[], where: string): void {
  const seen = new Set<string>();
  for (const [index, { member, importWh, exportWh, quality }] of meters.entries()) {
    const at = `${where}[${index}]`;
    requireMember(member, `${at}.member`);
    if (seen.has(member)) throw new RangeError(`${at}.member ${describe(member)} stands twice in this interval`);
    seen.add(member);
    for (const [name, wh] of Object.entries({ importWh, exportWh })) {
      if (wh !== null) requireInteger(wh, `${at}.${name}`, 0);
      else if (quality !== 'missing') throw new RangeError(`${at}.${name} is null, so quality must be "missing"`);
    }
  }
}

/** Adds to a sum of Wh. @throws RangeError when it leaves 2^53-1 */
export function safeSum(sums: Map<string, number>, member: string, wh: number): void {
  const sum = (sums.get(member) ?? 0) + wh;
  if (!Number.isSafeInteger(sum)) throw new RangeError(`the energy of member "${member}" does not fit 2^53-1 Wh`);
  sums.set(member, sum);
}

function requireMember(value: unknown, name: string): void {
  if (typeof value !== 'string' || value.length === 0 || !value.isWellFormed()) {
    throw new RangeError(`${name} must be well-formed text, but is ${describe(value)}`);
  }
}

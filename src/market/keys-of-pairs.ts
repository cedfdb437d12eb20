// Any clearing as keys (market.md, `allocation/1`): who supplied whom, in millionths of each producer's surplus, for an operator
// of the grid who shares by keys (`dynamic-full`). Each key is less than a millionth from the exact part, by largest remainders;
// so sharing by them gives the same Wh again for every producer with less than 500 kWh in the interval.
import { quote, requireInteger } from '../units.ts';
import { type Keys, WHOLE } from './allocation-keys.ts';
import type { Pair } from './order.ts';
import { compareBytes } from './rotation.ts';
import { shareProRata } from './share.ts';

/**
 * @param surplus Wh by producer, where it had more than it sold; default: what it sold
 * @returns keys sorted by producer, then by consumer
 * @throws RangeError where a producer sold more than its surplus
 */
export function keysOfPairs(
  pairs: readonly Pair[],
  surplus: ReadonlyMap<string, number> = new Map(),
): Extract<Keys, { kind: 'dynamic-full' }> {
  const sold = new Map<string, Map<string, number>>();
  for (const { buyer, seller, wh } of pairs) {
    const buyers = sold.get(seller) ?? new Map<string, number>();
    sold.set(seller, buyers.set(buyer, (buyers.get(buyer) ?? 0) + wh));
  }
  const keys = [...sold].sort(byName).flatMap(([producer, buyers]) => {
    const parts = [...buyers].sort(byName);
    const total = parts.reduce((sum, [, wh]) => requireInteger(sum + wh, `the energy sold by ${quote(producer)}`), 0);
    const open = (surplus.get(producer) ?? total) - total;
    if (open < 0) throw new RangeError(`${quote(producer)} sold ${total} Wh, which is more than its surplus`);
    // Equal remainders go by name: keys are no Wh, so no rotation is needed.
    const millionths = shareProRata(WHOLE, [...parts.map(([, wh]) => wh), open], (candidates) => candidates);
    return parts.map(([member], index) => ({ producer, member, millionths: millionths[index]! }));
  });
  return { kind: 'dynamic-full', keys };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareBytes(a, b);
}

// The balancing variant `pooled/1`: opposite deviations of members in one interval cancel first, the rest goes to the supplier.
//
// Fixed here:
// - What cancels is the smaller of all energy used beyond the positions and all energy left over. The side with more shares it
//   in proportion to the members' deviations: floor, then single Wh to the largest remainders, equal ones in rotation.
// - Who supplied whom: members are laid end to end in rotation, with a feeder tree first inside each feeder, then inside each
//   substation, as in the pairs of `uniform-price/1`. The rotation is of all members with a row in the interval.
// - The price is midway between the supplier's import and feed-in price, rounded down. Fee by distance, levies and VAT are
//   those of a trade.
// - A deviation that is not known takes no part. Once it is, the interval is pooled again, and the difference is a correction.
import type { Fill, Pair, Place } from '../market/order.ts';
import { pairsOf } from '../market/pairs.ts';
import { rotate } from '../market/rotation.ts';
import { shareProRata } from '../market/share.ts';
import type { Tariffs } from './tariffs.ts';

/** Who covers whose deviation. @param deviations Wh by member, above 0 what was used beyond the position; null where not known */
export function poolPairs(
  interval: string,
  deviations: ReadonlyMap<string, number | null>,
  places: ReadonlyMap<string, Place> | undefined,
): Pair[] {
  const turn = rotate([...deviations.keys()], interval);
  const short: Claim[] = [];
  const long: Claim[] = [];
  for (const member of turn) {
    const wh = deviations.get(member) ?? 0;
    if (wh > 0) short.push({ member, wh });
    if (wh < 0) long.push({ member, wh: -wh });
  }
  const [needed, left] = [sumOf(short, interval), sumOf(long, interval)];
  const fills = [...fillsOf('buy', short, Math.min(needed, left)), ...fillsOf('sell', long, Math.min(needed, left))];
  return pairsOf(fills, turn, places);
}

export function poolPrice(tariffs: Tariffs): number {
  return Number((BigInt(tariffs.import) + BigInt(tariffs.feedIn)) >> 1n);
}

interface Claim {
  readonly member: string;
  readonly wh: number;
}

function fillsOf(side: Fill['side'], claims: readonly Claim[], amount: number): Fill[] {
  // The claims stand in rotation, so equal remainders are in turn already.
  const parts = shareProRata(
    amount,
    claims.map(({ wh }) => wh),
    (tied) => tied,
  );
  return claims.map(({ member }, index) => ({ id: member, member, side, wh: parts[index]! }));
}

function sumOf(claims: readonly Claim[], interval: string): number {
  const sum = claims.reduce((total, { wh }) => total + wh, 0);
  if (!Number.isSafeInteger(sum)) throw new RangeError(`the deviations of ${interval} do not fit 2^53-1 Wh together`);
  return sum;
}

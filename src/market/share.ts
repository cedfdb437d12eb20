// Sharing pro rata in whole Wh (market.md, uniform-price/1, step 2): floor of the exact share, then one Wh more to the
// largest remainders, equal remainders in rotation. Members share, not orders: each member's part then fills its own
// orders in order of id. So splitting an order gains nothing.
import { compareBytes } from './rotation.ts';

/** An order that takes part in sharing: its place in the book, and what it could take at most. */
export interface Claim {
  readonly index: number;
  readonly id: string;
  readonly member: string;
  readonly wh: number;
}

/**
 * Shares `amount` among the members of the claims and writes each claim's part to `filledWh[claim.index]`.
 * @param amount Wh, at most the sum of the claims
 * @param turn members in rotation; called only when equal remainders make it count
 */
export function shareAmongMembers(
  amount: number,
  claims: readonly Claim[],
  filledWh: Float64Array,
  turn: () => readonly string[],
): void {
  const groups = Map.groupBy(claims, (claim) => claim.member);
  const members = [...groups.keys()];
  const parts = shareProRata(amount, [...groups.values()].map(sumWh), (candidates) => {
    const wanted = new Map(candidates.map((index) => [members[index]!, index]));
    return turn().flatMap((member) => wanted.get(member) ?? []);
  });
  for (const [m, group] of [...groups.values()].entries()) fillInOrderOfId(parts[m]!, group, filledWh);
}

/** Fills the orders that one member has at one limit with what it got there, in order of id. */
export function fillInOrderOfId(amount: number, claims: Claim[], filledWh: Float64Array): void {
  let left = amount;
  if (claims.length > 1) claims.sort((a, b) => compareBytes(a.id, b.id));
  for (const claim of claims) {
    const part = Math.min(left, claim.wh);
    filledWh[claim.index] = part;
    left -= part;
  }
}

/**
 * Whole parts of `amount` in proportion to the weights: floors, then single units to the largest remainders.
 * @param amount integer, 0 to 2^53-1; weights that are quantities are at least it in sum, keys may be less
 * @param weights integers above 0; a bigint where a member's sum leaves 2^53-1
 * @param inTurn puts the indices of equal remainders into rotation; called only where they cannot all have a unit
 * @returns integers that sum to `amount`, each less than 1 from its exact share; so none above its weight, where that is a quantity
 */
export function shareProRata(
  amount: number,
  weights: readonly (number | bigint)[],
  inTurn: (candidates: readonly number[]) => readonly number[],
): number[] {
  const total = weights.reduce<bigint>((sum, weight) => sum + BigInt(weight), 0n);
  const exact = BigInt(amount) * total <= BigInt(Number.MAX_SAFE_INTEGER);
  const parts: number[] = [];
  const remainders: (number | bigint)[] = [];
  let left = amount;
  for (const weight of weights) {
    const [part, remainder] = exact
      ? divideSmall(amount * Number(weight), Number(total))
      : divideLarge(BigInt(amount) * BigInt(weight), total);
    parts.push(part);
    remainders.push(remainder);
    left -= part;
  }
  if (left === 0) return parts;

  // `left` is below the number of remainders above 0, because they sum to left x total and each is below total.
  const order = remainders.map((_, index) => index).sort((a, b) => descending(remainders[a]!, remainders[b]!));
  const last = remainders[order[left - 1]!]!;
  const sure = order.filter((index) => remainders[index]! > last);
  const tied = order.filter((index) => remainders[index] === last);
  const chosen = sure.length + tied.length === left ? tied : inTurn(tied).slice(0, left - sure.length);
  for (const index of [...sure, ...chosen]) parts[index]! += 1;
  return parts;
}

export function sumWh(claims: readonly Claim[]): number | bigint {
  const sum = claims.reduce((wh, claim) => wh + claim.wh, 0);
  // In doubles a sum of positive integers below 2^53 is exact; beyond, count again.
  return Number.isSafeInteger(sum) ? sum : claims.reduce((wh, claim) => wh + BigInt(claim.wh), 0n);
}

function divideSmall(product: number, total: number): [number, number] {
  const remainder = product % total;
  return [(product - remainder) / total, remainder];
}

function divideLarge(product: bigint, total: bigint): [number, bigint] {
  return [Number(product / total), product % total];
}

function descending(a: number | bigint, b: number | bigint): number {
  return a > b ? -1 : a < b ? 1 : 0;
}

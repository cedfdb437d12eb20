// Who pays whom, in the fewest payments. Where k groups of accounts are each even among themselves, n accounts need n - k
// payments; so the fewest come from the most groups. Finding these is NP-hard (a partition into subsets of sum 0), hence:
// 1. Who owes exactly what another is owed pays it. That never costs a group: were the two in different ones, the rest of
//    both would be even too.
// 2. Up to 16 accounts that are left are divided into the most groups by trying all of their subsets: exact.
// 3. More than that are one group: the largest debtor pays the largest creditor, and so on; at most n - 1 payments.
// `exact` says whether fewer are impossible: always up to step 2, and beyond where there are as many payments as debtors or
// creditors, because each of them needs at least one.
import { compareBytes } from '../../market/rotation.ts';
import { requireInteger } from '../../units.ts';

/** So many accounts are divided exactly: 2^16 subsets take milliseconds also on a small machine. */
export const EXACT_UP_TO = 16;

export interface Transfer {
  readonly from: string;
  readonly to: string;
  /** Above 0. */
  readonly cents: number;
}

export interface Netting {
  readonly transfers: readonly Transfer[];
  /** Whether it is certain that no fewer payments do. */
  readonly exact: boolean;
}

interface Position {
  readonly account: string;
  readonly cents: number;
}

/**
 * @param positions cents by account, + to be received, - to be paid
 * @throws RangeError where they do not sum to 0, or their sum leaves 2^53-1
 */
export function net(positions: ReadonlyMap<string, number>): Netting {
  const all = [...positions]
    .map(([account, cents]): Position => ({ account, cents: requireInteger(cents, `the cents of ${account}`) }))
    .filter(({ cents }) => cents !== 0)
    .sort(byName);
  requireInteger(
    all.reduce((total, { cents }) => total + Math.abs(cents), 0),
    'the cents of all accounts',
  );
  const sum = all.reduce((total, { cents }) => total + cents, 0);
  if (sum !== 0) throw new RangeError(`the cents of all accounts sum to ${sum}, but what one pays another receives`);

  const { transfers, rest } = evenPairs(all);
  const tried = rest.length <= EXACT_UP_TO;
  for (const group of tried ? evenGroups(rest) : [rest]) transfers.push(...payLargest(group));
  const debtors = all.filter(({ cents }) => cents < 0).length;
  return { transfers, exact: tried || transfers.length === Math.max(debtors, all.length - debtors) };
}

/** Debtors in order of name, each with the first creditor of the same amount. */
function evenPairs(all: readonly Position[]): { transfers: Transfer[]; rest: Position[] } {
  const creditors = Map.groupBy(
    all.filter(({ cents }) => cents > 0),
    ({ cents }) => cents,
  );
  const transfers: Transfer[] = [];
  const done = new Set<string>();
  for (const { account, cents } of all) {
    const creditor = cents < 0 ? creditors.get(-cents)?.shift() : undefined;
    if (!creditor) continue;
    transfers.push({ from: account, to: creditor.account, cents: -cents });
    done.add(account).add(creditor.account);
  }
  return { transfers, rest: all.filter(({ account }) => !done.has(account)) };
}

/**
 * The most groups that are even among themselves. `most[subset]` is how many even groups one can pass on the way from
 * nobody to this subset, adding one account at a time.
 */
function evenGroups(positions: readonly Position[]): Position[][] {
  const whole = 2 ** positions.length - 1;
  const sums = new Float64Array(whole + 1);
  const most = new Uint8Array(whole + 1);
  for (let subset = 1; subset <= whole; subset++) {
    const lowest = 31 - Math.clz32(subset & -subset);
    sums[subset] = sums[subset & (subset - 1)]! + positions[lowest]!.cents;
    let best = 0;
    for (let left = subset; left !== 0; left &= left - 1) best = Math.max(best, most[subset ^ (left & -left)]!);
    most[subset] = best + (sums[subset] === 0 ? 1 : 0);
  }
  const groups: Position[][] = [];
  let group: Position[] = [];
  for (let subset = whole; subset !== 0; ) {
    const before = most[subset]! - (sums[subset] === 0 ? 1 : 0);
    let left = subset;
    while (most[subset ^ (left & -left)] !== before) left &= left - 1;
    const bit = left & -left;
    group.push(positions[31 - Math.clz32(bit)]!);
    subset ^= bit;
    if (sums[subset] !== 0) continue;
    groups.push(group.sort(byName));
    group = [];
  }
  return groups;
}

/** The largest debtor pays the largest creditor what it can; each payment makes one of the two even. */
function payLargest(group: readonly Position[]): Transfer[] {
  const largestFirst = (a: Position, b: Position) => Math.abs(b.cents) - Math.abs(a.cents) || byName(a, b);
  const debtors = group.filter(({ cents }) => cents < 0).sort(largestFirst);
  const creditors = group.filter(({ cents }) => cents > 0).sort(largestFirst);
  const transfers: Transfer[] = [];
  let [d, owed] = [0, -(debtors[0]?.cents ?? 0)];
  let [c, due] = [0, creditors[0]?.cents ?? 0];
  while (d < debtors.length && c < creditors.length) {
    const cents = Math.min(owed, due);
    transfers.push({ from: debtors[d]!.account, to: creditors[c]!.account, cents });
    owed -= cents;
    due -= cents;
    if (owed === 0) owed = -(debtors[++d]?.cents ?? 0);
    if (due === 0) due = creditors[++c]?.cents ?? 0;
  }
  return transfers;
}

function byName(a: Position, b: Position): number {
  return compareBytes(a.account, b.account);
}

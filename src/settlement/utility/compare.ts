// The utility's figures against our own computation: per member, quantity and interval what differs by more than a tolerance,
// the largest first, each with its most likely reason; and sums over all that both have. Exact, in thousandths of a Wh; what
// is shown in Wh is rounded, half away from zero.
import { compareBytes } from '../../market/rotation.ts';
import { intervalAt } from '../../time/interval.ts';
import type { Reason } from '../../units.ts';
import { QUANTITIES, type Quantity } from './columns.ts';
import type { UtilityTable } from './figures.ts';

/** Our own Wh of a member in one interval. */
export interface OwnFigures {
  readonly allocated: number;
  readonly consumption: number;
  readonly generation: number;
  readonly surplus: number;
  /** The meter value was not simply measured. */
  readonly estimated?: boolean;
}

/** Our own figures by interval, then by member; undefined where an interval was not allocated. */
export type OwnIntervals = (interval: string) => ReadonlyMap<string, OwnFigures> | undefined;

export interface Difference {
  readonly member: string;
  /** The first quarter hour of the time that was compared. */
  readonly interval: string;
  readonly minutes: number;
  readonly quantity: Quantity;
  readonly utilityWh: number;
  readonly ownWh: number;
  /** The utility's less ours. */
  readonly differenceWh: number;
  readonly reason: Reason;
}

export interface QuantitySum {
  readonly quantity: Quantity;
  /** Figures that both have. */
  readonly compared: number;
  readonly utilityWh: number;
  readonly ownWh: number;
  readonly differenceWh: number;
}

export interface Comparison {
  readonly tolerance: number;
  /** Largest first; equal ones by interval, member and quantity. */
  readonly differences: readonly Difference[];
  readonly sums: readonly QuantitySum[];
  /** Intervals of the table that we have not allocated. */
  readonly notAllocated: readonly string[];
  /** Members with a share in intervals of the table who are not in it. */
  readonly missingMembers: readonly string[];
  /** Metering points of the table that belong to no member. */
  readonly unknownPoints: readonly string[];
  readonly ignoredColumns: readonly string[];
}

interface Compared {
  readonly member: string;
  readonly start: number;
  readonly quantity: Quantity;
  readonly theirs: number;
  readonly ours: number;
  readonly own: readonly OwnFigures[];
}

const QUARTER_MS = 900_000;

/**
 * @param memberOf whose a metering point is; undefined where it is nobody's
 * @param toleranceWh what may differ per quarter hour
 */
export function compareFigures(
  { minutes, figures, ignored }: UtilityTable,
  own: OwnIntervals,
  memberOf: (point: string) => string | undefined,
  toleranceWh: number,
): Comparison {
  const quarters = minutes / 15;
  const tolerance = toleranceWh * quarters * 1000;
  const unknownPoints = new Set<string>();
  const notAllocated = new Set<string>();
  // A member may have several metering points, one that takes and one that gives.
  const theirs = new Map<string, { member: string; start: number; quantity: Quantity; milliWh: number }>();
  for (const { point, quantity, start, milliWh } of figures) {
    const member = memberOf(point);
    if (member === undefined) {
      unknownPoints.add(point);
      continue;
    }
    const key = `${member} ${start} ${quantity}`;
    const before = theirs.get(key)?.milliWh ?? 0;
    theirs.set(key, { member, start, quantity, milliWh: before + milliWh });
  }
  const reported = new Set([...theirs.values()].map(({ member }) => member));
  const missingMembers = new Set<string>();
  const compared: Compared[] = [];
  for (const { member, start, quantity, milliWh } of theirs.values()) {
    const names = Array.from({ length: quarters }, (_, quarter) => intervalAt(start + quarter * QUARTER_MS));
    const missing = names.filter((name) => own(name) === undefined);
    for (const name of missing) notAllocated.add(name);
    if (missing.length > 0) continue;
    for (const name of names) {
      for (const [other, { allocated }] of own(name)!)
        if (allocated > 0 && !reported.has(other)) missingMembers.add(other);
    }
    const rows = names.map((name) => own(name)?.get(member) ?? NOTHING);
    const ours = rows.reduce((sum, row) => sum + row[quantity] * 1000, 0);
    compared.push({ member, start, quantity, theirs: milliWh, ours, own: rows });
  }
  const differing = compared.filter((each) => Math.abs(each.theirs - each.ours) > tolerance);
  const readings = new Set(differing.filter(isReading).map(({ start }) => start));
  const ownReadings = new Set(differing.filter(isReading).map(({ start, member }) => `${member} ${start}`));
  const differences = differing.sort(largestFirst).map((each) => ({
    member: each.member,
    interval: intervalAt(each.start),
    minutes,
    quantity: each.quantity,
    utilityWh: wh(each.theirs),
    ownWh: wh(each.ours),
    differenceWh: wh(each.theirs - each.ours),
    reason: reasonOf(each, quarters, readings.has(each.start), ownReadings.has(`${each.member} ${each.start}`)),
  }));
  return {
    tolerance: toleranceWh,
    differences,
    sums: QUANTITIES.flatMap((quantity) => sumOf(quantity, compared)),
    notAllocated: [...notAllocated].sort(),
    missingMembers: [...missingMembers].sort(compareBytes),
    unknownPoints: [...unknownPoints].sort(compareBytes),
    ignoredColumns: ignored,
  };
}

const NOTHING: OwnFigures = { allocated: 0, consumption: 0, generation: 0, surplus: 0 };

function isReading({ quantity }: Compared): boolean {
  return quantity === 'consumption' || quantity === 'generation';
}

function reasonOf(each: Compared, quarters: number, anyReading: boolean, ownReading: boolean): Reason {
  const { member, quantity, own } = each;
  const numbers = { utilityWh: wh(each.theirs), ownWh: wh(each.ours) };
  const because = (code: string, why: string): Reason => ({
    code,
    text: `${quantity} of ${member}: the utility has ${whText(each.theirs)}, we have ${whText(each.ours)}; ${why}`,
    numbers,
  });
  if (isReading(each)) {
    if (own.some(({ estimated }) => estimated)) {
      return because('estimated', 'our reading was estimated, so a correction from the meter is due');
    }
    return because('reading', 'the two meters differ; compare their counters');
  }
  if (Math.abs(each.theirs - each.ours) < quarters * 1000) {
    return because('rounding', 'less than a Wh per quarter hour, because we share whole Wh');
  }
  if (own.some(({ consumption, generation }) => consumption > 0 && generation > 0)) {
    return because('netted', 'its meter both took and gave, which we net in a quarter hour and the utility may not');
  }
  if (ownReading) return because('own-reading', 'its readings differ, and the share follows from them');
  if (anyReading) return because('other-reading', 'readings of other members differ, and all shares move with them');
  return because('keys', 'the readings agree, so the keys do not: ask which ones hold, and since when');
}

function sumOf(quantity: Quantity, all: readonly Compared[]): QuantitySum[] {
  const compared = all.filter((each) => each.quantity === quantity);
  if (compared.length === 0) return [];
  const theirs = compared.reduce((sum, each) => sum + BigInt(each.theirs), 0n);
  const ours = compared.reduce((sum, each) => sum + BigInt(each.ours), 0n);
  const [utilityWh, ownWh] = [roundedWh(theirs), roundedWh(ours)];
  return [{ quantity, compared: compared.length, utilityWh, ownWh, differenceWh: roundedWh(theirs - ours) }];
}

function largestFirst(a: Compared, b: Compared): number {
  return (
    Math.abs(b.theirs - b.ours) - Math.abs(a.theirs - a.ours) ||
    a.start - b.start ||
    compareBytes(a.member, b.member) ||
    QUANTITIES.indexOf(a.quantity) - QUANTITIES.indexOf(b.quantity)
  );
}

const wh = (milliWh: number): number => roundedWh(BigInt(milliWh));

function roundedWh(milliWh: bigint): number {
  const size = (2n * (milliWh < 0n ? -milliWh : milliWh) + 1000n) / 2000n;
  return Number(milliWh < 0n && size !== 0n ? -size : size);
}

function whText(milliWh: number): string {
  const thousandths = String(milliWh % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '');
  return `${Math.floor(milliWh / 1000)}${thousandths === '' ? '' : `.${thousandths}`} Wh`;
}

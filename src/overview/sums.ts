// Adds up a day, or days: per member, and of the street at its boundary.
import { above, boundaryOf, type Figures } from '../settlement/energy-figures.ts';
import { streetIntervals } from './energy.ts';
import { addMoney, NO_MONEY, plus, supplierOnly } from './money.ts';
import { type Day, type Member, type MemberSums, own, type Settled, type StreetSums, type Sums } from './state.ts';

const NO_MEMBER: MemberSums = {
  intervals: 0,
  leftOut: 0,
  loadWh: 0,
  pvWh: 0,
  importWh: 0,
  exportWh: 0,
  chargeWh: 0,
  dischargeWh: 0,
  importWithoutBatteryWh: 0,
  exportWithoutBatteryWh: 0,
  settledIntervals: 0,
  money: NO_MONEY,
};

const NO_STREET: StreetSums = {
  intervals: 0,
  leftOut: 0,
  boundaryImportWh: 0,
  boundaryExportWh: 0,
  boundaryImportWithoutBatteryWh: 0,
  boundaryExportWithoutBatteryWh: 0,
  tradedWh: 0,
  paid: 0,
  paidSupplierOnly: 0,
  paidWithNeither: 0,
};

export const NO_SUMS: Sums = { street: NO_STREET, members: {} };

/** Sums of one day. @param newest newest metered interval, see streetIntervals */
export function sumsOfDay(day: Day, members: Readonly<Record<string, Member>>, newest: string | null): Sums {
  let street = NO_STREET;
  const sums: Record<string, MemberSums> = {};
  for (const id of Object.keys(members)) sums[id] = NO_MEMBER;
  for (const interval of streetIntervals(day, members, newest)) {
    const { netWh, netWithoutBatteryWh } = boundaryOf(Object.values(interval.figures));
    street = addStreet(street, {
      ...NO_STREET,
      intervals: 1,
      leftOut: interval.leftOut.length,
      boundaryImportWh: above(netWh),
      boundaryExportWh: above(-netWh),
      boundaryImportWithoutBatteryWh: above(netWithoutBatteryWh),
      boundaryExportWithoutBatteryWh: above(-netWithoutBatteryWh),
      ...paidIn(interval.figures, day.settled[interval.interval]),
    });
    for (const id of interval.leftOut) sums[id] = addMember(own(sums, id) ?? NO_MEMBER, { ...NO_MEMBER, leftOut: 1 });
    for (const [id, figures] of Object.entries(interval.figures)) {
      sums[id] = addMember(own(sums, id) ?? NO_MEMBER, memberInterval(figures));
    }
  }
  for (const settled of Object.values(day.settled)) {
    for (const [id, money] of Object.entries(settled.members)) {
      sums[id] = addMember(own(sums, id) ?? NO_MEMBER, { ...NO_MEMBER, settledIntervals: 1, money });
      street = addStreet(street, { ...NO_STREET, tradedWh: money.bought.wh });
    }
  }
  return { street, members: sums };
}

export function addSums(a: Sums, b: Sums): Sums {
  const members: Record<string, MemberSums> = { ...a.members };
  for (const [id, sums] of Object.entries(b.members)) members[id] = addMember(own(members, id) ?? NO_MEMBER, sums);
  return { street: addStreet(a.street, b.street), members };
}

function memberInterval(figures: Figures): MemberSums {
  return {
    intervals: 1,
    leftOut: 0,
    loadWh: figures.loadWh,
    pvWh: figures.pvWh,
    importWh: above(figures.netWh),
    exportWh: above(-figures.netWh),
    chargeWh: figures.chargeWh,
    dischargeWh: figures.dischargeWh,
    importWithoutBatteryWh: above(figures.netWithoutBatteryWh),
    exportWithoutBatteryWh: above(-figures.netWithoutBatteryWh),
    settledIntervals: 0,
    money: NO_MONEY,
  };
}

/** Money of one interval, only of members that are metered and settled, so that the three figures compare. */
function paidIn(
  figures: Readonly<Record<string, Figures>>,
  settled: Settled | undefined,
): Pick<StreetSums, 'paid' | 'paidSupplierOnly' | 'paidWithNeither'> {
  const result = { paid: 0, paidSupplierOnly: 0, paidWithNeither: 0 };
  for (const [id, money] of Object.entries(settled?.members ?? {})) {
    const found = own(figures, id);
    if (!settled || !found) continue;
    result.paid = plus(result.paid, money.amount);
    result.paidSupplierOnly = plus(result.paidSupplierOnly, money.supplierOnly);
    result.paidWithNeither = plus(result.paidWithNeither, supplierOnly(found.netWithoutBatteryWh, settled.tariffs));
  }
  return result;
}

function addMember(a: MemberSums, b: MemberSums): MemberSums {
  const { money: moneyA, ...numbersA } = a;
  const { money: moneyB, ...numbersB } = b;
  return { ...addNumbers(numbersA, numbersB), money: addMoney(moneyA, moneyB) };
}

function addStreet(a: StreetSums, b: StreetSums): StreetSums {
  return addNumbers(a, b);
}

function addNumbers<T extends { readonly [K in keyof T]: number }>(a: T, b: T): T {
  const result: Record<string, number> = {};
  for (const key of Object.keys(a) as (keyof T & string)[]) result[key] = plus(a[key], b[key]);
  return result as T;
}

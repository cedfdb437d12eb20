// Statements of members: the rows that a settlement record holds, and over many intervals what trading saved against
// buying everything from and selling everything to the supplier, with self-sufficiency where load and sun are known.
// Amounts in nano-currency as on a bill: above 0 the member pays.
import { compareBytes } from '../market/rotation.ts';
import { amountNano } from '../units.ts';
import type { MemberRow, Settlement, SettlementInput } from './settlement.ts';
import { surchargesOn, type Tariffs } from './tariffs.ts';

/** A row of the `statements` in a settlement record. */
export type Statement = Omit<MemberRow, 'interval'>;

/** What a home used and what its roof made, Wh, over the same intervals as the settlement. */
export interface HomeEnergy {
  readonly loadWh: number;
  readonly pvWh: number;
}

/** One member over many intervals. */
export interface PeriodStatement {
  readonly member: string;
  readonly intervals: number;
  /** Intervals whose meter is missing: their trades are in the sums, their other energy is not known yet. */
  readonly openIntervals: number;
  readonly estimatedIntervals: number;
  readonly importWh: number;
  readonly exportWh: number;
  readonly boughtWh: number;
  readonly soldWh: number;
  readonly supplierWh: number;
  readonly feedInWh: number;
  readonly amount: number;
  /** What the same meters cost without a market; open intervals count 0. */
  readonly supplierOnlyAmount: number;
  /** How much less the member pays than with the supplier only, open intervals left out; below 0 where it pays more. */
  readonly savedNano: number;
  /** Null where load (or sun) is 0 or not known, or an interval is open. */
  readonly selfSufficiencyPerMille: number | null;
  readonly selfConsumptionPerMille: number | null;
}

/**
 * The rows of a settlement record: one interval, members sorted by id (bytes).
 * @throws RangeError when more than one interval was settled; see `periodStatements` for these
 */
export function statementsOf(
  input: Pick<SettlementInput, 'intervals'>,
  settlement: Pick<Settlement, 'rows'>,
): Statement[] {
  if (input.intervals.length > 1) {
    throw new RangeError(`a settlement record is for one interval, but ${input.intervals.length} were settled`);
  }
  return settlement.rows.map(({ interval: _, ...row }) => row);
}

/**
 * One statement per member over all rows, sorted by id (bytes).
 * @param tariffs those of the settlement
 * @throws RangeError when a sum leaves 2^53-1
 */
export function periodStatements(
  rows: readonly MemberRow[],
  tariffs: Tariffs,
  homes: ReadonlyMap<string, HomeEnergy> = new Map(),
): PeriodStatement[] {
  return [...Map.groupBy(rows, (row) => row.member)]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([member, own]) => periodStatement(member, own, tariffs, homes.get(member)));
}

/** What one interval's meter costs if all of it goes over the supplier, nano-currency. */
export function supplierOnlyAmount(importWh: number, exportWh: number, tariffs: Tariffs): number {
  const net = importWh - exportWh;
  if (net <= 0) return 0 - amountNano(-net, tariffs.feedIn);
  const energy = amountNano(net, tariffs.import);
  const { fee, levies, vat } = surchargesOn(tariffs, net, energy, 'beyond');
  return exact(BigInt(energy) + BigInt(fee) + BigInt(levies) + BigInt(vat), 'cost with the supplier only');
}

/** 1 - own import / load, per mille, floor, within 0 and 1000; null without load. */
export function selfSufficiencyPerMille(importWh: number, loadWh: number): number | null {
  return sharePerMille(loadWh - importWh, loadWh);
}

/** 1 - export / sun, per mille, floor, within 0 and 1000; null without sun. */
export function selfConsumptionPerMille(exportWh: number, pvWh: number): number | null {
  return sharePerMille(pvWh - exportWh, pvWh);
}

function periodStatement(
  member: string,
  rows: readonly MemberRow[],
  tariffs: Tariffs,
  home: HomeEnergy | undefined,
): PeriodStatement {
  const total = (name: string, of: readonly MemberRow[], value: (row: MemberRow) => number) =>
    exact(
      of.reduce((sum, row) => sum + BigInt(value(row)), 0n),
      `${name} of member "${member}"`,
    );
  const settled = rows.filter((row) => row.importWh !== null && row.exportWh !== null);
  const importWh = total('import', settled, (row) => row.importWh!);
  const exportWh = total('export', settled, (row) => row.exportWh!);
  const alone = total('cost with the supplier only', settled, (row) =>
    supplierOnlyAmount(row.importWh!, row.exportWh!, tariffs),
  );
  const known = settled.length === rows.length ? home : undefined;
  return {
    member,
    intervals: rows.length,
    openIntervals: rows.length - settled.length,
    estimatedIntervals: rows.filter((row) => row.quality === 'estimated').length,
    importWh,
    exportWh,
    boughtWh: total('bought energy', rows, (row) => row.boughtWh),
    soldWh: total('sold energy', rows, (row) => row.soldWh),
    supplierWh: total('energy from the supplier', rows, (row) => row.supplierWh),
    feedInWh: total('energy to the supplier', rows, (row) => row.feedInWh),
    amount: total('amount', rows, (row) => row.amount),
    supplierOnlyAmount: alone,
    savedNano: exact(BigInt(alone) - BigInt(total('amount', settled, (row) => row.amount)), `saving of "${member}"`),
    selfSufficiencyPerMille: known ? selfSufficiencyPerMille(importWh, known.loadWh) : null,
    selfConsumptionPerMille: known ? selfConsumptionPerMille(exportWh, known.pvWh) : null,
  };
}

/** BigInt, because a thousand times a sum may leave 2^53; part may be below 0 where a battery exports too. */
function sharePerMille(part: number, whole: number): number | null {
  if (whole <= 0) return null;
  return Math.min(1000, Math.max(0, Number((BigInt(part) * 1000n) / BigInt(whole))));
}

function exact(value: bigint, name: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`the ${name} does not fit 2^53-1`);
  return number;
}

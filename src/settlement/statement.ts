// A member's statement: energy and money of many intervals added up, what trading saved against buying and selling
// everything from and to the supplier, and self-sufficiency where load and sun are known (market.md).
import { compareBytes } from '../market/rotation.ts';
import { amountNano } from '../units.ts';
import type { Settlement, StatementRow } from './settle.ts';
import { surchargesOn, type Tariffs } from './tariffs.ts';

/** What a home used and what its roof made, Wh, over the same intervals as the settlement. */
export interface HomeEnergy {
  readonly loadWh: number;
  readonly pvWh: number;
}

export interface Statement {
  readonly member: string;
  readonly intervals: number;
  /** Intervals whose meter is missing; their energy is in no sum below except trades. */
  readonly openIntervals: number;
  readonly estimatedIntervals: number;
  readonly importWh: number;
  readonly exportWh: number;
  readonly boughtWh: number;
  readonly soldWh: number;
  readonly supplierWh: number;
  readonly feedInWh: number;
  /** Balance in nano-currency: + received, - paid. */
  readonly amount: number;
  /** The same meters without a market. Open intervals count 0 here and are left out of `savedNano`. */
  readonly supplierOnlyNano: number;
  /** How much better off than with the supplier only; nano-currency, below 0 where trading cost money. */
  readonly savedNano: number;
  /** Null where load (or sun) is not known or 0. */
  readonly selfSufficiencyPerMille: number | null;
  readonly selfConsumptionPerMille: number | null;
}

/**
 * One statement per member, sorted by id (bytes).
 * @param tariffs those of the settlement
 * @throws RangeError when a sum leaves 2^53-1
 */
export function statementsOf(
  settlement: Pick<Settlement, 'rows'>,
  tariffs: Tariffs,
  homes: ReadonlyMap<string, HomeEnergy> = new Map(),
): Statement[] {
  return [...Map.groupBy(settlement.rows, (row) => row.member)]
    .sort(([a], [b]) => compareBytes(a, b))
    .map(([member, rows]) => statementOf(member, rows, tariffs, homes.get(member)));
}

/** Balance of an interval's meter if all of it went over the supplier, nano-currency: + received, - paid. */
export function supplierOnlyNano(importWh: number, exportWh: number, tariffs: Tariffs): number {
  const net = importWh - exportWh;
  if (net <= 0) return amountNano(-net, tariffs.feedIn);
  const energy = amountNano(net, tariffs.import);
  const { fee, levies, vat } = surchargesOn(tariffs, net, energy, 'beyond');
  return 0 - safe(BigInt(energy) + BigInt(fee) + BigInt(levies) + BigInt(vat), 'cost with the supplier only');
}

/** 1 - own import / load, per mille, floor, within 0 and 1000; null without load. */
export function selfSufficiencyPerMille(importWh: number, loadWh: number): number | null {
  return sharePerMille(loadWh - importWh, loadWh);
}

/** 1 - export / sun, per mille, floor, within 0 and 1000; null without sun. */
export function selfConsumptionPerMille(exportWh: number, pvWh: number): number | null {
  return sharePerMille(pvWh - exportWh, pvWh);
}

function statementOf(
  member: string,
  rows: readonly StatementRow[],
  tariffs: Tariffs,
  home: HomeEnergy | undefined,
): Statement {
  const total = (value: (row: StatementRow) => number, name: string) =>
    safe(
      rows.reduce((sum, row) => sum + BigInt(value(row)), 0n),
      `${name} of member "${member}"`,
    );
  const importWh = total((row) => row.importWh ?? 0, 'import');
  const exportWh = total((row) => row.exportWh ?? 0, 'export');
  const settled = rows.filter((row) => row.quality !== 'missing');
  const alone = settled.map((row) => supplierOnlyNano(row.importWh ?? 0, row.exportWh ?? 0, tariffs));
  const supplierOnly = alone.reduce((sum, nano) => sum + BigInt(nano), 0n);
  const settledAmount = settled.reduce((sum, row) => sum + BigInt(row.amount), 0n);
  return {
    member,
    intervals: rows.length,
    openIntervals: rows.length - settled.length,
    estimatedIntervals: rows.filter((row) => row.quality === 'estimated').length,
    importWh,
    exportWh,
    boughtWh: total((row) => row.boughtWh, 'bought energy'),
    soldWh: total((row) => row.soldWh, 'sold energy'),
    supplierWh: total((row) => row.supplierWh, 'energy from the supplier'),
    feedInWh: total((row) => row.feedInWh, 'energy to the supplier'),
    amount: total((row) => row.amount, 'balance'),
    supplierOnlyNano: safe(supplierOnly, 'balance with the supplier only'),
    savedNano: safe(settledAmount - supplierOnly, 'saving'),
    selfSufficiencyPerMille: home ? selfSufficiencyPerMille(importWh, home.loadWh) : null,
    selfConsumptionPerMille: home ? selfConsumptionPerMille(exportWh, home.pvWh) : null,
  };
}

function sharePerMille(part: number, whole: number): number | null {
  if (whole <= 0) return null;
  const perMille = Number((BigInt(part) * 1000n) / BigInt(whole));
  return Math.min(1000, Math.max(0, perMille));
}

function safe(value: bigint, name: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`the ${name} does not fit 2^53-1`);
  return number;
}

// Runs the ten homes under every market rule and keeps what the page tells: integers only (Wh, nano-currency, per mille), so
// that the same code gives the same file anywhere. `ten-homes.json` is a COMMUNITY.json; `microgrid simulate` reads it as well.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RULE_NAMES } from '../../src/market/clear.ts';
import { ALLOCATION } from '../../src/market/rules/allocation.ts';
import { isZonal } from '../../src/market/rules/zonal.ts';
import { type CommunityConfig, readCommunity } from '../../src/simulation/community-config.ts';
import type { Figures } from '../../src/simulation/figures.ts';
import { openProfiles } from '../../src/simulation/profile-store.ts';
import { simulate } from '../../src/simulation/simulation.ts';
import type { StreetClearing } from '../../src/simulation/street-market.ts';
import { INTERVALS_PER_DAY } from '../../src/time/interval.ts';

/** The street's figures that the page shows. */
export type StreetFigures = Pick<
  Figures,
  'tradedWh' | 'boundaryImportWh' | 'selfSufficiencyPerMille' | 'costNano' | 'fundNano' | 'networkNano' | 'socEndWh'
>;

/** The street under one rule. */
export interface RuleRun {
  readonly rule: string;
  /** Under `allocation/1`: by what keys. */
  readonly keys?: string;
  /** Quarter hours in which anything was traded, and in which a line was full. */
  readonly tradedIntervals: number;
  readonly fullIntervals: number;
  readonly withBatteries: StreetFigures;
  readonly withoutBatteries: StreetFigures;
  /** What each home pays, with its battery. */
  readonly costNano: Readonly<Record<string, number>>;
}

/** The same street without any trade. */
export interface SupplierOnly {
  readonly withBatteries: StreetFigures;
  readonly withoutBatteries: StreetFigures;
  readonly costNano: Readonly<Record<string, number>>;
}

export interface Comparison {
  readonly from: string;
  readonly intervals: number;
  readonly loadWh: number;
  readonly pvWh: number;
  readonly supplierOnly: SupplierOnly;
  readonly rules: readonly RuleRun[];
}

/** What is stored: the year, and a week of it that a test computes again. */
export interface Stored {
  readonly year: Comparison;
  readonly week: Comparison;
}

const PROFILE = fileURLToPath(new URL('../../../shared/data/profiles/homes-year.csv', import.meta.url));
const COMMUNITY = new URL('ten-homes.json', import.meta.url);

/** In spring, when surplus and need are both large. */
const WEEK = { from: Date.parse('2017-04-10T00:00Z'), intervals: 7 * INTERVALS_PER_DAY };

/** @throws Error where the data of the homes is not there */
export function requireProfile(): void {
  if (existsSync(PROFILE)) return;
  throw new Error(`the measured year of the ten homes is missing: ${PROFILE}`);
}

export const runYear = (): Promise<Comparison> => compare({});
export const runWeek = (): Promise<Comparison> => compare(WEEK);

/** The community under each rule; under `allocation/1` by its own static keys, and by consumption. */
export function communities(): CommunityConfig[] {
  const homes: unknown = JSON.parse(readFileSync(COMMUNITY, 'utf8'));
  const shared = readCommunity(homes, ALLOCATION);
  const { price } = shared.allocation!;
  return [
    ...RULE_NAMES.map((rule) => readCommunity(homes, rule)),
    shared,
    { ...shared, allocation: { price, keys: { kind: 'dynamic' } } },
  ];
}

async function compare(time: { readonly from?: number; readonly intervals?: number }): Promise<Comparison> {
  const rules: RuleRun[] = [];
  let common: Omit<Comparison, 'rules'> | null = null;
  for (const config of communities()) {
    let from = '';
    let [tradedIntervals, fullIntervals] = [0, 0];
    const result = await simulate({
      config,
      profiles: await openProfiles(PROFILE),
      ...time,
      onInterval: async ({ interval, clearing }) => {
        if (from === '') from = interval;
        if (clearing.volumeWh > 0) tradedIntervals += 1;
        if (hasFullLine(clearing)) fullIntervals += 1;
      },
    });
    const { intervals, loadWh, pvWh, without, bills } = result;
    common ??= {
      from,
      intervals,
      loadWh,
      pvWh,
      supplierOnly: {
        withBatteries: pick(without.trading),
        withoutBatteries: pick(without.both),
        costNano: Object.fromEntries(bills.map(({ member, withoutTradingNano }) => [member, withoutTradingNano])),
      },
    };
    rules.push({
      rule: config.rule!,
      ...(config.rule === ALLOCATION ? { keys: config.allocation!.keys.kind } : {}),
      tradedIntervals,
      fullIntervals,
      withBatteries: pick(result),
      withoutBatteries: pick(without.battery),
      costNano: Object.fromEntries(bills.map(({ member, costNano }) => [member, costNano])),
    });
  }
  return { ...common!, rules };
}

function hasFullLine(clearing: StreetClearing): boolean {
  return 'fills' in clearing && isZonal(clearing) && clearing.areas.some(({ rent }) => rent > 0);
}

function pick(figures: Figures): StreetFigures {
  const { tradedWh, boundaryImportWh, selfSufficiencyPerMille, costNano, fundNano, networkNano, socEndWh } = figures;
  return { tradedWh, boundaryImportWh, selfSufficiencyPerMille, costNano, fundNano, networkNano, socEndWh };
}

// Energy of a month, of members and of the street, as it was and as it would have been without trading, without batteries,
// and without both (market.md, "The honest question"). Only what is known is counted: an interval in which a value is missing
// is left out and said to be. Trading moves no energy; without batteries the meter would have shown load - PV.
//
// Who has a roof or a battery is seen from their records of the month. Of a member without any record of generation, use is
// what its meter (and battery) shows, unless that is ever below 0: then there is a roof that nobody measures, and its use is
// not known.
import { above, figuresOf, shareLeft } from '../energy-figures.ts';
import type { BilledRow, IntervalParts } from './parts.ts';

/** One of: as it was, without trading, without batteries, without both. What cannot be known is null. */
export interface MemberVariant {
  readonly importWh: number;
  readonly exportWh: number;
  readonly supplierWh: number | null;
  readonly feedInWh: number | null;
  /** 1 - own import / load, and 1 - own export / PV. */
  readonly selfSufficiencyPerMille: number | null;
  readonly selfConsumptionPerMille: number | null;
}

export interface MemberFigures extends MemberVariant {
  /** Intervals that are counted, and those in which something is not known. */
  readonly intervals: number;
  readonly leftOut: number;
  readonly loadWh: number | null;
  readonly pvWh: number | null;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  readonly boughtWh: number;
  readonly soldWh: number;
  readonly without: Without<MemberVariant>;
}

export interface StreetVariant {
  readonly boundaryImportWh: number;
  readonly boundaryExportWh: number;
  readonly supplierWh: number | null;
  /** 1 - boundary import / load, and 1 - boundary export / PV. */
  readonly selfSufficiencyPerMille: number | null;
  readonly selfConsumptionPerMille: number | null;
}

export interface StreetFigures extends StreetVariant {
  readonly intervals: number;
  readonly leftOut: number;
  readonly members: number;
  readonly loadWh: number | null;
  readonly pvWh: number | null;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  /** Sum of what every member drew alone. */
  readonly importWh: number;
  readonly exportWh: number;
  readonly tradedWh: number;
  readonly without: Without<StreetVariant>;
}

interface Without<Variant> {
  readonly trading: Variant;
  readonly battery: Variant;
  readonly both: Variant;
}

/** Wh; `...AloneWh` is the own net without the battery. */
type Sums = ReturnType<typeof noSums>;

/** A member's intervals, apart by what is known of each: a roof's energy (1), a battery's (2), both (3), neither (0). */
interface Member {
  readonly sums: (Sums | undefined)[];
  rows: number;
  /** Whether use would be below 0 in an interval without a record of generation. */
  negative: boolean;
}

/** One interval of the whole street. Members are sets that are the same in most intervals. */
interface StreetInterval {
  readonly sums: Sums;
  readonly netWh: number;
  readonly netAloneWh: number;
  readonly rows: ReadonlySet<string>;
  readonly batteries: ReadonlySet<string>;
  readonly generation: ReadonlySet<string>;
  readonly complete: boolean;
}

export class EnergyBook {
  readonly #members = new Map<string, Member>();
  readonly #street: StreetInterval[] = [];
  readonly #roofs = new Set<string>();
  readonly #batteries = new Set<string>();
  readonly #sets = new Map<string, ReadonlySet<string>>();

  /** @param rows of the interval as they stand by the newest settlement, one per member */
  add(rows: readonly BilledRow[], { batteries, generation }: IntervalParts): void {
    const stored = new Map(batteries.map((each) => [each.member, each]));
    const roofs = new Map(generation.map(({ member, generationWh }) => [member, generationWh]));
    for (const member of stored.keys()) this.#batteries.add(member);
    for (const member of roofs.keys()) this.#roofs.add(member);
    const street = noSums();
    let [netWh, netAloneWh, complete] = [0, 0, true];
    for (const row of rows) {
      const { member, importWh, exportWh } = row;
      const known = this.#member(member);
      known.rows += 1;
      const battery = stored.get(member);
      const pvWh = roofs.get(member);
      if (importWh === null || exportWh === null || row.quality === 'missing' || pvWh === null) {
        complete = false;
        continue;
      }
      const { chargeWh = 0, dischargeWh = 0 } = battery ?? {};
      const figures = figuresOf({ importWh, exportWh, pvWh: pvWh ?? 0, chargeWh, dischargeWh });
      if (pvWh === undefined && figures.loadWh < 0) known.negative = true;
      const kind = (pvWh === undefined ? 0 : 1) + (battery ? 2 : 0);
      const one: Sums = {
        intervals: 1,
        loadWh: figures.loadWh,
        pvWh: figures.pvWh,
        chargeWh,
        dischargeWh,
        importWh: above(figures.netWh),
        exportWh: above(-figures.netWh),
        importAloneWh: above(figures.netWithoutBatteryWh),
        exportAloneWh: above(-figures.netWithoutBatteryWh),
        boughtWh: row.boughtWh + (row.poolBoughtWh ?? 0),
        soldWh: row.soldWh + (row.poolSoldWh ?? 0),
        supplierWh: row.supplierWh,
        feedInWh: row.feedInWh,
      };
      known.sums[kind] ??= noSums();
      addTo(known.sums[kind], one);
      addTo(street, one);
      netWh += figures.netWh;
      netAloneWh += figures.netWithoutBatteryWh;
    }
    this.#street.push({
      sums: street,
      netWh,
      netAloneWh,
      complete,
      rows: this.#set(rows.map(({ member }) => member)),
      batteries: this.#set(stored.keys()),
      generation: this.#set(roofs.keys()),
    });
  }

  /** Null for who has no row in the month. */
  member(id: string): MemberFigures | null {
    const known = this.#members.get(id);
    if (!known) return null;
    const roof = this.#roofs.has(id);
    const battery = this.#batteries.has(id);
    const sums = noSums();
    for (const [kind, part] of known.sums.entries()) {
      // Who has a roof, or a battery, is counted where its energy is known.
      if (part && (!roof || kind % 2 === 1) && (!battery || kind >= 2)) addTo(sums, part);
    }
    const unmetered = !roof && known.negative;
    const load = unmetered ? null : sums.loadWh;
    const pv = unmetered ? null : sums.pvWh;
    const shares = (importWh: number, exportWh: number) => ({
      importWh,
      exportWh,
      selfSufficiencyPerMille: shareOf(importWh, load),
      selfConsumptionPerMille: shareOf(exportWh, pv),
    });
    const asIs = shares(sums.importWh, sums.exportWh);
    const alone = shares(sums.importAloneWh, sums.exportAloneWh);
    const only = ({ importWh, exportWh }: typeof asIs) => ({ supplierWh: importWh, feedInWh: exportWh });
    return {
      intervals: sums.intervals,
      leftOut: known.rows - sums.intervals,
      loadWh: load,
      pvWh: pv,
      chargeWh: sums.chargeWh,
      dischargeWh: sums.dischargeWh,
      boughtWh: sums.boughtWh,
      soldWh: sums.soldWh,
      ...asIs,
      supplierWh: sums.supplierWh,
      feedInWh: sums.feedInWh,
      without: {
        trading: { ...asIs, ...only(asIs) },
        // What would have been traded then, nobody knows.
        battery: { ...alone, supplierWh: battery ? null : sums.supplierWh, feedInWh: battery ? null : sums.feedInWh },
        both: { ...alone, ...only(alone) },
      },
    };
  }

  street(): StreetFigures {
    const sums = noSums();
    const sides = { importWh: 0, exportWh: 0, importAloneWh: 0, exportAloneWh: 0 };
    const seen = new Map<StreetInterval['rows'], Map<unknown, Map<unknown, boolean>>>();
    for (const interval of this.#street) {
      if (!interval.complete || !this.#known(interval, seen)) continue;
      addTo(sums, { ...interval.sums, intervals: 1 });
      sides.importWh = plus(sides.importWh, above(interval.netWh));
      sides.exportWh = plus(sides.exportWh, above(-interval.netWh));
      sides.importAloneWh = plus(sides.importAloneWh, above(interval.netAloneWh));
      sides.exportAloneWh = plus(sides.exportAloneWh, above(-interval.netAloneWh));
    }
    let unmetered = false;
    for (const [id, { negative }] of this.#members) if (negative && !this.#roofs.has(id)) unmetered = true;
    const load = unmetered ? null : sums.loadWh;
    const pv = unmetered ? null : sums.pvWh;
    const variant = (boundaryImportWh: number, boundaryExportWh: number, supplierWh: number | null) => ({
      boundaryImportWh,
      boundaryExportWh,
      supplierWh,
      selfSufficiencyPerMille: shareOf(boundaryImportWh, load),
      selfConsumptionPerMille: shareOf(boundaryExportWh, pv),
    });
    const { importWh, exportWh, importAloneWh, exportAloneWh } = sides;
    return {
      intervals: sums.intervals,
      leftOut: this.#street.length - sums.intervals,
      members: this.#members.size,
      loadWh: load,
      pvWh: pv,
      chargeWh: sums.chargeWh,
      dischargeWh: sums.dischargeWh,
      importWh: sums.importWh,
      exportWh: sums.exportWh,
      tradedWh: sums.boughtWh,
      ...variant(importWh, exportWh, sums.supplierWh),
      without: {
        trading: variant(importWh, exportWh, sums.importWh),
        battery: variant(importAloneWh, exportAloneWh, this.#batteries.size > 0 ? null : sums.supplierWh),
        both: variant(importAloneWh, exportAloneWh, sums.importAloneWh),
      },
    };
  }

  /** Whether everybody's roof and battery was known in an interval; asked once for each combination of sets. */
  #known(
    { rows, batteries, generation }: StreetInterval,
    seen: Map<unknown, Map<unknown, Map<unknown, boolean>>>,
  ): boolean {
    const byBatteries = seen.get(rows) ?? new Map<unknown, Map<unknown, boolean>>();
    const byGeneration = byBatteries.get(batteries) ?? new Map<unknown, boolean>();
    let known = byGeneration.get(generation);
    if (known === undefined) {
      known = [...rows].every(
        (member) =>
          (batteries.has(member) || !this.#batteries.has(member)) &&
          (generation.has(member) || !this.#roofs.has(member)),
      );
      seen.set(rows, byBatteries.set(batteries, byGeneration.set(generation, known)));
    }
    return known;
  }

  #member(id: string): Member {
    let member = this.#members.get(id);
    if (!member) {
      member = { sums: [], rows: 0, negative: false };
      this.#members.set(id, member);
    }
    return member;
  }

  /** The same set for the same members: most intervals have those of the interval before. */
  #set(members: Iterable<string>): ReadonlySet<string> {
    const sorted = [...members].sort();
    const name = sorted.join(' ');
    let set = this.#sets.get(name);
    if (!set) {
      set = new Set(sorted);
      this.#sets.set(name, set);
    }
    return set;
  }
}

function shareOf(part: number, whole: number | null): number | null {
  return whole === null ? null : shareLeft(part, whole);
}

function noSums() {
  return {
    intervals: 0,
    loadWh: 0,
    pvWh: 0,
    chargeWh: 0,
    dischargeWh: 0,
    importWh: 0,
    exportWh: 0,
    importAloneWh: 0,
    exportAloneWh: 0,
    boughtWh: 0,
    soldWh: 0,
    supplierWh: 0,
    feedInWh: 0,
  };
}

const COUNTED = Object.keys(noSums()) as (keyof Sums)[];

function addTo(sums: Sums, more: Sums): void {
  for (const name of COUNTED) sums[name] = plus(sums[name], more[name]);
}

function plus(a: number, b: number): number {
  const sum = a + b;
  if (!Number.isSafeInteger(sum)) throw new RangeError('the energy of this month does not fit 2^53-1 Wh');
  return sum;
}

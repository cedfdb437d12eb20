// Energy sums of a street's intervals, by member and at the boundary.
// load = import - export + PV + discharge - charge; without batteries the member's meter would have shown load - PV.
// Both are netted within the interval, so trading moves no energy here: it moves money.
import { type Figures, figuresOf } from '../settlement/energy-figures.ts';
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';
import { type Day, type EnergyRow, type Member, own } from './state.ts';

/** One interval of the street: figures of every complete member, and how many members are left out. */
export interface StreetInterval {
  readonly interval: string;
  readonly figures: Readonly<Record<string, Figures>>;
  readonly leftOut: readonly string[];
}

/** The figures of a row, or null while something of it has not come or is missing. */
function figuresOfRow(row: EnergyRow | undefined, member: Member): Figures | null {
  if (!row) return null;
  const { importWh, exportWh } = row;
  const pvWh = member.pv ? row.pvWh : (row.pvWh ?? 0);
  const chargeWh = member.battery ? row.chargeWh : (row.chargeWh ?? 0);
  const dischargeWh = member.battery ? row.dischargeWh : (row.dischargeWh ?? 0);
  if (importWh == null || exportWh == null || pvWh == null || chargeWh == null || dischargeWh == null) return null;
  return figuresOf({ importWh, exportWh, pvWh, chargeWh, dischargeWh });
}

/**
 * The intervals of a day that count, oldest first: those where every member is complete, and those at least two
 * intervals older than the newest metered one, where what has not come by now is left out and said to be.
 * @param newest name of the newest metered interval, or null
 */
export function streetIntervals(
  day: Day,
  members: Readonly<Record<string, Member>>,
  newest: string | null,
): StreetInterval[] {
  const patience = newest === null ? 0 : intervalStart(newest) - 2 * INTERVAL_MS;
  const result: StreetInterval[] = [];
  for (const interval of Object.keys(day.energy).sort()) {
    const rows = day.energy[interval] ?? {};
    const figures: Record<string, Figures> = {};
    const leftOut: string[] = [];
    for (const [id, member] of Object.entries(members)) {
      if (member.kind === 'operator') continue;
      const found = figuresOfRow(own(rows, id), member);
      if (found) figures[id] = found;
      else leftOut.push(id);
    }
    if (Object.keys(figures).length === 0) continue;
    if (leftOut.length === 0 || intervalStart(interval) <= patience) result.push({ interval, figures, leftOut });
  }
  return result;
}

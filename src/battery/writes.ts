// What the device was told last, when it has to be told again, and how many writes that cost. Setpoints are written when
// they change, and renewed at half of their validity. Where registers wear out, writes are counted per UTC day; when the
// day's budget is used up, the battery is left in its safe mode, and that last write is always kept in hand.
import type { BatterySettings } from './settings.ts';

const DAY_MS = 86_400_000;

/** A setpoint that stands in the device. */
export interface Told {
  readonly setpointW: number;
  /** As the device shows it: rounded to its resolution and cut to its full scale. */
  readonly shownW: number;
  readonly at: number;
  /** When it ends by itself. */
  readonly until: number;
}

export interface Writes {
  /** Null: nothing, or nobody knows. */
  readonly told: Told | null;
  /** Whether the device has been given back since. */
  readonly released: boolean;
  /** UTC day number, and the write transactions of that day. */
  readonly day: number;
  readonly used: number;
  /** The most that one command has cost so far. */
  readonly cost: number;
}

/** Write transactions that a command is taken to cost before the first one was counted. */
const COST = 3;

export const initialWrites: Writes = { told: null, released: false, day: 0, used: 0, cost: COST };

/** The count of the running day. A clock set back by less than a day does not give a new budget. */
export function today(writes: Writes, now: number): Writes {
  const day = Math.floor(now / DAY_MS);
  return day === writes.day || day === writes.day - 1 ? writes : { ...writes, day, used: 0 };
}

/** Whether the device has to be told this setpoint now. `insist`: it does not do what it was told. */
export function mustTell(
  settings: BatterySettings,
  { told }: Writes,
  setpointW: number,
  now: number,
  insist: boolean,
): boolean {
  if (!told || told.setpointW !== setpointW || now < told.at) return true;
  if (insist && settings.writesPerDay === undefined) return true;
  return settings.fallback !== 'nothing' && now >= (told.at + told.until) / 2;
}

/** Whether another command would leave no write to give the battery back with. */
export function overBudget({ writesPerDay }: BatterySettings, { used, cost }: Writes): boolean {
  return writesPerDay !== undefined && used + 2 * cost > writesPerDay;
}

/** The memory after a setpoint was written and read back. */
export function told(writes: Writes, setpoint: Told, cost: number): Writes {
  return { ...spent(writes, cost), told: setpoint, released: false };
}

/** The memory after the battery was given back. */
export function released(writes: Writes, cost: number): Writes {
  return { ...spent(writes, cost), told: null, released: true };
}

/** The memory after a command that may have been taken or not. It is counted as if it had. */
export function lost(writes: Writes): Writes {
  return { ...spent(writes, writes.cost), told: null, released: false };
}

function spent(writes: Writes, cost: number): Writes {
  return { ...writes, used: writes.used + cost, cost: Math.max(writes.cost, cost) };
}

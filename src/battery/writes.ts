// What the device was told last, when it has to be told again, and how many writes that cost. Setpoints are written when
// they change, and renewed at half of their validity. A battery that does not let itself be given back is asked again, soon
// at first and then ever less often. Where registers wear out, writes are counted per UTC day, tries included; when the
// day's budget is nearly used up, the battery is left in its safe mode, and what is left of it is kept for giving it back.
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

/** What a device has to be told. */
export type Write = 'set' | 'release' | 'nothing';

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
  /** How often in a row it could not be given back, and how long that has been since, ms. */
  readonly tries: number;
  readonly waitedMs: number;
}

/** Write transactions that a command is taken to cost before the first one was counted. */
const COST = 3;
/** This part of a day's budget is kept for giving the battery back, and at least one command. */
const KEPT = 0.1;
/** Before a battery is given back for the first time, the second, ... */
const PAUSES_MS = [0, 1000, 2000, 5000, 10_000, 20_000, 40_000, 60_000];
const LONGEST_MS = 60_000;
/** After so many tries in vain a person is asked. */
const TRIES = 6;

export const initialWrites: Writes = {
  told: null,
  released: false,
  day: 0,
  used: 0,
  cost: COST,
  tries: 0,
  waitedMs: 0,
};

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

/** Whether another command would leave too few writes to give the battery back with. */
export function overBudget({ writesPerDay }: BatterySettings, { used, cost }: Writes): boolean {
  if (writesPerDay === undefined) return false;
  return used + cost + Math.max(cost, Math.floor(writesPerDay * KEPT)) > writesPerDay;
}

/** The memory after so much more time; a clock that jumps counts for a minute at most. */
export function waited(writes: Writes, ms: number): Writes {
  return writes.tries === 0 ? writes : { ...writes, waitedMs: writes.waitedMs + Math.max(0, Math.min(ms, LONGEST_MS)) };
}

/** How long until the battery may be asked again to take itself back, ms; null: not today. */
export function releaseIn({ writesPerDay }: BatterySettings, { tries, waitedMs, used, cost }: Writes): number | null {
  if (tries > 0 && writesPerDay !== undefined && used + cost > writesPerDay) return null;
  return Math.max(0, (PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0) - waitedMs);
}

/** Whether it is time that a person gives the battery back. */
export function needsHand(settings: BatterySettings, writes: Writes): boolean {
  return writes.tries >= TRIES || releaseIn(settings, writes) === null;
}

/** The memory after a setpoint was written. */
export function told(writes: Writes, setpoint: Told, cost: number): Writes {
  return { ...spent(writes, cost), told: setpoint, released: false };
}

/** The memory after the battery was given back. */
export function released(writes: Writes, cost: number): Writes {
  return { ...spent(writes, cost), told: null, released: true };
}

/** A command that came to nothing. `counted`: its writes arrived, and are counted already. */
export interface Lost {
  readonly write: Write;
  readonly counted?: boolean;
}

/** The memory after a command that may have been taken or not. It is counted as if it had. */
export function lost(writes: Writes, { write, counted = false }: Lost): Writes {
  const tries = write === 'release' ? writes.tries + 1 : 0;
  return { ...(counted ? writes : spent(writes, writes.cost)), told: null, released: false, tries, waitedMs: 0 };
}

function spent(writes: Writes, cost: number): Writes {
  return { ...writes, used: writes.used + cost, cost: Math.max(writes.cost, cost) };
}

// What a flexible load (a car, a boiler) still needs before its deadline: told by messages, or the same every day, less what it
// has run since. Pure steps over plain JSON, so that a restart goes on from a file. Energy in Wh, power in W, times in Unix ms.
import { INTERVAL_MS } from '../time/interval.ts';
import { nextTimeOfDay, previousTimeOfDay } from '../time/time-of-day.ts';

/** What an order may go by. */
export interface FlexibleNeed {
  readonly remainingWh: number;
  readonly deadline: number;
  readonly maxW: number;
  readonly zone: string;
}

/** The same every day, in minutes of the local day. */
export interface DailyNeed {
  /** 0: only what messages tell. */
  readonly dailyWh: number;
  /** The load is there from this time on; null: at any time. */
  readonly from: number | null;
  readonly by: number;
  readonly zone: string;
  readonly maxW: number;
}

export interface FlexibleState {
  /** What a message said last. */
  readonly told: {
    readonly remainingWh: number;
    readonly deadline: number;
    readonly maxW: number;
    readonly at: number;
  } | null;
  /** What the load runs in an interval: bought, or due whether it was bought or not. By start. */
  readonly runs: readonly (readonly [start: number, wh: number])[];
}

export const NOTHING_TOLD: FlexibleState = { told: null, runs: [] };

/** Runs of so long ago concern no deadline that may be told, ms. */
const REMEMBERED_MS = 8 * 86_400_000;
/** A deadline lies at most so far ahead, ms. */
export const LONGEST_DEADLINE_MS = 7 * 86_400_000;

/** The state after a message. What it leaves out is as in the dialog. */
export function tellNeed(
  state: FlexibleState,
  daily: DailyNeed,
  message: { readonly remainingWh: number; readonly deadline?: number; readonly maxW?: number },
  now: number,
): FlexibleState {
  const { remainingWh, maxW = daily.maxW, deadline = nextTimeOfDay(now, daily.by, daily.zone) } = message;
  return { ...state, told: { remainingWh, deadline, maxW, at: now } };
}

/** The state after it is known that the load runs so much in an interval; the largest that was said counts. */
export function runNeed(state: FlexibleState, start: number, wh: number): FlexibleState {
  const others = state.runs.filter(([other]) => other !== start && other > start - REMEMBERED_MS);
  const known = state.runs.find(([other]) => other === start)?.[1] ?? 0;
  return { ...state, runs: [...others, [start, Math.max(known, wh)]] };
}

/** What is needed when the interval begins; null where no deadline lies ahead, or the load is not there yet. */
export function needAt(state: FlexibleState, daily: DailyNeed, start: number): FlexibleNeed | null {
  const { told } = state;
  if (told && told.deadline > start) return left(state, told, told.at, start, daily.zone);
  if (daily.dailyWh === 0) return null;
  const deadline = nextTimeOfDay(start, daily.by, daily.zone);
  const begin = previousTimeOfDay(deadline, daily.from ?? daily.by, daily.zone);
  // What was told for a part of this time stands for all of it.
  if (start < begin || (told && (told.at >= begin || told.deadline > begin))) return null;
  return left(state, { remainingWh: daily.dailyWh, deadline, maxW: daily.maxW }, begin, start, daily.zone);
}

function left(
  { runs }: FlexibleState,
  need: Omit<FlexibleNeed, 'zone'>,
  since: number,
  start: number,
  zone: string,
): FlexibleNeed {
  let wh = need.remainingWh;
  for (const [begin, runWh] of runs) {
    if (begin >= start) continue;
    const share = Math.min(INTERVAL_MS, begin + INTERVAL_MS - since);
    if (share > 0) wh -= Math.floor((runWh * share) / INTERVAL_MS);
  }
  const { deadline, maxW } = need;
  return { remainingWh: Math.max(0, wh), deadline, maxW, zone };
}

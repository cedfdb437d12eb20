// Folds the messages of the nodes into the overview's state: a pure step, `(state, message, now) -> state`.
// Messages of an interval may come in any order and more than once; a later one replaces what it names.
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';
import { tradedAt } from './auction-view.ts';
import { type CommunityMessage, type OverviewMessage, readMessage } from './messages.ts';
import { moneyOf } from './money.ts';
import { BLOCKS_KEPT, type Day, type EnergyRow, emptyOverview, type Member, type OverviewState, own } from './state.ts';
import { addSums, NO_SUMS, sumsOfDay } from './sums.ts';

/** Days that stay open for late messages; an older one is summed up and its intervals are forgotten. */
const DAYS_KEPT = 2;
/** An interval may lie this far ahead of the clock (the gate is before delivery); anything beyond is of another epoch. */
const AHEAD_MS = 8 * INTERVAL_MS;

const EMPTY_DAY: Day = { energy: {}, auctions: {}, settled: {} };

/**
 * The state after one message. Types that the overview does not show leave it as it is.
 * @param payload a node's payload, told apart by its `type`
 * @param now Unix ms on the community's clock; used until a `clock` message came
 * @throws TypeError when a known type has a wrong shape; the state stays usable
 */
export function foldOverview(state: OverviewState, payload: unknown, now: number): OverviewState {
  const message = readMessage(payload);
  if (!message) return state;
  if ('interval' in message && message.type !== 'block') {
    const time = state.clock ? Math.max(state.clock.now, now) : now;
    if (intervalStart(message.interval) > time + AHEAD_MS) return state;
  }
  return fold(state, message);
}

function fold(state: OverviewState, message: OverviewMessage): OverviewState {
  switch (message.type) {
    case 'community':
      return {
        ...state,
        currency: message.currency,
        tariffs: message.tariffs,
        members: membersOf(message, state.members),
      };
    case 'clock': {
      const same = state.clock === null || state.clock.epoch === message.epoch;
      return { ...(same ? state : newEpoch(state)), clock: message };
    }
    case 'reading': {
      const { member, role, powerW, socPerMille, at } = message;
      // The load is computed from the other three, which stand at the connection and balance.
      if (role === 'load') return state;
      const live = { ...own(state.live, member), [role]: { powerW, socPerMille, at } };
      return { ...equip(state, member, role), live: { ...state.live, [member]: live } };
    }
    case 'decision':
      return { ...state, decisions: { ...state.decisions, [message.member]: message } };
    case 'meter': {
      const { member, interval, importWh, exportWh, quality } = message;
      const row = quality === 'missing' ? { importWh: null, exportWh: null } : { importWh, exportWh };
      const before = equip(state, member, 'grid');
      const after = addRow(before, interval, member, row);
      if (after === before) return before;
      return { ...after, since: state.since === null || interval < state.since ? interval : state.since };
    }
    case 'energy':
      return addRow(equip(state, message.member, 'pv'), message.interval, message.member, {
        pvWh: message.generationWh,
      });
    case 'battery': {
      const { chargeWh, dischargeWh } = message;
      return addRow(equip(state, message.member, 'battery'), message.interval, message.member, {
        chargeWh,
        dischargeWh,
      });
    }
    case 'clearing': {
      const { interval } = message;
      const { price, volumeWh } = tradedAt(message);
      const auction = state.auction && state.auction.interval > interval ? state.auction : message;
      const next = changeDay(state, interval, (day) => ({
        ...day,
        auctions: { ...day.auctions, [interval]: { price, volumeWh } },
      }));
      return { ...next, auction };
    }
    case 'settlement': {
      const next = changeDay(state, message.interval, (day) => ({
        ...day,
        settled: { ...day.settled, [message.interval]: moneyOf(message, day.settled[message.interval]) },
      }));
      return { ...next, tariffs: message.tariffs };
    }
    case 'block': {
      const others = state.blocks.filter((block) => block.height !== message.height);
      const blocks = [...others, message].sort((a, b) => b.height - a.height).slice(0, BLOCKS_KEPT);
      return { ...state, blocks };
    }
    case 'verification':
      return { ...state, verification: message };
    case 'proof':
      return { ...state, proof: message };
  }
}

/** A new epoch is a new street with the same people: everything measured is forgotten. */
function newEpoch(state: OverviewState): OverviewState {
  const { currency, tariffs, members } = state;
  return { ...emptyOverview(), currency, tariffs, members };
}

/** The members as told now; a roof or battery that was seen before stays known unless the message speaks of it. */
function membersOf(message: CommunityMessage, known: OverviewState['members']): Record<string, Member> {
  const entries = message.members.map(({ id, kind, pv, battery }) => {
    const seen = own(known, id);
    return [id, { kind, pv: pv ?? seen?.pv ?? false, battery: battery ?? seen?.battery ?? false }] as const;
  });
  return Object.fromEntries(entries);
}

/** Notes that a member exists and has this device; a member nobody told us of is taken for a home. */
function equip(state: OverviewState, id: string, device: 'grid' | 'pv' | 'battery'): OverviewState {
  const known = own(state.members, id);
  if (known && (device === 'grid' || known[device])) return state;
  const member = known ?? { kind: 'home', pv: false, battery: false };
  return { ...state, members: { ...state.members, [id]: device === 'grid' ? member : { ...member, [device]: true } } };
}

function addRow(state: OverviewState, interval: string, member: string, row: EnergyRow): OverviewState {
  return changeDay(state, interval, (day) => {
    const rows = day.energy[interval] ?? {};
    return { ...day, energy: { ...day.energy, [interval]: { ...rows, [member]: { ...own(rows, member), ...row } } } };
  });
}

/** Changes one day; a third day sums up the oldest. A message for a day already summed up comes too late to count. */
function changeDay(state: OverviewState, interval: string, change: (day: Day) => Day): OverviewState {
  const name = interval.slice(0, 10);
  const oldest = Object.keys(state.days).sort()[0];
  if (state.closed && oldest !== undefined && name < oldest) return state;
  const days: Record<string, Day> = { ...state.days, [name]: change(state.days[name] ?? EMPTY_DAY) };
  let closed = state.closed;
  for (const old of Object.keys(days).sort().slice(0, -DAYS_KEPT)) {
    const day = days[old];
    if (day) closed = addSums(closed ?? NO_SUMS, sumsOfDay(day, state.members, newestMetered(days)));
    delete days[old];
  }
  return { ...state, days, closed };
}

/** Name of the newest interval that any meter reported, or null. */
export function newestMetered(days: OverviewState['days']): string | null {
  for (const name of Object.keys(days).sort().reverse()) {
    const newest = Object.keys(days[name]?.energy ?? {})
      .sort()
      .at(-1);
    if (newest !== undefined) return newest;
  }
  return null;
}

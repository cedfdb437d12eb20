// Does the battery do what it was told? One that is off its setpoint for too long, although it is neither full nor empty,
// raises the alarm: it is given back to its own mode, and tried again after a pause that doubles each time.
import type { Reason } from '../units.ts';
import { REACH_MS } from './house.ts';
import type { BatterySettings } from './settings.ts';
import type { Told } from './writes.ts';

/** So far off counts as off: W, and a share of the setpoint for large ones. */
const TOLERANCE_W = 100;
const TOLERANCE_SHARE = 0.15;
/** So near to full or empty, per mille, a battery takes or gives less than it was told. */
const TAPER = 100;
/** One look may fall between two setpoints; so many in a row do not. */
const LOOKS = 3;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

interface Range {
  readonly lowW: number;
  readonly highW: number;
}

export interface Following {
  /** Since when, and for how many looks, it has been off, or on, its setpoint without a break. */
  readonly off: boolean;
  readonly since: number | null;
  readonly looks: number;
  readonly lookAt: number | null;
  /** What it was told lately: a slow battery still does something of that. */
  readonly lately: Range | null;
  readonly before: Range | null;
  readonly turnedAt: number;
  /** Since when it has been told to charge (-1), rest (0) or discharge (1). */
  readonly way: { readonly sign: number; readonly at: number } | null;
  /** Alarms in a row. */
  readonly alarms: number;
  readonly alarm: { readonly reason: Reason; readonly until: number } | null;
}

export const initialFollowing: Following = {
  off: false,
  since: null,
  looks: 0,
  lookAt: null,
  lately: null,
  before: null,
  turnedAt: 0,
  way: null,
  alarms: 0,
  alarm: null,
};

export interface Look {
  readonly batteryW: number;
  readonly socPerMille: number;
  readonly batteryAt: number;
}

/** The memory after a look at the battery. */
export function follow(
  settings: BatterySettings,
  following: Following,
  told: Told | null,
  look: Look,
  now: number,
): Following {
  const { followWithinMs } = settings;
  if (followWithinMs === undefined) return following;
  if (following.alarm) return stillAlarmed(following, now) ? following : { ...following, alarm: null };
  const sign = Math.sign(told?.shownW ?? 0);
  // A clock that was set back tells anew.
  const way = told && { sign, at: following.way?.sign === sign ? Math.min(following.way.at, told.at) : told.at };
  // What was seen before the setpoint was told, or after it ended, says nothing.
  const says = told && look.batteryAt > told.at && look.batteryAt < told.until && look.batteryAt !== following.lookAt;
  if (!says) return told ? { ...following, way } : forget(following);
  const { lately, before, turnedAt } = remembered(following, told.shownW, now, followWithinMs);
  const reversed = isReversed(told.shownW, look.batteryW) && look.batteryAt >= (way?.at ?? now) + REACH_MS;
  const off = reversed || isOff(settings, [lately, ...(before ? [before] : [])], look);
  const same = off === following.off && following.since !== null && following.since <= now;
  const since = same ? (following.since ?? now) : now;
  const looks = same ? following.looks + 1 : 1;
  const next = { ...following, off, since, looks, lookAt: look.batteryAt, lately, before, turnedAt, way };
  if (looks < LOOKS || now - since < followWithinMs) return next;
  if (!off) return { ...next, alarms: 0 };
  const seconds = Math.round((now - since) / 1000);
  const shown = reversed
    ? `shows ${Math.round(look.batteryW)} W: it does the opposite, or its sign is reversed`
    : `has shown ${Math.round(look.batteryW)} W for ${seconds} s`;
  const text = `The battery was told ${told.shownW} W and ${shown}, so it is given back to its own mode.`;
  const numbers = { toldW: told.shownW, batteryW: Math.round(look.batteryW), followWithinMs };
  return raise(next, { code: 'not-following', text, numbers }, now);
}

/** The alarm for a battery that does not take or do what it is told. */
export function raise(following: Following, reason: Reason, now: number): Following {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(following.alarms, 10));
  return { ...forget(following), alarms: following.alarms + 1, alarm: { reason, until: now + pause } };
}

/** A clock that was set back must not keep an alarm for ever. */
function stillAlarmed({ alarm }: Following, now: number): boolean {
  return alarm !== null && now < alarm.until && alarm.until - now <= LONGEST_PAUSE_MS;
}

function forget(following: Following): Following {
  return { ...initialFollowing, alarms: following.alarms, alarm: following.alarm };
}

/** What it was told within the last `followWithinMs`, and a little before. */
function remembered(following: Following, shownW: number, now: number, followWithinMs: number) {
  const { lately, before, turnedAt } = following;
  const point = { lowW: shownW, highW: shownW };
  if (!lately || now < turnedAt) return { lately: point, before: null, turnedAt: now };
  if (now - turnedAt >= followWithinMs) return { lately: point, before: lately, turnedAt: now };
  const wider = { lowW: Math.min(lately.lowW, shownW), highW: Math.max(lately.highW, shownW) };
  return { lately: wider, before, turnedAt };
}

/**
 * The very setpoint with the other sign. What was told before counts for nothing then: it had the other sign, too. A slow
 * battery, or a slow register, shows the same for a while after each turn, so it is not asked sooner than REACH_MS after one.
 */
function isReversed(shownW: number, batteryW: number): boolean {
  return Math.abs(shownW) > 2 * TOLERANCE_W && Math.abs(batteryW + shownW) <= tolerance(shownW);
}

function isOff(settings: BatterySettings, ranges: readonly Range[], { batteryW, socPerMille }: Look): boolean {
  const lowW = Math.min(...ranges.map((range) => range.lowW));
  const highW = Math.max(...ranges.map((range) => range.highW));
  const nearlyFull = socPerMille >= Math.min(1000, settings.maxSocPerMille) - TAPER;
  const nearlyEmpty = socPerMille <= settings.minSocPerMille + TAPER;
  const least = nearlyEmpty ? Math.min(0, lowW) : lowW;
  const most = nearlyFull ? Math.max(0, highW) : highW;
  return batteryW < least - tolerance(lowW) || batteryW > most + tolerance(highW);
}

const tolerance = (watts: number) => Math.max(TOLERANCE_W, Math.abs(watts) * TOLERANCE_SHARE);

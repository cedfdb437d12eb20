// What one counter showed at the boundaries of delivery intervals: at the reading nearest to a boundary where one is near,
// else in between, as an estimate; not known where a gap is too long or the meter began anew. Import and export are apart,
// because a reading may lack either. Pure.
import { INTERVAL_MS } from '../time/interval.ts';
import type { Reason } from '../units.ts';

export interface BoundarySettings {
  /** A reading this near to a boundary stands for it, ms. */
  readonly toleranceMs: number;
  /** Longest gap between two readings over which boundaries are interpolated, ms. */
  readonly maxGapMs: number;
}

/** What a counter showed; `estimated` says why that is no measurement. */
export interface Count {
  readonly wh: number;
  readonly estimated: Reason | null;
  /** So much more than the counter shows has been told, Wh: before it was a little wrong. */
  readonly owedWh?: number;
}

export interface Unknown {
  readonly gap: Reason;
}

export const isKnown = (figure: Count | Unknown): figure is Count => 'wh' in figure;

/** A boundary: what the interval before it ends with, and what the one behind it starts with. Plain JSON. */
export interface Boundary {
  readonly end: Count | Unknown;
  readonly start: Count | Unknown;
}

/** One counter. Plain JSON. */
export interface Track {
  /** The last reading that showed it. */
  readonly last: Count & { readonly at: number };
  /** The boundaries that it has passed, from the start of the next interval to come out on. */
  readonly passed: readonly Boundary[];
  /** The meter began anew since then. */
  readonly broken?: Reason;
}

const startedWithin: Reason = { code: 'started-within', text: 'The meter was not read at the start of the interval.' };
const interpolated: Reason = {
  code: 'interpolated',
  text: 'There was no reading near a boundary of the interval; its energy is shared out evenly over the gap.',
};

/** A counter that is seen for the first time. @param next start of the next interval to come out */
export function beginTrack({ toleranceMs }: BoundarySettings, now: Track['last'], next: number): Track {
  const passed: Boundary[] = [];
  for (let boundary = next; boundary <= now.at; boundary += INTERVAL_MS) {
    const start = now.at - boundary <= toleranceMs ? countOf(now) : { gap: startedWithin };
    passed.push({ end: { gap: startedWithin }, start });
  }
  return { last: now, passed };
}

/**
 * The counter shows a figure, later than its last one. Where it is lower, the last one was a little wrong.
 * @param broken why nothing goes on from the last one to this
 */
export function show(
  settings: BoundarySettings,
  track: Track,
  now: Track['last'],
  next: number,
  broken?: Reason,
): Track {
  const cut = broken ?? track.broken;
  if (cut) return showAnew(settings, track, now, next, cut);
  const last = { ...track.last, wh: Math.min(track.last.wh, now.wh) };
  // Intervals that were given up while it was not read: their successors start with what is known now.
  const passed = track.passed.map((boundary, index): Boundary => {
    const at = next + index * INTERVAL_MS;
    const isOpen = !isKnown(boundary.start) && at > last.at && at <= now.at;
    return isOpen ? { ...boundary, start: countAt(settings, last, now, at) } : boundary;
  });
  for (let boundary = next + passed.length * INTERVAL_MS; boundary <= now.at; boundary += INTERVAL_MS) {
    const figure = notBelow(passed.at(-1)?.start, countAt(settings, last, now, boundary));
    passed.push({ end: figure, start: figure });
  }
  return { last: now, passed };
}

/** Behind a break only what follows it counts, and not from a boundary that was known: what came before would count twice. */
function showAnew(
  { toleranceMs }: BoundarySettings,
  track: Track,
  now: Track['last'],
  next: number,
  gap: Reason,
): Track {
  const [before] = track.passed.slice(-1);
  const passed = [...breakOff(track, gap).passed];
  const isTold = before !== undefined && isKnown(before.start);
  const known = passed.length;
  for (let boundary = next + known * INTERVAL_MS; boundary <= now.at; boundary += INTERVAL_MS)
    passed.push({ end: { gap }, start: { gap } });
  const latest = passed.at(-1);
  const isNear = Math.abs(now.at - (next + (passed.length - 1) * INTERVAL_MS)) <= toleranceMs;
  if (latest && isNear && (passed.length > known || !isTold))
    passed[passed.length - 1] = { ...latest, start: countOf(now) };
  return { last: now, passed };
}

/** The meter was read without this counter: boundaries that a later reading can tell nothing more of are settled. */
export function wait(settings: BoundarySettings, track: Track, at: number, next: number): Track {
  const { last } = track;
  const passed = [...track.passed];
  for (let boundary = next + passed.length * INTERVAL_MS; boundary <= at; boundary += INTERVAL_MS) {
    const [before, after] = [boundary - last.at, at - boundary];
    const isGone = at - last.at > settings.maxGapMs && after > settings.toleranceMs;
    const isNear = before <= settings.toleranceMs && after >= before && !track.broken;
    if (!isNear && !isGone) break;
    const figure = isNear ? countOf(last) : { gap: track.broken ?? tooLong(settings, at - last.at) };
    passed.push({ end: figure, start: figure });
  }
  return { ...track, passed };
}

/** Nothing more is waited for until `now`: what is not known is left open for this reason. */
export function settle({ toleranceMs }: BoundarySettings, track: Track, now: number, next: number, gap: Reason): Track {
  const passed = [...track.passed];
  for (let boundary = next + passed.length * INTERVAL_MS; boundary <= now; boundary += INTERVAL_MS) {
    const isNear = !track.broken && Math.abs(boundary - track.last.at) <= toleranceMs;
    const figure = isNear ? countOf(track.last) : { gap };
    passed.push({ end: figure, start: figure });
  }
  return { ...track, passed };
}

/** What follows begins anew: the interval that was running is not known. */
export function breakOff(track: Track, gap: Reason): Track {
  const latest = track.passed.at(-1);
  const passed = latest ? [...track.passed.slice(0, -1), { ...latest, start: { gap } }] : [];
  return { ...track, passed, broken: gap };
}

/** What was told already is not taken back: the counter has to come up to it first. */
function notBelow(from: Count | Unknown | undefined, figure: Count | Unknown): Count | Unknown {
  if (!from || !isKnown(from) || !isKnown(figure) || figure.wh >= from.wh) return figure;
  return { ...figure, wh: from.wh, owedWh: from.wh - figure.wh };
}

/** What a counter showed at a boundary between two readings. */
function countAt(
  settings: BoundarySettings,
  before: Track['last'],
  after: Track['last'],
  boundary: number,
): Count | Unknown {
  const nearest = boundary - before.at < after.at - boundary ? before : after;
  if (Math.abs(nearest.at - boundary) <= settings.toleranceMs) return countOf(nearest);
  const span = after.at - before.at;
  if (span > settings.maxGapMs) return { gap: tooLong(settings, span) };
  const part = Number((BigInt(after.wh - before.wh) * BigInt(boundary - before.at)) / BigInt(span));
  return { wh: before.wh + part, estimated: interpolated };
}

function countOf({ wh, estimated }: Count): Count {
  return { wh, estimated };
}

function tooLong({ maxGapMs }: BoundarySettings, gapMs: number): Reason {
  const text = `The counter was not read for ${Math.round(gapMs / 60_000)} minutes, too long to say what flowed when.`;
  return { code: 'gap', text, numbers: { gapMs, maxGapMs } };
}

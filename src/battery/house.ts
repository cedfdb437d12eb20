// What a house needs without its batteries: what its meter shows and what they do, added up. Meter and battery are never
// read at the very same moment, and what a register shows may be some seconds older than its time says. While a battery
// moves, the sum is then wrong by what it moved in between, and control that believes it chases itself for ever.
//
// So the need is a range: what the meter shows, plus all that the battery may have been doing when the meter looked. Of a
// range, control takes the value nearest to what it has told already. While the need stands still it lies in the range, so
// a setpoint only ever comes nearer to it and never passes it, whatever the lags are and however they change, as long as
// they are no longer than SKEW_MS; and once the battery stands still the range is a point. A step after some seconds of
// quiet is answered at once and in full. What is the same for the limits at the grid connection stands in connection.ts.
//
// Where moves of the battery show in both readings at once, again and again, they are in step, and no more than the last
// two readings count. The first move that does not is the end of that.

/** A power at a time, Unix ms. */
export interface Moment {
  readonly at: number;
  readonly watts: number;
}

/** What control remembers of a battery's way, oldest first. Plain JSON. */
export interface Trail {
  readonly readings: readonly Moment[];
  /** Setpoints, each from when it was told. */
  readonly setpoints: readonly Moment[];
  /** The move that the meter has not shown yet: when it began, and from where. */
  readonly open: { readonly at: number; readonly gridW: number; readonly batteryW: number } | null;
  readonly step: InStep;
}

/** How often meter and battery were seen to move together. */
interface InStep {
  /** Moves seen in both at once, less twice those that were not; from IN_STEP on they are in step. */
  readonly score: number;
  readonly missedAt: number | null;
  /** When both were read last, what they showed, and how far the battery had moved. */
  readonly look: { readonly meterAt: number; readonly gridW: number; readonly batteryW: number } | null;
  readonly movedW: number;
}

export const initialTrail: Trail = {
  readings: [],
  setpoints: [],
  open: null,
  step: { score: 0, missedAt: null, look: null, movedW: 0 },
};

/** A need of the house, or of one phase, as far as it is known, W. */
export interface Need {
  readonly lowW: number;
  readonly highW: number;
  /** As if both readings were of the same moment. */
  readonly nowW: number;
  /** What the meter shows. */
  readonly gridW: number;
  /** What the batteries are told already. */
  readonly toldW: number;
  /** What the others of them are going to do. */
  readonly othersW: number;
}

/** So much older than its time a register may be, ms. */
export const SKEW_MS = 6000;
/** Within so much more a battery that was told something has begun to show it, ms. */
export const REACH_MS = 10_000;
/** For so long at most the meter is waited for to show a move, ms. */
const OPEN_MS = 30_000;
const OPEN_W = 100;
/** A battery is on its way that has done so much of what was left within SKEW_MS, and at least so many W. */
const ON_ITS_WAY = 0.03;
const ON_ITS_WAY_W = 30;
/** A move of so many W, after none or a much smaller one, tells whether meter and battery are in step. */
const MOVE_W = 300;
const ALIKE = 0.3;
const IN_STEP = 3;
const MOST_SCORE = 5;
/** More readings than this are not kept, of a meter that is hardly ever read. */
const MOST_READINGS = 200;

export interface Seen {
  readonly gridW: number;
  readonly meterAt: number;
  readonly batteryW: number;
  readonly batteryAt: number;
}

/** The memory after a look at meter and battery. @param othersW what other batteries behind the meter show */
export function followTrail(trail: Trail, seen: Seen, othersW: number): Trail {
  const { meterAt, batteryAt, batteryW } = seen;
  const oldest = Math.min(meterAt, batteryAt) - 2 * SKEW_MS;
  const same = trail.readings.at(-1);
  const isNew = same?.at !== batteryAt || same.watts !== batteryW;
  const readings = trail.readings.filter(({ at }) => at <= batteryAt);
  if (isNew) readings.push({ at: batteryAt, watts: batteryW });
  return {
    readings: since(readings, oldest).slice(-MOST_READINGS),
    setpoints: since(trail.setpoints, oldest).slice(-MOST_READINGS),
    open: followOpen(trail.open, seen, othersW),
    step: followStep(trail.step, { ...seen, gridW: seen.gridW + othersW }),
  };
}

/** A move is waited for while the meter goes on showing what it showed before. */
function followOpen(open: Trail['open'], { meterAt, gridW, batteryW }: Seen, othersW: number): Trail['open'] {
  if (!open || Math.abs(meterAt - open.at) > OPEN_MS) return null;
  const changeW = gridW + othersW - open.gridW;
  const movedW = batteryW - open.batteryW;
  const same = Math.abs(changeW) < Math.max(OPEN_W, Math.abs(movedW)) / 2;
  return same ? open : null;
}

/** What is in force from then on: the last one before it, too. */
function since(moments: readonly Moment[], from: number): Moment[] {
  const first = moments.findLastIndex(({ at }) => at <= from);
  return moments.slice(Math.max(0, first));
}

/** The memory after a battery was told something. Given back, it is taken to go to rest. */
export function followSetpoint(trail: Trail, setpointW: number, now: number): Trail {
  const before = trail.setpoints.filter(({ at }) => at <= now);
  if (before.at(-1)?.watts === setpointW) return { ...trail, setpoints: before };
  const { look } = trail.step;
  const moves = look && Math.abs(setpointW - look.batteryW) >= OPEN_W;
  const open = moves ? { at: now, gridW: look.gridW, batteryW: look.batteryW } : null;
  return { ...trail, open: trail.open ?? open, setpoints: [...before, { at: now, watts: setpointW }] };
}

function followStep(step: InStep, { gridW, meterAt, batteryW, batteryAt }: Seen): InStep {
  const { look } = step;
  const next = { meterAt, gridW, batteryW };
  if (!look || meterAt < look.meterAt) return { ...initialTrail.step, look: next };
  if (meterAt === look.meterAt) return step;
  const movedW = batteryW - look.batteryW;
  const begins = Math.abs(movedW) >= MOVE_W && Math.abs(step.movedW) <= ALIKE * Math.abs(movedW);
  if (!begins) return { ...step, look: next, movedW };
  const mirrored = Math.abs(gridW - look.gridW + movedW) <= ALIKE * Math.abs(movedW);
  const score = mirrored ? Math.min(MOST_SCORE, step.score + 1) : Math.max(0, step.score - 2);
  return { score, missedAt: mirrored ? step.missedAt : batteryAt, look: next, movedW };
}

/** All that a battery may have been doing when the meter looked, W. */
export function doingThen({ readings, setpoints, open, step }: Trail, { meterAt, batteryAt, batteryW }: Seen) {
  const missed = step.missedAt !== null && Math.abs(batteryAt - step.missedAt) <= SKEW_MS;
  const inStep = step.score >= IN_STEP && !missed;
  const from = Math.max(meterAt - SKEW_MS, inStep ? (readings.at(-2)?.at ?? 0) : 0);
  const watts = [...between(readings, from, meterAt + SKEW_MS), ...(inStep ? [batteryW] : [])];
  if (open && !inStep) watts.push(open.batteryW);
  const told = setpoints.filter(({ at }) => at <= meterAt);
  for (const [i, { at, watts: aimW }] of told.entries()) {
    const next = told[i + 1];
    if (next) {
      if (!inStep && next.at >= meterAt - SKEW_MS) watts.push(aimW);
    } else if (at >= meterAt - REACH_MS || isOnItsWay(readings, aimW)) watts.push(aimW);
  }
  return { lowW: Math.min(...watts), highW: Math.max(...watts) };
}

/** What was shown in a span of time, and at its ends, in a straight line between two readings. */
function between(moments: readonly Moment[], from: number, to: number): number[] {
  const inside = moments.filter(({ at }) => at >= from && at <= to).map(({ watts }) => watts);
  return [showedAt(moments, from), ...inside, showedAt(moments, to)];
}

function showedAt(moments: readonly Moment[], time: number): number {
  const after = moments.find(({ at }) => at >= time) ?? moments.at(-1);
  const before = moments.findLast(({ at }) => at <= time) ?? moments[0];
  if (!before || !after) return 0;
  if (after.at <= before.at) return before.watts;
  return before.watts + ((after.watts - before.watts) * (time - before.at)) / (after.at - before.at);
}

/** Whether a battery has lately come nearer to what it was told, as a slow one does. */
function isOnItsWay(readings: readonly Moment[], aimW: number): boolean {
  const last = readings.at(-1);
  if (!last) return false;
  const leftW = aimW - showedAt(readings, last.at - SKEW_MS);
  const doneW = (last.watts - (aimW - leftW)) * Math.sign(leftW);
  return doneW >= Math.max(ON_ITS_WAY_W, ON_ITS_WAY * Math.abs(leftW));
}

/** What the batteries should do in all so that the meter shows `-offsetW`, less what the others do: the nearest to what is told. */
export function nearest({ lowW, highW, toldW, othersW }: Need, offsetW: number): number {
  return Math.max(lowW + offsetW, Math.min(highW + offsetW, toldW)) - othersW;
}

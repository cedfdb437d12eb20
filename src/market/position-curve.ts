// What each Wh bought or sold for an interval is worth to a member with (or without) a battery: a falling curve over the
// position, whose part above 0 is its demand and whose part below 0 its supply. Integers; position + = bought, in Wh at the
// connection; worth in micro-currency per kWh. The battery makes the connection meet the position (docs/strategies.md).
import { type Ahead, type Step, type Store, storedFrom, window } from './stored-worth.ts';

/** From this position on, one Wh more is worth so much. Falling; the first point is at minus infinity. */
export interface CurvePoint {
  readonly from: number;
  readonly worth: number;
}

/**
 * The curve for one course of the interval.
 * @param storedWh what is stored when it begins
 * @param worth of the stored Wh when it ends (`worthOfStore` of what follows)
 */
export function positionCurve(store: Store, storedWh: number, now: Ahead, worth: readonly Step[]): CurvePoint[] {
  const { needWh, buy, sell } = now;
  const bounded = (value: number) => Math.min(buy, Math.max(sell, value));
  const given = Math.min(store.dischargeWh, storedWh);
  // What the battery cannot give comes from the supplier; then buying more spares what is stored ...
  const points: CurvePoint[] = [{ from: Number.NEGATIVE_INFINITY, worth: buy }];
  let from = needWh - given;
  for (const step of window(worth, storedWh - given, given)) {
    points.push({ from, worth: bounded(step.worth + store.wear) });
    from += step.wh;
  }
  // ... then fills the battery ...
  let [stored, taken] = [0, 0];
  const room = Math.min(storedFrom(store.chargeWh, store), store.usableWh - storedWh);
  for (const step of window(worth, storedWh, room)) {
    points.push({ from: needWh + taken, worth: bounded(Math.floor((step.worth * store.roundTripPerMille) / 1000)) });
    stored += step.wh;
    taken = Math.floor((stored * 1000) / store.roundTripPerMille);
  }
  // ... and is fed in.
  points.push({ from: needWh + taken, worth: sell });
  return points;
}

/** The sum of several curves: divided by their number, the mean of courses that are equally likely. */
export function sumOfCurves(curves: readonly (readonly CurvePoint[])[]): CurvePoint[] {
  const changes = curves.flatMap((curve) =>
    curve.map(({ from, worth }, i) => ({ from, change: worth - (curve[i - 1]?.worth ?? 0) })),
  );
  changes.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const points: CurvePoint[] = [];
  let worth = 0;
  for (const { from, change } of changes) {
    worth += change;
    if (points.at(-1)?.from === from) points[points.length - 1] = { from, worth };
    else points.push({ from, worth });
  }
  return points;
}

// Situations to bid in, for the tests of the strategies: a member of the example street at noon.
import fc from 'fast-check';
import type { Bid, Situation } from '../../src/market/bidding.ts';
import type { Replay } from '../../src/market/replay.ts';

export const tariffs = { import: 300_000, feedIn: 80_000 };
export const NOON = Date.parse('2026-11-22T12:00Z');

export const homeBattery = {
  storedWh: 0,
  usableWh: 6400,
  chargeWh: 1250,
  dischargeWh: 1250,
  roundTripPerMille: 900,
};

/** A situation with this mean need. */
export function situation(needWh: number | null, change: Partial<Situation> = {}): Situation {
  return {
    start: NOON,
    tariffs,
    bounds: { min: tariffs.feedIn, max: tariffs.import },
    forecast: needWh === null ? null : { meanWh: needWh, daysWh: [needWh], basis: 'days' },
    needUntilSunWh: 0,
    replays: () => [],
    maxOrderWh: 100_000,
    maxOrders: 10,
    ...change,
  };
}

export const short = (bids: readonly Bid[]) => bids.map(({ side, wh, limit }) => [side, wh, limit]);

/** Situations of every kind, those without a price between the tariffs and with a battery beyond its window among them. */
export const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    needWh: fc.option(fc.integer({ min: -5000, max: 5000 }), { nil: null }),
    feedIn: fc.integer({ min: -200_000, max: 300_000 }),
    span: fc.integer({ min: 0, max: 300_000 }),
    supplier: fc.option(fc.integer({ min: -300_000, max: 900_000 }), { nil: null }),
    outside: fc.boolean(),
    battery: fc.option(
      fc.record({
        storedWh: fc.integer({ min: 0, max: 9000 }),
        usableWh: fc.integer({ min: 1, max: 8000 }),
        chargeWh: fc.integer({ min: 0, max: 2000 }),
        dischargeWh: fc.integer({ min: 0, max: 2000 }),
        roundTripPerMille: fc.integer({ min: 500, max: 1000 }),
      }),
      { nil: null },
    ),
    days: fc.array(fc.array(fc.integer({ min: -3000, max: 3000 }), { minLength: 1, maxLength: 8 }), { maxLength: 4 }),
    flexible: fc.option(
      fc.record({
        remainingWh: fc.nat(40_000),
        deadline: fc.integer({ min: NOON - 3_600_000, max: NOON + 10 * 3_600_000 }),
        maxW: fc.integer({ min: 4, max: 22_000 }),
        zone: fc.constant('Europe/Berlin'),
      }),
      { nil: null },
    ),
    step: fc.nat(12),
    maxOrderWh: fc.integer({ min: 1, max: 6000 }),
    maxOrders: fc.integer({ min: 1, max: 7 }),
  })
  .map(({ needWh, feedIn, span, supplier, outside, battery, days, ...rest }) => {
    const asked = feedIn + span;
    const outer =
      supplier === null ? { import: asked, feedIn } : { import: supplier, feedIn: Math.min(feedIn, supplier) };
    const storedWh = Math.min(battery?.storedWh ?? 0, battery?.usableWh ?? 0);
    const replays = days.map((needs): Replay => {
      const [now, ...after] = needs.map((each) => ({ needWh: each, buy: outer.import, sell: outer.feedIn }));
      return { storedWh, now: now!, after };
    });
    return situation(needWh, {
      tariffs: outer,
      bounds: outside ? { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER } : { min: feedIn, max: asked },
      ...(battery ? { battery } : {}),
      replays: () => replays,
      ...rest,
    });
  });

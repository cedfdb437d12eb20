// What must hold for whatever battery control is given: the envelope, the limit that a reason names, the safe end. Over all
// modes and all limits.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide, prepare, taken } from '../../src/battery/control.ts';
import { type BatterySettings, checkSettings } from '../../src/battery/settings.ts';
import { solve } from '../../src/battery/solve.ts';
import { boundsOf, wanted } from '../../src/battery/sources.ts';
import { type ControlState, initialControl, type Snapshot } from '../../src/battery/state.ts';
import { intervalAt } from '../../src/time/interval.ts';
import { done, start } from '../support/battery-play.ts';

const watts = (max: number) => fc.integer({ min: 0, max });
const maybe = (max: number) => fc.option(watts(max), { nil: undefined, freq: 2 });

const settingsArb: fc.Arbitrary<BatterySettings> = fc
  .record({
    capacityWh: fc.integer({ min: 500, max: 50_000 }),
    maxChargeW: watts(10_000),
    maxDischargeW: watts(10_000),
    window: fc.tuple(watts(1000), watts(1000)),
    hysteresisPerMille: watts(100),
    rampWPerSecond: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined, freq: 2 }),
    staleAfterMs: fc.integer({ min: 1000, max: 60_000 }),
    validForSeconds: fc.integer({ min: 1, max: 900 }),
    connectionW: maybe(20_000),
    phaseW: maybe(8000),
    phase: fc.constantFrom('all' as const, 1 as const, 2 as const, 3 as const),
    exportLimitW: maybe(10_000),
    peakImportW: maybe(10_000),
    peakPhaseW: maybe(5000),
    reserve: maybe(1000),
    minChargeC: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }),
    maxChargeC: fc.option(fc.integer({ min: 40, max: 50 }), { nil: undefined }),
    minDischargeC: fc.option(fc.integer({ min: -20, max: 0 }), { nil: undefined }),
    maxDischargeC: fc.option(fc.integer({ min: 45, max: 60 }), { nil: undefined }),
    otherwise: fc.constantFrom('self-consumption' as const, 'plan' as const, 'peak-shaving' as const, 'hold' as const),
    targetW: fc.integer({ min: -500, max: 500 }),
    planMaxAgeMs: fc.constantFrom(1000, 300_000_000, 400_000_000),
    priceMaxAgeMs: fc.constantFrom(1000, 300_000_000, 400_000_000),
  })
  .map(({ window: [a, b], reserve, otherwise, ...rest }) => {
    const max = Math.max(a, b);
    const peaks = rest.peakImportW !== undefined || rest.peakPhaseW !== undefined;
    const settings = {
      ...rest,
      otherwise: otherwise === 'peak-shaving' && !peaks ? ('hold' as const) : otherwise,
      hysteresisPerMille: Math.min(rest.hysteresisPerMille, Math.abs(a - b)),
      minSocPerMille: Math.min(a, b),
      maxSocPerMille: max,
      reservePerMille: reserve === undefined ? undefined : Math.min(reserve, max),
    };
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
    return checkSettings(given as unknown as BatterySettings);
  });

const rarely = <T>(arb: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: arb });
const power = fc.integer({ min: -20_000, max: 20_000 });
const phase = fc.integer({ min: -7000, max: 7000 });
const planIntervalArb = fc.oneof(
  fc.record({ setpointW: fc.integer({ min: -10_000, max: 10_000 }) }),
  fc.record(
    {
      mode: fc.constantFrom('charge' as const, 'discharge' as const, 'hold' as const, 'self-consumption' as const),
      maxChargeW: watts(10_000),
      maxDischargeW: watts(10_000),
    },
    { requiredKeys: ['mode'] },
  ),
);

const age = fc.oneof({ weight: 5, arbitrary: watts(1000) }, { weight: 1, arbitrary: watts(70_000) });
const readingArb = fc.record({
  afterMs: fc.integer({ min: 1, max: 120_000 }),
  gridW: power,
  batteryW: fc.integer({ min: -10_000, max: 10_000 }),
  socPerMille: watts(1000),
  meterAge: age,
  batteryAge: age,
  positionWh: rarely(fc.integer({ min: -3000, max: 3000 })),
  phasesW: fc.tuple(phase, phase, phase),
  temperatureC: fc.option(fc.integer({ min: -30, max: 70 })),
  deviceChargeW: fc.option(watts(10_000), { freq: 2 }),
  deviceDischargeW: fc.option(watts(10_000), { freq: 2 }),
  manual: rarely(fc.record({ setpointW: power, forMs: watts(60_000) })),
  reserve: rarely(fc.record({ socPerMille: watts(1000), forMs: watts(60_000), chargeW: watts(5000) })),
  plan: fc.option(fc.record({ age: watts(200_000_000), priceAge: watts(200_000_000), entry: planIntervalArb }), {
    freq: 5,
  }),
});
type Drawn = typeof readingArb extends fc.Arbitrary<infer T> ? T : never;

function snapshotOf(
  { meterAge, batteryAge, manual, reserve, plan, afterMs: _, ...rest }: Drawn,
  now: number,
): Snapshot {
  return {
    ...rest,
    meterAt: now - meterAge,
    batteryAt: now - batteryAge,
    manual: manual && { setpointW: manual.setpointW, until: now + manual.forMs },
    reserve: reserve && { socPerMille: reserve.socPerMille, until: now + reserve.forMs, chargeW: reserve.chargeW },
    plan: plan && {
      madeAt: now - plan.age,
      pricesAt: now - plan.priceAge,
      intervals: [{ interval: intervalAt(now), ...plan.entry }],
    },
  };
}

interface World {
  readonly settings: BatterySettings;
  readonly snapshot: Snapshot;
}

const set =
  (change: Partial<BatterySettings>) =>
  (world: World): World => ({
    ...world,
    settings: { ...world.settings, ...change },
  });
const see =
  (change: (snapshot: Snapshot) => Partial<Snapshot>) =>
  (world: World): World => ({
    ...world,
    snapshot: { ...world.snapshot, ...change(world.snapshot) },
  });
const without =
  (name: keyof BatterySettings) =>
  (world: World): World => {
    const { [name]: _, ...settings } = world.settings;
    return { ...world, settings: settings as BatterySettings };
  };

/** Each limit under the name that reasons give it, made so wide that it cannot bind. */
const loosened: Readonly<Record<string, (world: World) => World>> = {
  maxChargeW: set({ maxChargeW: 10_000_000 }),
  maxDischargeW: set({ maxDischargeW: 10_000_000 }),
  minSocPerMille: set({ minSocPerMille: -1_000_000_000 }),
  maxSocPerMille: set({ maxSocPerMille: 1_000_000_000 }),
  hysteresisPerMille: set({ hysteresisPerMille: 0 }),
  rampWPerSecond: without('rampWPerSecond'),
  staleAfterMs: set({ staleAfterMs: 10_000_000 }),
  connectionW: without('connectionW'),
  phaseW: set({ phaseW: 10_000_000 }),
  exportLimitW: without('exportLimitW'),
  peakImportW: set({ peakImportW: 10_000_000 }),
  peakPhaseW: set({ peakPhaseW: 10_000_000 }),
  reservePerMille: (world) => see(() => ({ reserve: null }))(without('reservePerMille')(world)),
  minChargeC: without('minChargeC'),
  maxChargeC: without('maxChargeC'),
  minDischargeC: without('minDischargeC'),
  maxDischargeC: without('maxDischargeC'),
  deviceChargeW: see(() => ({ deviceChargeW: null })),
  deviceDischargeW: see(() => ({ deviceDischargeW: null })),
  planMaxAgeMs: set({ planMaxAgeMs: 1_000_000_000 }),
  priceMaxAgeMs: set({ priceMaxAgeMs: 1_000_000_000 }),
  planMaxChargeW: planWithout('maxChargeW'),
  planMaxDischargeW: planWithout('maxDischargeW'),
};

function planWithout(name: 'maxChargeW' | 'maxDischargeW') {
  return see(({ plan }) => ({
    plan: plan ? { ...plan, intervals: plan.intervals.map(({ [name]: _, ...rest }) => rest) } : null,
  }));
}

/** What a wish itself hangs on, besides the limit that bound it: without it someone else would have wished. */
const wishLimits: Readonly<Record<string, readonly string[]>> = {
  'plan-stale': ['planMaxAgeMs'],
  'price-stale': ['priceMaxAgeMs'],
  'reserve-charge': ['reservePerMille'],
};

const outcome = ({ settings, snapshot }: World, state: ControlState, now: number, withReason = false) => {
  const [, { setpointW, state: mode, reason }] = decide(settings, state, snapshot, now);
  const stale = withReason && reason.code.endsWith('-stale') ? reason.code : '';
  return JSON.stringify([setpointW, mode === 'safe' ? 'safe' : 'set', stale]);
};

/** Whether limits that cannot be kept pull both ways, or a limit contradicts itself: then no single one decides. */
function contradicted({ settings, snapshot }: World, state: ControlState, now: number): boolean {
  const { phase, phaseW = Number.POSITIVE_INFINITY } = settings;
  const spreadW = Math.max(...(snapshot.phasesW ?? [])) - Math.min(...(snapshot.phasesW ?? []));
  // Phases so far apart are out of reach for a battery on all of them.
  if (phase === 'all' && spreadW >= 2 * phaseW) return true;
  const context = prepare(settings, state, snapshot, now);
  if ('refusal' in context) return false;
  const want = wanted(context);
  const bounds = [...boundsOf(context), ...want.bounds];
  const { watts } = solve(bounds, want.wish);
  const sides = bounds.filter((bound) => (bound.side === 'atLeast' ? bound.watts > watts : bound.watts < watts));
  return new Set(sides.map(({ side }) => side)).size > 1;
}

describe('whatever battery control is given', () => {
  it('its decision changes with the limit that the reason names, and with no other', () => {
    const named = new Set<string>();
    fc.assert(
      fc.property(settingsArb, fc.array(readingArb, { minLength: 1, maxLength: 4 }), (settings, readings) => {
        let state = initialControl;
        let now = start;
        for (const reading of readings) {
          now += reading.afterMs;
          const world = { settings, snapshot: snapshotOf(reading, now) };
          const [next, { reason }] = decide(settings, state, world.snapshot, now);
          const names = Object.keys(reason.numbers ?? {}).filter((name) => name in loosened);
          for (const name of names) named.add(`${reason.code} ${name}`);
          const before = outcome(world, state, now);
          if (contradicted(world, state, now)) continue;
          const wishes = wishLimits[String(reason.numbers?.['wish'] ?? '')] ?? [];
          if (names.length > 0 && !names.some((name) => wishes.includes(name))) {
            const wide = names.reduce((looser, name) => loosened[name]?.(looser) ?? looser, world);
            // A plan that is too old may happen to say what own use says.
            assert.notEqual(
              outcome(wide, state, now, true),
              outcome(world, state, now, true),
              `nothing changed without ${names.join(', ')}`,
            );
          }
          const ofWish = wishLimits[String(reason.numbers?.['wish'] ?? reason.code)] ?? [];
          for (const other of Object.keys(loosened)) {
            if (names.includes(other) || ofWish.includes(other)) continue;
            const wide = loosened[other]?.(world) ?? world;
            assert.equal(outcome(wide, state, now), before, `${other} changed it, not ${names.join(', ')}`);
          }
          state = next;
        }
      }),
      { numRuns: 8000 },
    );
    const seen = new Set([...named].map((pair) => pair.split(' ')[1] ?? ''));
    assert.deepEqual([...seen].sort(), Object.keys(loosened).sort(), 'some limit never decided anything');
  });

  it('never leaves the envelope', () => {
    fc.assert(
      fc.property(
        settingsArb,
        watts(200),
        fc.array(readingArb, { minLength: 1, maxLength: 20 }),
        (limits, stepW, readings) => {
          const settings = { ...limits, stepW };
          let state: ControlState = initialControl;
          let now = start;
          for (const reading of readings) {
            now += reading.afterMs;
            const { socPerMille, deviceChargeW, deviceDischargeW, temperatureC } = reading;
            const before = state;
            const [next, decision] = decide(settings, state, snapshotOf(reading, now), now);
            const { setpointW } = decision;
            assert.ok(Number.isInteger(setpointW) && !Object.is(setpointW, -0));
            assert.ok(setpointW <= settings.maxDischargeW && -setpointW <= settings.maxChargeW);
            assert.ok(setpointW <= (deviceDischargeW ?? setpointW) && -setpointW <= (deviceChargeW ?? -setpointW));
            if (temperatureC !== null) {
              const { minChargeC = -99, maxChargeC = 99, minDischargeC = -99, maxDischargeC = 99 } = settings;
              if (temperatureC < minChargeC || temperatureC > maxChargeC) assert.ok(setpointW >= 0);
              if (temperatureC < minDischargeC || temperatureC > maxDischargeC) assert.ok(setpointW <= 0);
            }
            if (socPerMille <= settings.minSocPerMille) assert.ok(setpointW <= 0);
            if (socPerMille >= settings.maxSocPerMille) assert.ok(setpointW >= 0);
            if (reading.meterAge > settings.staleAfterMs) assert.equal(decision.state, 'safe');
            if (reading.batteryAge > settings.staleAfterMs) assert.equal(decision.state, 'safe');
            if (decision.state === 'safe') assert.equal(setpointW, 0);
            const from = before.mode === 'safe' ? reading.batteryW : before.setpointW;
            const seconds = before.mode === 'safe' ? 1 : reading.afterMs / 1000;
            if (Math.abs(setpointW) > Math.abs(from)) {
              assert.ok(
                Math.abs(setpointW) <= Math.abs(from) + (settings.rampWPerSecond ?? Number.POSITIVE_INFINITY) * seconds,
              );
            }
            // even if no one ever looks again, what is left in the window lasts as long as the setpoint
            const ws = setpointW * settings.validForSeconds;
            const perMilleWs = settings.capacityWh * 3.6;
            assert.ok(ws <= Math.max(0, socPerMille - settings.minSocPerMille) * perMilleWs);
            assert.ok(-ws <= Math.max(0, settings.maxSocPerMille - socPerMille) * perMilleWs);
            state = decision.write === 'nothing' ? next : taken(next, decision, done(setpointW, settings), now);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

// Tariff documents for property tests: every kind of price, hours cut at any quarter hour, several periods, zones with every
// kind of change of the clock; and resolved tariffs with every charge and balancing rule.
import fc from 'fast-check';
import type { DynamicPrice, EnergyPrice, Rate, Tariff, TimeOfUsePrice } from '../../src/settlement/tariff.ts';
import type { Balancing, Tariffs } from '../../src/settlement/tariffs.ts';

export const ZONES = ['UTC', 'Europe/Paris', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns'];

const price = fc.integer({ min: -90_000, max: 400_000 });
const clock = (quarter: number) =>
  `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`;

/** A day cut into spans, each with a price; the days of the week in two groups, with or without a rest. */
const timeOfUse: fc.Arbitrary<TimeOfUsePrice> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { maxLength: 5 }),
    fc.array(price, { minLength: 12, maxLength: 12 }),
    fc.boolean(),
  )
  .map(([cuts, prices, withRest]) => {
    const ends = [...cuts.toSorted((a, b) => a - b), 96];
    const groups = [['weekdays'], ['weekends', 'holidays']] as const;
    const rates = groups.flatMap((days, group) =>
      ends.map(
        (end, index): Rate => ({
          name: `rate ${group} ${index}`,
          price: prices[group * 6 + index]!,
          windows: [{ days, from: clock(ends[index - 1] ?? 0), to: clock(end) }],
        }),
      ),
    );
    const [first, ...others] = rates;
    return { kind: 'time-of-use', rates: withRest ? [...others, { price: first!.price }] : rates };
  });

const dynamic: fc.Arbitrary<DynamicPrice> = fc.record(
  {
    kind: fc.constant('dynamic' as const),
    factorPpm: fc.integer({ min: 0, max: 2_000_000 }),
    markup: price,
    floor: price,
  },
  { requiredKeys: ['kind'] },
);

export const energyPrices: fc.Arbitrary<EnergyPrice> = fc.oneof(
  fc.record({ kind: fc.constant('fixed' as const), price }),
  timeOfUse,
  dynamic,
);

const balancing: fc.Arbitrary<Balancing> = fc.oneof(
  fc.constantFrom<Balancing>({ rule: 'supplier/1' }, { rule: 'pooled/1' }, { rule: 'penalty/1' }),
  fc.integer({ min: 0, max: 100_000 }).map((penalty): Balancing => ({ rule: 'penalty/1', penalty })),
);
const charges = {
  networkFee: fc.record({ feeder: price, substation: price, beyond: price }, { requiredKeys: [] }),
  levies: price,
  vatBasisPoints: fc.integer({ min: 0, max: 3000 }),
  feedInVatBasisPoints: fc.integer({ min: 0, max: 3000 }),
  balancing,
};
const freeW = fc.integer({ min: 0, max: 2000 }).map((quarter) => quarter * 4);
const perKW = fc.integer({ min: 0, max: 10_000_000 });

/** Documents of one to three periods of the years around 2026. */
export const tariffs: fc.Arbitrary<Tariff> = fc
  .tuple(
    fc.constantFrom(...ZONES),
    fc.uniqueArray(fc.constantFrom('2026-03-29', '2026-10-25', '2026-12-25', '2026-11-22'), { maxLength: 3 }),
    fc.array(
      fc.record(
        {
          import: energyPrices,
          feedIn: energyPrices,
          ...charges,
          capacity: fc.record({ price: perKW, freeW }, { requiredKeys: ['price'] }),
        },
        { requiredKeys: ['import', 'feedIn'] },
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([timeZone, holidays, periods]) => ({
    timeZone,
    holidays,
    periods: periods.map((period, index) => ({ from: ['2020-01-01', '2026-04-05', '2026-11-01'][index]!, ...period })),
  }));

/** As settle takes them. */
export const resolvedTariffs: fc.Arbitrary<Tariffs> = fc.record(
  {
    import: price,
    feedIn: price,
    ...charges,
    capacity: fc.record(
      { month: fc.constantFrom('2026-11', '2026-12'), price: perKW, freeW, due: fc.constant(true as const) },
      { requiredKeys: ['month', 'price'] },
    ),
  },
  { requiredKeys: ['import', 'feedIn'] },
);

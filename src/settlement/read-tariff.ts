// Reads a tariff document (tariff.ts) strictly: every fault is one sentence that names the field. A day without a tariff or
// with two, an hour without a price or with two are faults like a number that is not whole.
import * as v from 'valibot';
import { fields, InputError, integer, list, matching, oneOf, parseInput } from '../input/fields.ts';
import { isDate } from '../time/local-time.ts';
import { isTimeZone } from '../time/zone.ts';
import { describe } from '../units.ts';
import { DAYS, type EnergyPrice, type Tariff, type TariffPeriod } from './tariff.ts';
import { BALANCING_RULES } from './tariffs.ts';
import { compileTimetable } from './timetable.ts';

/** As the ledger's records hold them: 10^12 micro-currency per kWh, either sign. */
const MAX_PRICE = 1_000_000_000_000;
const price = integer(-MAX_PRICE, MAX_PRICE);
const some = <Item extends v.GenericSchema>(item: Item, what: string) =>
  v.pipe(list(item), v.minLength(1, `must name at least one ${what}`));
const date = v.custom<string>(isDate, ({ input }) => `must be a day such as 2026-01-31, but is ${describe(input)}`);
const timeZone = v.custom<string>(
  isTimeZone,
  ({ input }) => `must be a time zone such as Europe/Paris, but is ${describe(input)}`,
);
const quarterHour = matching(
  /^(?:(?:[01]\d|2[0-3]):(?:00|15|30|45)|24:00)$/,
  'a quarter hour of the clock such as 06:45',
);
const dayOfYear = v.custom<string>(
  // A leap year has every day.
  (value) => typeof value === 'string' && isDate(`2024-${value}`),
  ({ input }) => `must be a month and a day such as 11-01, but is ${describe(input)}`,
);
const name = matching(/^(?=.*\S)[^\p{Cc}\p{Cs}]{1,40}$/u, 'a name of at most 40 characters');

const window = fields({
  days: v.exactOptional(some(oneOf(DAYS), 'day')),
  from: v.exactOptional(quarterHour),
  to: v.exactOptional(quarterHour),
  season: v.exactOptional(fields({ from: dayOfYear, to: dayOfYear })),
});

const PRICES = {
  fixed: fields({ kind: v.literal('fixed'), price }),
  'time-of-use': fields({
    kind: v.literal('time-of-use'),
    rates: some(
      fields({ name: v.exactOptional(name), price, windows: v.exactOptional(some(window, 'window')) }),
      'rate',
    ),
  }),
  dynamic: fields({
    kind: v.literal('dynamic'),
    factorPpm: v.exactOptional(integer(0, 1_000_000_000)),
    markup: v.exactOptional(price),
    floor: v.exactOptional(price),
  }),
} as const;
const KINDS = ['fixed', 'time-of-use', 'dynamic'] as const;

/** The kind decides which fields a price has, so a slip in one is not told as a slip in another. */
const energyPrice = v.lazy((value): v.GenericSchema<unknown, EnergyPrice> => {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const known = KINDS.find((each) => each === kind);
  return (known ? PRICES[known] : fields({ kind: oneOf(KINDS) })) as v.GenericSchema<unknown, EnergyPrice>;
});

/** Fields that document and Tariffs have in common. */
export const chargeFields = {
  networkFee: v.exactOptional(
    fields({
      feeder: v.exactOptional(price),
      substation: v.exactOptional(price),
      beyond: v.exactOptional(price),
    }),
  ),
  levies: v.exactOptional(price),
  vatBasisPoints: v.exactOptional(integer(0, 1_000_000)),
  feedInVatBasisPoints: v.exactOptional(integer(0, 1_000_000)),
  balancing: v.exactOptional(
    v.pipe(
      fields({ rule: oneOf(BALANCING_RULES), penalty: v.exactOptional(integer(0, MAX_PRICE)) }),
      v.check(
        ({ rule, penalty }) => penalty === undefined || rule === 'penalty/1',
        'has a penalty, which only penalty/1 knows',
      ),
    ),
  ),
};

const freeW = v.pipe(
  integer(0),
  v.check((watts) => watts % 4 === 0, 'must be a multiple of 4, because 1 Wh in a quarter hour is 4 W'),
);
/** Of which four make the price of a kWh of the highest quarter hour. */
export const capacityPrice = integer(0, MAX_PRICE / 4);
export const capacityFields = { price: capacityPrice, freeW: v.exactOptional(freeW) };

const schema = fields({
  timeZone,
  holidays: v.exactOptional(list(date)),
  periods: some(
    fields({
      from: date,
      until: v.exactOptional(date),
      import: energyPrice,
      feedIn: energyPrice,
      ...chargeFields,
      capacity: v.exactOptional(fields(capacityFields)),
    }),
    'period',
  ),
});

/**
 * The document as the type has it.
 * @param whole what it is called where the fault is in none of its fields
 * @throws InputError naming the first wrong field, also for dates, days and hours that are left open or said twice
 */
export function readTariff(value: unknown, whole = 'the tariff'): Tariff {
  const tariff: Tariff = parseInput(schema, value, whole);
  checkHolidays(tariff.holidays ?? []);
  checkPeriods(tariff.periods);
  for (const [index, period] of tariff.periods.entries()) {
    for (const side of ['import', 'feedIn'] as const) {
      const given = period[side];
      if (given.kind === 'time-of-use') {
        compileTimetable(given.rates, (tariff.holidays ?? []).length > 0, `periods[${index}].${side}`);
      }
    }
  }
  return tariff;
}

function checkHolidays(holidays: readonly string[]): void {
  const twice = holidays.findIndex((day, index) => holidays.indexOf(day) !== index);
  if (twice >= 0) throw new InputError(`holidays[${twice}] is ${holidays[twice]}, which stands there before`);
}

/** One period begins where the other ends: no day without a tariff, none with two. */
function checkPeriods(periods: readonly TariffPeriod[]): void {
  for (const [index, { from, until }] of periods.entries()) {
    const at = `periods[${index}]`;
    if (until !== undefined && until <= from) {
      throw new InputError(`${at}.until is ${until}, but must be after ${from}, on which the period begins`);
    }
    const next = periods[index + 1]?.from;
    if (next === undefined) continue;
    if (next <= from) {
      throw new InputError(`periods[${index + 1}].from is ${next}, but the period before it begins on ${from}`);
    }
    if (until === undefined || until === next) continue;
    const fault = until < next ? 'the days between have no tariff' : 'the days between have two';
    throw new InputError(`${at}.until is ${until}, but periods[${index + 1}] begins on ${next}: ${fault}`);
  }
}

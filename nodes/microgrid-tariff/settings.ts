// What the tariff's dialog stores, in a person's units (ct/kWh, %, hours, weekdays), and the tariff document that it stands for.
import * as v from 'valibot';
import { InputError } from '../../src/input/fields.ts';
import { readTariff } from '../../src/settlement/read-tariff.ts';
import type { Day, EnergyPrice, Rate, Tariff } from '../../src/settlement/tariff.ts';
import { BALANCING_RULES } from '../../src/settlement/tariffs.ts';
import { isDate } from '../../src/time/local-time.ts';
import { isTimeZone } from '../../src/time/zone.ts';
import { quote } from '../../src/units.ts';
import { choice, decimal, nodeId, optional, optionalText, pattern, requiredText } from '../shared/config-fields.ts';

const CT = 10_000;
const KINDS = ['fixed', 'time-of-use', 'dynamic'] as const;
/** A tariff whose dialog names no first day holds from here on. */
const ALWAYS = '1970-01-01';

const price = (name: string) => decimal(`${name} (ct/kWh)`, 4, -1000 * CT, 1000 * CT);
const fee = (name: string) => decimal(`${name} (ct/kWh)`, 4, 0, 1000 * CT);
const percent = (name: string) => decimal(`${name} (%)`, 2, 0, 10_000);

/** What the dialog offers under "days". */
const DAYS: Readonly<Record<string, readonly Day[] | null>> = {
  all: null,
  weekdays: ['weekdays'],
  weekends: ['weekends'],
  holidays: ['holidays'],
  free: ['weekends', 'holidays'],
  mon: ['mon'],
  tue: ['tue'],
  wed: ['wed'],
  thu: ['thu'],
  fri: ['fri'],
  sat: ['sat'],
  sun: ['sun'],
};

const rate = v.object({
  name: optionalText('the name of a rate'),
  price: price('the price of a rate'),
  days: choice('the days of a rate', Object.keys(DAYS)),
  from: pattern('the begin of a rate', /^(?:$|(?:[01]\d|2[0-3]):(?:00|15|30|45)$)/, 'a quarter hour such as 22:00'),
  to: pattern('the end of a rate', /^(?:$|(?:[01]\d|2[0-3]):(?:00|15|30|45)$|24:00$)/, 'a quarter hour such as 06:00'),
  seasonFrom: dayOfYear('the first day of a season'),
  seasonTo: dayOfYear('the last day of a season'),
});

export const configSchema = v.object({
  community: nodeId(),
  timeZone: where(requiredText('the time zone'), (zone) =>
    isTimeZone(zone) ? null : `the time zone must be one such as Europe/Paris, but is ${quote(zone)}`,
  ),
  importKind: choice('the kind of the import price', KINDS),
  importPrice: price('the import price'),
  importRates: rates('import'),
  importFactor: decimal('the part of the exchange price for import (%)', 4, 0, 1000 * CT),
  importMarkup: price('the markup on import'),
  importFloor: optional(price('the lowest import price')),
  feedInKind: choice('the kind of the feed-in price', KINDS),
  feedInPrice: price('the feed-in price'),
  feedInRates: rates('feed-in'),
  feedInFactor: decimal('the part of the exchange price for feed-in (%)', 4, 0, 1000 * CT),
  feedInMarkup: price('the markup on feed-in'),
  feedInFloor: optional(price('the lowest feed-in price')),
  networkFeeder: fee('the network fee on a feeder'),
  networkSubstation: fee('the network fee under a substation'),
  networkBeyond: fee('the network fee beyond'),
  levies: fee('the levies'),
  vat: percent('the VAT'),
  feedInVat: percent('the VAT on feed-in'),
  capacityPrice: decimal('the price of the highest quarter hour (per kW)', 6, 0, 1e12),
  capacityFreeKW: where(decimal('the power that is free (kW)', 3, 0, 1e9), (watts) =>
    watts % 4 === 0
      ? null
      : 'the power that is free (kW) must be in steps of 0.004, because 1 Wh in a quarter hour is 4 W',
  ),
  balancing: choice('what becomes of deviations', BALANCING_RULES),
  penalty: fee('the penalty'),
  holidays: where(optionalText('the holidays'), (text) => {
    const wrong = daysIn(text).find((day) => !isDate(day));
    return wrong === undefined ? null : `the holidays must be days such as 2026-12-25, but one is ${quote(wrong)}`;
  }),
  validFrom: day('the first day'),
  validUntil: day('the day after the last'),
  bills: choice('whether bills go by it', ['yes', 'no']),
});

export type TariffConfig = v.InferOutput<typeof configSchema>;

/** @throws Error with a sentence in the words of the dialog, where hours or days contradict each other */
export function tariffOf(config: TariffConfig): Tariff {
  const { timeZone, holidays, validFrom, validUntil, capacityPrice, capacityFreeKW, balancing, penalty } = config;
  const from = validFrom || ALWAYS;
  if (validUntil !== '' && validUntil <= from) {
    throw new Error('the tariff ends before it begins; correct its first day, or the day after its last');
  }
  const period = {
    from,
    ...(validUntil === '' ? {} : { until: validUntil }),
    import: energyPrice(config, 'import'),
    feedIn: energyPrice(config, 'feedIn'),
    ...without0({
      networkFee: without0({
        feeder: config.networkFeeder,
        substation: config.networkSubstation,
        beyond: config.networkBeyond,
      }),
      levies: config.levies,
      vatBasisPoints: config.vat,
      feedInVatBasisPoints: config.feedInVat,
    }),
    ...(capacityPrice === 0 ? {} : { capacity: { price: capacityPrice, ...without0({ freeW: capacityFreeKW }) } }),
    ...(balancing === 'supplier/1'
      ? {}
      : { balancing: { rule: balancing, ...without0(balancing === 'penalty/1' ? { penalty } : {}) } }),
  };
  try {
    return readTariff({ timeZone, holidays: [...new Set(daysIn(holidays))], periods: [period] });
  } catch (problem) {
    if (!(problem instanceof InputError)) throw problem;
    throw new Error(inWordsOfTheDialog(problem.message), { cause: problem });
  }
}

function energyPrice(config: TariffConfig, side: 'import' | 'feedIn'): EnergyPrice {
  const kind = config[`${side}Kind`];
  if (kind === 'fixed') return { kind, price: config[`${side}Price`] };
  if (kind === 'time-of-use') return { kind, rates: [...config[`${side}Rates`], { price: config[`${side}Price`] }] };
  const floor = config[`${side}Floor`];
  return {
    kind,
    factorPpm: config[`${side}Factor`],
    markup: config[`${side}Markup`],
    ...(floor === undefined ? {} : { floor }),
  };
}

/** Every row of the dialog is a rate with one window. */
function inWordsOfTheDialog(sentence: string): string {
  return sentence
    .replace(/^periods\[0\]\.(import|feedIn)\.rates\[(\d+)\]\.windows\[0\]/, (_, side: string, row: string) => {
      return `row ${Number(row) + 1} of the ${side === 'import' ? 'import' : 'feed-in'} prices`;
    })
    .replace(/ rates\[(\d+)\]\.windows\[0\]/, (_, row: string) => ` row ${Number(row) + 1}`);
}

/** Rows of a time-of-use price as the dialog stores them: JSON text, empty for none. */
function rates(side: string): v.GenericSchema<unknown, readonly Rate[]> {
  return v.pipe(
    optionalText(`the ${side} prices by hours`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return readRates(dataset.value, `the ${side} prices by hours`);
      } catch (problem) {
        addIssue({ message: problem instanceof Error ? problem.message : String(problem) });
        return NEVER;
      }
    }),
  );
}

function readRates(text: string, what: string): Rate[] {
  if (text === '') return [];
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    throw new TypeError(`${what} must be a list of prices in JSON`);
  }
  const result = v.safeParse(v.array(rate, `${what} must be a list of prices`), rows);
  if (!result.success) throw new TypeError(result.issues[0].message);
  return result.output.map(({ name, price, days, from, to, seasonFrom, seasonTo }): Rate => {
    if (name.length > 40) throw new RangeError('the name of a rate must have at most 40 characters');
    if ((from || '00:00') === (to || '24:00')) {
      throw new RangeError(`a rate begins and ends at ${from}; leave both empty for the whole day`);
    }
    if ((seasonFrom === '') !== (seasonTo === '')) {
      throw new RangeError('a season needs its first and its last day; leave both empty for the whole year');
    }
    const window = {
      ...(DAYS[days] ? { days: DAYS[days] } : {}),
      ...(from === '' ? {} : { from }),
      ...(to === '' ? {} : { to }),
      ...(seasonFrom === '' ? {} : { season: { from: seasonFrom, to: seasonTo } }),
    };
    return { ...(name === '' ? {} : { name }), price, windows: [window] };
  });
}

function daysIn(text: string): string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}

function day(name: string) {
  return where(optionalText(name), (text) =>
    text === '' || isDate(text) ? null : `${name} must be a day such as 2026-12-31, but is ${quote(text)}`,
  );
}

function dayOfYear(name: string) {
  return where(optionalText(name), (text) =>
    text === '' || isDate(`2024-${text}`)
      ? null
      : `${name} must be a month and a day such as 11-01, but is ${quote(text)}`,
  );
}

/** A field with a further check: null, or what is wrong. */
function where<Out>(field: v.GenericSchema<unknown, Out>, fault: (value: Out) => string | null) {
  return v.pipe(
    field,
    v.check(
      (value) => fault(value) === null,
      ({ input }) => fault(input) ?? '',
    ),
  );
}

/** Absent counts 0, and says less. */
function without0<Fields extends object>(fields: Fields): Partial<Fields> {
  const given = Object.entries(fields).filter(([, value]) =>
    typeof value === 'object' ? Object.keys(value).length > 0 : value !== 0,
  );
  return Object.fromEntries(given) as Partial<Fields>;
}

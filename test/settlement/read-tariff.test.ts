// What a tariff document is refused for: each fault one sentence that names the field.
import assert from 'node:assert/strict';
import { readTariff } from '../../src/settlement/read-tariff.ts';

const FIXED = { kind: 'fixed', price: 300_000 };
const PERIOD = { from: '2026-01-01', import: FIXED, feedIn: FIXED };
const document = (change: object = {}) => ({ timeZone: 'Europe/Paris', periods: [PERIOD], ...change });
const period = (change: object, ...others: object[]) => document({ periods: [{ ...PERIOD, ...change }, ...others] });
const price = (change: object) => period({ import: { ...FIXED, ...change } });
const rates = (...all: object[]) => period({ import: { kind: 'time-of-use', rates: all } });
const rate = (window: object, more: object = {}) => ({ price: 1, windows: [window], ...more });
const REST = { price: 2 };

describe('reading a tariff document', () => {
  const accepted: readonly (readonly [name: string, value: unknown])[] = [
    ['one price for ever', document()],
    ['a negative price', price({ price: -1 })],
    ['hours that fill the day', rates(rate({ from: '06:00', to: '22:00' }), rate({ from: '22:00', to: '06:00' }))],
    [
      'several windows of one rate',
      rates(
        {
          price: 1,
          windows: [
            { from: '06:00', to: '08:00' },
            { from: '17:00', to: '20:00' },
          ],
        },
        REST,
      ),
    ],
    [
      'holidays that no rate names, where one holds at all other times',
      { ...rates(rate({ days: ['mon'] }), REST), holidays: ['2026-12-25'] },
    ],
    [
      'rates that leave holidays open, where there are none',
      rates(rate({ days: ['weekdays'] }), rate({ days: ['weekends'] })),
    ],
    ['the same day named twice', rates(rate({ days: ['mon', 'weekdays'] }), REST)],
    ['29 February', rates(rate({ season: { from: '02-29', to: '02-29' } }), REST)],
    [
      'periods that follow each other, said or not',
      period({ until: '2027-01-01' }, { ...PERIOD, from: '2027-01-01' }, { ...PERIOD, from: '2028-01-01' }),
    ],
    [
      'all charges',
      period({
        networkFee: { feeder: 1 },
        levies: 2,
        vatBasisPoints: 2000,
        feedInVatBasisPoints: 0,
        capacity: { price: 4_000_000, freeW: 2500 },
        balancing: { rule: 'penalty/1', penalty: 1 },
      }),
    ],
  ];
  for (const [name, value] of accepted) {
    it(`takes ${name}`, () => assert.deepEqual(readTariff(value), value));
  }

  const refused: readonly (readonly [name: string, value: unknown, message: RegExp])[] = [
    ['nothing', undefined, /^the tariff must be an object, but is undefined$/],
    ['a list', [], /^the tariff must be an object, but is a list$/],
    ['no periods', { timeZone: 'UTC' }, /^periods is missing$/],
    ['an empty list of periods', document({ periods: [] }), /^periods must name at least one period$/],
    [
      'an unknown field',
      document({ currency: 'EUR' }),
      /^currency is not a known field; known are timeZone, holidays, periods$/,
    ],
    [
      'an unknown time zone',
      document({ timeZone: 'Mars/Base' }),
      /^timeZone must be a time zone such as Europe\/Paris, but is the text "Mars\/Base"$/,
    ],
    ['an offset as time zone', document({ timeZone: '+01:00' }), /^timeZone must be a time zone/],
    ['a day that is none', document({ holidays: ['2026-02-30'] }), /^holidays\[0\] must be a day such as 2026-01-31/],
    [
      'a holiday twice',
      document({ holidays: ['2026-12-25', '2026-12-25'] }),
      /^holidays\[1\] is 2026-12-25, which stands there before$/,
    ],
    ['no first day', document({ periods: [{ import: FIXED, feedIn: FIXED }] }), /^periods\[0\]\.from is missing$/],
    ['a first day with a time', period({ from: '2026-01-01T00:00Z' }), /^periods\[0\]\.from must be a day/],
    ['a fraction', price({ price: 0.3 }), /^periods\[0\]\.import\.price must be a whole number .* but is 0\.3$/],
    ['NaN', price({ price: Number.NaN }), /price must be a whole number .* but is NaN$/],
    ['Infinity', price({ price: Number.POSITIVE_INFINITY }), /price must be a whole number .* but is Infinity$/],
    ['-0', price({ price: -0 }), /price must be a whole number .* but is -0$/],
    ['2^53', price({ price: 2 ** 53 }), /price must be a whole number .* but is 9007199254740992$/],
    ['a price as text', price({ price: '300000' }), /price must be a whole number .* but is the text "300000"$/],
    ['no price', period({ feedIn: { kind: 'fixed' } }), /^periods\[0\]\.feedIn\.price is missing$/],
    ['a bare number as price', period({ import: 300_000 }), /^periods\[0\]\.import must be an object, but is 300000$/],
    ['no kind', period({ import: { price: 1 } }), /^periods\[0\]\.import\.kind is missing$/],
    [
      'an unknown kind',
      price({ kind: 'spot' }),
      /^periods\[0\]\.import\.kind must be "fixed", "time-of-use" or "dynamic", but is the text "spot"$/,
    ],
    [
      'a field of another kind',
      price({ markup: 1 }),
      /^periods\[0\]\.import\.markup is not a known field; known are kind, price$/,
    ],
    [
      'a negative factor',
      period({ import: { kind: 'dynamic', factorPpm: -1 } }),
      /factorPpm must be a whole number from 0 to/,
    ],
    ['no rates', rates(), /^periods\[0\]\.import\.rates must name at least one rate$/],
    ['a rate without a price', rates({ name: 'night' }), /^periods\[0\]\.import\.rates\[0\]\.price is missing$/],
    [
      'a name that is not to be seen',
      rates({ name: ' ', price: 1 }),
      /rates\[0\]\.name must be a name of at most 40 characters/,
    ],
    ['a name of two lines', rates({ name: 'a\nb', price: 1 }), /rates\[0\]\.name must be a name/],
    [
      'an empty list of windows',
      rates({ price: 1, windows: [] }),
      /rates\[0\]\.windows must name at least one window$/,
    ],
    ['an empty list of days', rates(rate({ days: [] })), /windows\[0\]\.days must name at least one day$/],
    [
      'an unknown day',
      rates(rate({ days: ['monday'] })),
      /days\[0\] must be "mon", "tue", .* but is the text "monday"$/,
    ],
    [
      'an hour that is no quarter hour',
      rates(rate({ from: '06:10' })),
      /from must be a quarter hour of the clock such as 06:45/,
    ],
    ['an hour that is none', rates(rate({ to: '24:15' })), /to must be a quarter hour of the clock/],
    [
      'no time at all',
      rates(rate({ from: '06:00', to: '06:00' })),
      /^periods\[0\]\.import\.rates\[0\]\.windows\[0\]\.from is 06:00 and its to is 06:00, which is no time at all; leave both out for the whole day$/,
    ],
    ['a window that begins when the day is over', rates(rate({ from: '24:00', to: '06:00' })), /no time at all/],
    ['a season without an end', rates(rate({ season: { from: '11-01' } })), /season\.to is missing$/],
    [
      'a season on a day that is none',
      rates(rate({ season: { from: '02-30', to: '03-31' } })),
      /season\.from must be a month and a day such as 11-01/,
    ],
    [
      'a gap in the day',
      rates(rate({ from: '06:00', to: '22:00' })),
      /^periods\[0\]\.import\.rates leave a gap: no price holds on mondays at 00:00$/,
    ],
    [
      'a gap of a quarter hour on one day',
      rates(rate({ days: ['weekdays'] }), rate({ days: ['sat'] }), rate({ days: ['sun'], from: '00:15' })),
      /leave a gap: no price holds on sundays at 00:00$/,
    ],
    [
      'a gap on holidays',
      { ...rates(rate({ days: ['weekdays'] }), rate({ days: ['weekends'] })), holidays: ['2026-12-25'] },
      /leave a gap: no price holds on holidays at 00:00$/,
    ],
    [
      'a gap between seasons',
      rates(rate({ season: { from: '03-01', to: '10-31' } }), rate({ season: { from: '11-01', to: '02-28' } })),
      /no price holds on mondays at 00:00 from 02-29 on$/,
    ],
    [
      'hours that overlap',
      rates(rate({ from: '06:00', to: '22:00' }), rate({ from: '21:45', to: '06:00' })),
      /^periods\[0\]\.import\.rates\[1\]\.windows\[0\] overlaps rates\[0\]\.windows\[0\] on mondays at 21:45: two prices would hold$/,
    ],
    [
      'days that overlap',
      rates(rate({ days: ['weekends'] }), rate({ days: ['sun'], from: '22:00', to: '06:00' }), REST),
      /overlaps rates\[0\]\.windows\[0\] on sundays at 00:00/,
    ],
    [
      'seasons that overlap',
      rates(rate({ season: { from: '11-01', to: '03-31' } }), rate({ season: { from: '03-31', to: '10-31' } })),
      /overlaps rates\[0\]\.windows\[0\] on mondays at 00:00 from 03-31 on/,
    ],
    [
      'windows of one rate that overlap',
      rates(
        {
          price: 1,
          windows: [
            { from: '06:00', to: '08:00' },
            { from: '07:00', to: '09:00' },
          ],
        },
        REST,
      ),
      /rates\[0\]\.windows\[1\] overlaps rates\[0\]\.windows\[0\] on mondays at 07:00/,
    ],
    [
      'two rates for all other times',
      rates(REST, { price: 3 }),
      /^periods\[0\]\.import\.rates\[1\] has no windows, and neither has rates\[0\]; one may hold at all other times$/,
    ],
    [
      'a gap in the feed-in price',
      period({ feedIn: { kind: 'time-of-use', rates: [rate({ days: ['mon'] })] } }),
      /^periods\[0\]\.feedIn\.rates leave a gap/,
    ],
    [
      'a gap between periods',
      period({ until: '2026-06-01' }, { ...PERIOD, from: '2026-07-01' }),
      /^periods\[0\]\.until is 2026-06-01, but periods\[1\] begins on 2026-07-01: the days between have no tariff$/,
    ],
    [
      'periods that overlap',
      period({ until: '2026-08-01' }, { ...PERIOD, from: '2026-07-01' }),
      /^periods\[0\]\.until is 2026-08-01, but periods\[1\] begins on 2026-07-01: the days between have two$/,
    ],
    [
      'two periods of one day',
      period({}, PERIOD),
      /^periods\[1\]\.from is 2026-01-01, but the period before it begins on 2026-01-01$/,
    ],
    [
      'periods out of order',
      period({}, { ...PERIOD, from: '2025-01-01' }),
      /^periods\[1\]\.from is 2025-01-01, but the period before it begins on 2026-01-01$/,
    ],
    [
      'a period that ends before it begins',
      period({ until: '2026-01-01' }),
      /^periods\[0\]\.until is 2026-01-01, but must be after 2026-01-01, on which the period begins$/,
    ],
    ['VAT below 0', period({ vatBasisPoints: -1 }), /^periods\[0\]\.vatBasisPoints must be a whole number from 0/],
    ['VAT as a fraction', period({ vatBasisPoints: 0.19 }), /vatBasisPoints must be a whole number/],
    [
      'an unknown distance',
      period({ networkFee: { street: 1 } }),
      /^periods\[0\]\.networkFee\.street is not a known field/,
    ],
    [
      'free power that is no whole Wh',
      period({ capacity: { price: 1, freeW: 2501 } }),
      /^periods\[0\]\.capacity\.freeW must be a multiple of 4, because 1 Wh in a quarter hour is 4 W$/,
    ],
    [
      'a negative price of power',
      period({ capacity: { price: -1 } }),
      /^periods\[0\]\.capacity\.price must be a whole number from 0/,
    ],
    [
      'an unknown balancing rule',
      period({ balancing: { rule: 'pooled/2' } }),
      /^periods\[0\]\.balancing\.rule must be "supplier\/1", "penalty\/1" or "pooled\/1"/,
    ],
    [
      'a penalty that nobody pays',
      period({ balancing: { rule: 'pooled/1', penalty: 1 } }),
      /^periods\[0\]\.balancing has a penalty, which only penalty\/1 knows$/,
    ],
    [
      'a negative penalty',
      period({ balancing: { rule: 'penalty/1', penalty: -1 } }),
      /^periods\[0\]\.balancing\.penalty must be a whole number from 0/,
    ],
  ];
  for (const [name, value, message] of refused) {
    it(`refuses ${name}`, () => assert.throws(() => readTariff(value), { name: 'InputError', message }));
  }
});

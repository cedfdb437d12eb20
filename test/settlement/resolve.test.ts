// From a tariff document to the tariffs of a quarter hour: hours of a place on days that are longer or shorter, windows past
// midnight, seasons, holidays, dates, dynamic prices, months.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readTariff } from '../../src/settlement/read-tariff.ts';
import { tariffResolver } from '../../src/settlement/resolve.ts';
import type { EnergyPrice, Tariff, TariffPeriod } from '../../src/settlement/tariff.ts';
import { intervalAfter, intervalAt } from '../../src/time/interval.ts';
import { localClock } from '../../src/time/local-time.ts';
import { tariffs, ZONES } from '../support/tariffs.ts';

const FEED_IN: EnergyPrice = { kind: 'fixed', price: 80_000 };
const tariff = (period: Partial<TariffPeriod> & Pick<TariffPeriod, 'import'>, more: Partial<Tariff> = {}): Tariff =>
  readTariff({ timeZone: 'Europe/Paris', periods: [{ from: '2020-01-01', feedIn: FEED_IN, ...period }], ...more });

const NIGHT: EnergyPrice = {
  kind: 'time-of-use',
  rates: [
    { name: 'night', price: 200_000, windows: [{ from: '22:00', to: '06:00' }] },
    { name: 'day', price: 300_000 },
  ],
};

/** Names of the import rates of a local day, quarter hour by quarter hour. */
function dayOf(document: Tariff, date: string): string[] {
  const resolve = tariffResolver(document);
  const clock = localClock(document.timeZone);
  const rates: string[] = [];
  const from = Date.parse(`${date}T00:00Z`) - 86_400_000;
  for (let at = from; at < from + 3 * 86_400_000; at += 900_000) {
    if (clock(at).date !== date) continue;
    const resolved = resolve(intervalAt(at));
    rates.push('open' in resolved ? resolved.open : (resolved.rates.import ?? ''));
  }
  return rates;
}

/** `night x 24, day x 64, night x 8` */
function runs(names: readonly string[]): string {
  const found: [string, number][] = [];
  for (const name of names) {
    const last = found.at(-1);
    if (last?.[0] === name) last[1] += 1;
    else found.push([name, 1]);
  }
  return found.map(([name, count]) => `${name} x ${count}`).join(', ');
}

describe('tariffs of a quarter hour', () => {
  describe('on days on which the clock is changed', () => {
    const rows: readonly (readonly [zone: string, date: string, expected: string])[] = [
      ['Europe/Paris', '2026-01-15', 'night x 24, day x 64, night x 8'],
      ['Europe/Paris', '2026-03-29', 'night x 20, day x 64, night x 8'],
      ['Europe/Paris', '2026-10-25', 'night x 28, day x 64, night x 8'],
      ['Australia/Lord_Howe', '2026-04-05', 'night x 26, day x 64, night x 8'],
      ['Australia/Lord_Howe', '2026-10-04', 'night x 22, day x 64, night x 8'],
      ['Asia/Kathmandu', '2026-03-29', 'night x 24, day x 64, night x 8'],
      ['UTC', '2026-03-29', 'night x 24, day x 64, night x 8'],
      // The clock goes from midnight to 1:00: the day begins at 1:00.
      ['Africa/Cairo', '2026-04-24', 'night x 20, day x 64, night x 8'],
    ];
    for (const [timeZone, date, expected] of rows) {
      it(`${timeZone}, ${date}: ${expected}`, () => {
        assert.equal(runs(dayOf(tariff({ import: NIGHT }, { timeZone }), date)), expected);
      });
    }

    it('a price of the skipped hour never holds, one of the repeated hour holds twice', () => {
      const document = tariff({
        import: {
          kind: 'time-of-use',
          rates: [
            { name: 'two', price: 1, windows: [{ from: '02:00', to: '03:00' }] },
            { name: 'rest', price: 2 },
          ],
        },
      });
      assert.equal(runs(dayOf(document, '2026-03-29')), 'rest x 92');
      assert.equal(runs(dayOf(document, '2026-10-25')), 'rest x 8, two x 8, rest x 84');
    });
  });

  describe('by days, holidays and seasons', () => {
    const week: EnergyPrice = {
      kind: 'time-of-use',
      rates: [
        { name: 'peak', price: 3, windows: [{ days: ['weekdays'], from: '08:00', to: '20:00' }] },
        { name: 'friday', price: 4, windows: [{ days: ['fri'], from: '20:00', to: '24:00' }] },
        { name: 'low', price: 1 },
      ],
    };
    const document = tariff({ import: week }, { holidays: ['2026-11-19'] });
    for (const [day, date, expected] of [
      ['a Wednesday', '2026-11-18', 'low x 32, peak x 48, low x 16'],
      ['a holiday on a Thursday', '2026-11-19', 'low x 96'],
      ['a Friday', '2026-11-20', 'low x 32, peak x 48, friday x 16'],
      ['a Saturday', '2026-11-21', 'low x 96'],
    ] as const) {
      it(`${day}: ${expected}`, () => assert.equal(runs(dayOf(document, date)), expected));
    }

    it('a window past midnight is two pieces of each of its days', () => {
      const weekdayNights = tariff({
        import: {
          kind: 'time-of-use',
          rates: [
            { name: 'night', price: 1, windows: [{ days: ['weekdays'], from: '22:00', to: '06:00' }] },
            { name: 'rest', price: 2 },
          ],
        },
      });
      assert.equal(runs(dayOf(weekdayNights, '2026-11-20')), 'night x 24, rest x 64, night x 8');
      assert.equal(runs(dayOf(weekdayNights, '2026-11-21')), 'rest x 96');
      assert.equal(runs(dayOf(weekdayNights, '2026-11-23')), 'night x 24, rest x 64, night x 8');
    });

    it('a season holds from its first to its last day, also over the end of the year', () => {
      const winter = tariff({
        import: {
          kind: 'time-of-use',
          rates: [
            { name: 'winter', price: 2, windows: [{ season: { from: '11-01', to: '02-28' } }] },
            { name: 'summer', price: 1, windows: [{ season: { from: '02-29', to: '10-31' } }] },
          ],
        },
      });
      for (const [date, name] of [
        ['2026-10-31', 'summer'],
        ['2026-11-01', 'winter'],
        ['2026-12-31', 'winter'],
        ['2027-01-01', 'winter'],
        ['2027-02-28', 'winter'],
        ['2027-03-01', 'summer'],
        ['2028-02-28', 'winter'],
        ['2028-02-29', 'summer'],
      ]) {
        assert.deepEqual([...new Set(dayOf(winter, date!))], [name], date);
      }
    });
  });

  describe('by date', () => {
    const fixed = (price: number): EnergyPrice => ({ kind: 'fixed', price });
    const document = readTariff({
      timeZone: 'Europe/Paris',
      periods: [
        { from: '2026-01-01', until: '2026-07-01', import: fixed(1), feedIn: fixed(0) },
        { from: '2026-07-01', until: '2027-01-01', import: fixed(2), feedIn: fixed(0) },
      ],
    });
    const resolve = tariffResolver(document);
    for (const [interval, expected] of [
      ['2025-12-31T22:45Z', 'no-tariff'],
      ['2025-12-31T23:00Z', 1],
      ['2026-06-30T21:45Z', 1],
      ['2026-06-30T22:00Z', 2],
      ['2026-12-31T22:45Z', 2],
      ['2026-12-31T23:00Z', 'no-tariff'],
    ] as const) {
      it(`${interval}: ${expected}`, () => {
        const resolved = resolve(interval);
        assert.equal('open' in resolved ? resolved.open : resolved.tariffs.import, expected);
      });
    }
  });

  describe('dynamic', () => {
    const rows: readonly (readonly [price: number, more: object, expected: number])[] = [
      [100_000, {}, 100_000],
      [100_000, { markup: 15_000 }, 115_000],
      [-50_000, { markup: 15_000 }, -35_000],
      [-50_000, { markup: 15_000, floor: 0 }, 0],
      [50_000, { markup: 15_000, floor: 0 }, 65_000],
      [100_001, { factorPpm: 500_000 }, 50_000], // 50000.5 rounded down
      [-100_001, { factorPpm: 500_000 }, -50_001], // -50000.5 rounded down
      [100_000, { factorPpm: 1_030_000, markup: -1 }, 102_999],
      [3, { factorPpm: 333_333 }, 0], // 0.999999
      [100_000, { factorPpm: 0, markup: 7 }, 7],
      [2 ** 53 - 1, { factorPpm: 1_000_000 }, 2 ** 53 - 1],
    ];
    for (const [price, more, expected] of rows) {
      it(`${price} with ${JSON.stringify(more)}: ${expected}`, () => {
        const resolved = tariffResolver(tariff({ import: { kind: 'dynamic', ...more } }))('2026-11-22T08:15Z', price);
        assert.equal('open' in resolved ? resolved.open : resolved.tariffs.import, expected);
      });
    }

    it('stays open where the price is not known, for import and for feed-in', () => {
      const dynamic: EnergyPrice = { kind: 'dynamic' };
      for (const document of [tariff({ import: dynamic }), tariff({ import: FEED_IN, feedIn: dynamic })]) {
        assert.deepEqual(tariffResolver(document)('2026-11-22T08:15Z'), {
          open: 'price-missing',
          text: 'there is no price for 2026-11-22T08:15Z',
        });
      }
    });

    it('refuses prices that are not whole, or that leave 2^53-1', () => {
      const resolve = tariffResolver(tariff({ import: { kind: 'dynamic', markup: 1 } }));
      for (const price of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -0]) {
        assert.throws(() => resolve('2026-11-22T08:15Z', price), /^RangeError: a price must be a whole number/);
      }
      assert.throws(
        () => resolve('2026-11-22T08:15Z', 2 ** 53 - 1),
        /^RangeError: periods\[0\]\.import with its markup/,
      );
    });
  });

  it('carries all other charges over as they are, in one order of fields', () => {
    const charges = {
      balancing: { rule: 'penalty/1', penalty: 5 },
      feedInVatBasisPoints: 700,
      vatBasisPoints: 1900,
      levies: 3,
      networkFee: { feeder: 1 },
    } as const;
    const resolved = tariffResolver(tariff({ import: FEED_IN, ...charges }))('2026-11-22T08:15Z');
    const { networkFee, levies, vatBasisPoints, feedInVatBasisPoints, balancing } = charges;
    const expected = {
      import: 80_000,
      feedIn: 80_000,
      networkFee,
      levies,
      vatBasisPoints,
      feedInVatBasisPoints,
      balancing,
    };
    assert.equal(JSON.stringify(resolved), JSON.stringify({ tariffs: expected, rates: {} }));
  });

  it('tells the month, and its last quarter hour, where there is a capacity charge', () => {
    const resolve = tariffResolver(tariff({ import: FEED_IN, capacity: { price: 5, freeW: 400 } }));
    const capacity = (interval: string) => {
      const resolved = resolve(interval);
      return 'open' in resolved ? null : resolved.tariffs.capacity;
    };
    assert.deepEqual(capacity('2026-10-31T22:30Z'), { month: '2026-10', price: 5, freeW: 400 });
    assert.deepEqual(capacity('2026-10-31T22:45Z'), { month: '2026-10', price: 5, freeW: 400, due: true });
    assert.deepEqual(capacity('2026-10-31T23:00Z'), { month: '2026-11', price: 5, freeW: 400 });
  });

  it('every quarter hour has exactly one rate, which depends on date and clock alone', () => {
    const days = fc.integer({ min: 0, max: 364 });
    fc.assert(
      fc.property(tariffs, days, fc.integer({ min: -50_000, max: 90_000 }), (document, day, price) => {
        const given = JSON.parse(JSON.stringify(document)) as Tariff;
        const read = readTariff(given);
        assert.deepEqual(read, given);
        const resolve = tariffResolver(read);
        const clock = localClock(document.timeZone);
        const seen = new Map<string, string>();
        let interval = intervalAt(Date.UTC(2026, 0, 1) + day * 86_400_000);
        for (let i = 0; i < 100; i++, interval = intervalAfter(interval)) {
          const resolved = resolve(interval, price);
          assert.ok(!('open' in resolved));
          const { date, minute } = clock(Date.parse(interval));
          const told = JSON.stringify([resolved.tariffs.import, resolved.tariffs.feedIn, resolved.rates]);
          assert.equal(seen.get(`${date} ${minute}`) ?? told, told);
          seen.set(`${date} ${minute}`, told);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('every month has one last quarter hour', () => {
    for (const timeZone of ZONES) {
      const resolve = tariffResolver(tariff({ import: FEED_IN, capacity: { price: 1 } }, { timeZone }));
      const due: string[] = [];
      for (let at = Date.UTC(2026, 0, 2); at < Date.UTC(2027, 0, 2); at += 900_000) {
        // In the middle of a month none ends.
        if (Math.abs(new Date(at).getUTCDate() - 15) < 12) continue;
        const resolved = resolve(intervalAt(at));
        if (!('open' in resolved) && resolved.tariffs.capacity?.due) due.push(resolved.tariffs.capacity.month);
      }
      assert.deepEqual(
        due,
        Array.from({ length: 12 }, (_, month) => `2026-${String(month + 1).padStart(2, '0')}`),
        timeZone,
      );
    }
  }).timeout(20_000);
});

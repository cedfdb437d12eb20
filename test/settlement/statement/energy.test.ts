// Figures of the honest question, counted by hand over two quarter hours of a street.
import assert from 'node:assert/strict';
import { EnergyBook } from '../../../src/settlement/statement/energy.ts';
import { noParts } from '../../../src/settlement/statement/parts.ts';

const row = (
  member: string,
  importWh: number | null,
  exportWh: number | null,
  supplierWh = 0,
  boughtWh = 0,
  soldWh = 0,
) => ({
  member,
  importWh,
  exportWh,
  quality: importWh === null ? ('missing' as const) : ('measured' as const),
  boughtWh,
  soldWh,
  supplierWh,
  feedInWh: 0,
  amount: 0,
});
const parts = (batteries: [string, number, number][], roofs: [string, number | null][]) => ({
  ...noParts('2026-05-01T10:00Z'),
  batteries: batteries.map(([member, chargeWh, dischargeWh]) => ({ member, chargeWh, dischargeWh })),
  generation: roofs.map(([member, generationWh]) => ({ member, generationWh })),
});

describe('energy figures of a month', () => {
  /** sun: roof and battery; shop: neither. Noon, then evening. */
  const street = () => {
    const book = new EnergyBook();
    book.add([row('sun', 0, 600, 0, 0, 500), row('shop', 500, 0, 0, 500)], parts([['sun', 300, 0]], [['sun', 1000]]));
    book.add([row('sun', 100, 0, 100), row('shop', 400, 0, 400)], parts([['sun', 0, 250]], [['sun', 0]]));
    return book;
  };

  it('of a member: use, roof and battery, each with and without', () => {
    // Use: 1000 - 300 - 600 = 100 at noon, 100 + 250 = 350 in the evening. Without the battery: 900 out, then 350 in.
    assert.deepEqual(street().member('sun'), {
      intervals: 2,
      leftOut: 0,
      loadWh: 450,
      pvWh: 1000,
      chargeWh: 300,
      dischargeWh: 250,
      boughtWh: 0,
      soldWh: 500,
      importWh: 100,
      exportWh: 600,
      selfSufficiencyPerMille: 778,
      selfConsumptionPerMille: 400,
      supplierWh: 100,
      feedInWh: 0,
      without: {
        trading: {
          importWh: 100,
          exportWh: 600,
          selfSufficiencyPerMille: 778,
          selfConsumptionPerMille: 400,
          supplierWh: 100,
          feedInWh: 600,
        },
        battery: {
          importWh: 350,
          exportWh: 900,
          selfSufficiencyPerMille: 222,
          selfConsumptionPerMille: 100,
          supplierWh: null,
          feedInWh: null,
        },
        both: {
          importWh: 350,
          exportWh: 900,
          selfSufficiencyPerMille: 222,
          selfConsumptionPerMille: 100,
          supplierWh: 350,
          feedInWh: 900,
        },
      },
    });
    const shop = street().member('shop');
    assert.deepEqual(
      [shop?.loadWh, shop?.pvWh, shop?.selfSufficiencyPerMille, shop?.selfConsumptionPerMille],
      [900, 0, 0, null],
    );
    assert.deepEqual(
      [shop?.supplierWh, shop?.without.trading.supplierWh, shop?.without.battery.supplierWh],
      [400, 900, 400],
    );
    assert.equal(street().member('nobody'), null);
  });

  it('of the street: at its boundary, netted in each quarter hour', () => {
    // Net -100 at noon, +500 in the evening; without the battery -400, then +750.
    assert.deepEqual(street().street(), {
      intervals: 2,
      leftOut: 0,
      members: 2,
      loadWh: 1350,
      pvWh: 1000,
      chargeWh: 300,
      dischargeWh: 250,
      importWh: 1000,
      exportWh: 600,
      tradedWh: 500,
      boundaryImportWh: 500,
      boundaryExportWh: 100,
      supplierWh: 500,
      selfSufficiencyPerMille: 630,
      selfConsumptionPerMille: 900,
      without: {
        trading: {
          boundaryImportWh: 500,
          boundaryExportWh: 100,
          supplierWh: 1000,
          selfSufficiencyPerMille: 630,
          selfConsumptionPerMille: 900,
        },
        battery: {
          boundaryImportWh: 750,
          boundaryExportWh: 400,
          supplierWh: null,
          selfSufficiencyPerMille: 444,
          selfConsumptionPerMille: 600,
        },
        both: {
          boundaryImportWh: 750,
          boundaryExportWh: 400,
          supplierWh: 1250,
          selfSufficiencyPerMille: 444,
          selfConsumptionPerMille: 600,
        },
      },
    });
  });

  it('leave a quarter hour out in which a meter, a roof or a battery is not known', () => {
    const cases: readonly (readonly [
      what: string,
      parts: ReturnType<typeof parts>,
      rows: ReturnType<typeof row>[],
      own: number,
    ])[] = [
      ['the meter', parts([['sun', 0, 0]], [['sun', 5]]), [row('sun', null, null), row('shop', 5, 0)], 2],
      ['the roof', parts([['sun', 0, 0]], [['sun', null]]), [row('sun', 5, 0), row('shop', 5, 0)], 2],
      ['the record of the roof', parts([['sun', 0, 0]], []), [row('sun', 5, 0), row('shop', 5, 0)], 2],
      ['the record of the battery', parts([], [['sun', 5]]), [row('sun', 5, 0), row('shop', 5, 0)], 2],
      ['nothing', parts([['sun', 0, 0]], [['sun', 5]]), [row('sun', 5, 0), row('shop', 5, 0)], 3],
    ];
    for (const [what, more, rows, intervals] of cases) {
      const book = street();
      book.add(rows, more);
      assert.deepEqual([book.member('sun')?.intervals, book.street().intervals], [intervals, intervals], what);
      assert.equal(book.member('shop')?.intervals, 3, what);
      assert.equal(book.street().leftOut, 3 - intervals, what);
    }
  });

  it('do not guess the use behind a roof that nobody measures', () => {
    const book = new EnergyBook();
    book.add([row('a', 0, 500), row('b', 300, 0)], parts([], []));
    assert.deepEqual([book.member('a')?.loadWh, book.member('a')?.selfSufficiencyPerMille], [null, null]);
    assert.equal(book.member('b')?.loadWh, 300);
    const { loadWh, boundaryExportWh, selfSufficiencyPerMille } = book.street();
    assert.deepEqual([loadWh, boundaryExportWh, selfSufficiencyPerMille], [null, 200, null]);
  });

  it('refuse sums that no integer holds', () => {
    const book = new EnergyBook();
    book.add([row('a', 2 ** 53 - 1, 0)], parts([], []));
    assert.throws(() => book.add([row('a', 2 ** 53 - 1, 0)], parts([], [])), RangeError);
  });
});

// What must hold of statements whatever happened: all accounts sum to 0, totals are their lines to the nano, every line stands in
// exactly one month, the order of arrival decides nothing, and what is printed adds up.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { linesCsv, totalsCsv } from '../../../src/settlement/statement/csv.ts';
import { type Statement, Statements } from '../../../src/settlement/statement/document.ts';
import { statementPage } from '../../../src/settlement/statement/page.ts';
import { printedAccount } from '../../../src/settlement/statement/page-account.ts';
import type { IntervalParts } from '../../../src/settlement/statement/parts.ts';
import { type Period, periodOf } from '../../../src/settlement/statement/period.ts';
import { CENT, rounded } from '../../../src/settlement/statement/round.ts';
import type { Tariffs } from '../../../src/settlement/tariffs.ts';
import { intervalEnd } from '../../../src/time/interval.ts';
import { bookOf, contextOf, type Happened, partsOf } from '../../support/statements.ts';

const MEMBERS = ['a', 'b', 'c', 'd'] as const;
/** Around the ends of two months; the second has the hour that comes twice. */
const INTERVALS = [
  '2026-09-30T21:45Z',
  '2026-09-30T22:00Z',
  '2026-10-25T00:45Z',
  '2026-10-25T01:15Z',
  '2026-10-31T22:45Z',
  '2026-10-31T23:00Z',
];
const MONTHS = ['2026-09', '2026-10', '2026-11', '2026-12'].map((month) => periodOf(month, 'Europe/Paris'));
const DAY_MS = 86_400_000;
const RUNS = { numRuns: 40 };

const wh = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(0, 1, 1_000_000_000));
const price = fc.oneof(fc.integer({ min: -300_000, max: 300_000 }), fc.constant(0));
const tariffs: fc.Arbitrary<Tariffs> = fc.record({
  import: price,
  feedIn: price,
  networkFee: fc.record({ feeder: fc.nat(9999), beyond: fc.nat(99_999) }),
  levies: fc.nat(50_000),
  vatBasisPoints: fc.constantFrom(0, 1900, 2550),
});
const energy = fc.option(fc.tuple(wh, wh, fc.constantFrom('measured' as const, 'estimated' as const)), { freq: 5 });
const pairs = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...MEMBERS), fc.constantFrom(...MEMBERS), fc.integer({ min: 1, max: 3000 })), {
    selector: ([buyer, seller]) => `${buyer}${seller}`,
    maxLength: 4,
  })
  .map((all) =>
    all.filter(([buyer, seller]) => buyer !== seller).map(([buyer, seller, wh]) => ({ buyer, seller, wh })),
  );
const meters = fc.record(Object.fromEntries(MEMBERS.map((member) => [member, energy])));
const happened = fc
  .record({ price, pairs, meters, tariffs, days: fc.constantFrom(0, 0, 0, 2, 5, 33), leaf: fc.nat(1000) })
  .map((each) => ({ ...each, price: each.pairs.length > 0 ? each.price : null }));

const interval: fc.Arbitrary<IntervalParts> = fc
  .record({
    name: fc.constantFrom(...INTERVALS),
    first: happened,
    second: fc.option(happened),
    batteries: fc.subarray([...MEMBERS]),
    roofs: fc.subarray([...MEMBERS]),
    energies: fc.array(fc.nat(3000), { minLength: 8, maxLength: 8 }),
  })
  .map(({ name, first, second, batteries, roofs, energies }) => {
    const parts = settledParts(name, first);
    const more = {
      batteries: batteries.map((member, i) => ({ member, chargeWh: energies[i]!, dischargeWh: energies[i + 4]! })),
      generation: roofs.map((member, i) => ({ member, generationWh: i === 3 ? null : energies[i]! })),
      orders: roofs.map((member, leaf) => ({ member, leaf })),
      meters: MEMBERS.map((member, leaf) => ({ member, leaf, reason: null })),
    };
    if (!second) return { ...parts, ...more };
    const [before] = parts.settled;
    const [after] = settledParts(name, second).settled;
    const reversals = before!.lines.map((line) => ({ ...line, wh: 0 - line.wh, amount: 0 - line.amount }));
    const correction = {
      ...after!,
      number: 1,
      lines: [...reversals, ...after!.lines],
      at: Math.max(after!.at, before!.at),
    };
    return { ...parts, ...more, settled: [before!, correction] };
  });

function settledParts(name: string, { days, ...each }: Happened & { days: number }): IntervalParts {
  return partsOf(name, { ...each, at: intervalEnd(name) + days * DAY_MS });
}

const year = fc.uniqueArray(interval, {
  selector: ({ interval }) => interval,
  minLength: 1,
  maxLength: INTERVALS.length,
});

/** Statements of all accounts of a month. */
function all(parts: readonly IntervalParts[], period: Period): Map<string, Statement> {
  const book = bookOf(parts, period);
  const statements = new Statements(book, contextOf());
  return new Map(book.accounts().map((account) => [account, statements.of(account)]));
}

const sum = (values: readonly (string | number)[]) => values.reduce((total, value) => total + BigInt(value), 0n);

describe('statements of anything', () => {
  it('sum to 0 over all accounts; each is its lines, its positions and its days', () => {
    fc.assert(
      fc.property(year, (parts) => {
        for (const period of MONTHS) {
          const statements = [...all(parts, period).values()];
          assert.equal(sum(statements.map(({ balance }) => balance.total)), 0n);
          for (const { lines, positions, days, balance, member, savings } of statements) {
            assert.equal(sum(lines.map(({ amount }) => amount)), BigInt(balance.total));
            assert.equal(sum(positions.map(({ amount }) => amount)), BigInt(balance.total));
            const own = lines.filter(({ local }) => local.startsWith(period.month));
            assert.equal(sum(own.map(({ amount }) => amount)), sum(days.map(({ amount }) => amount)));
            if (member !== null)
              assert.equal(BigInt(savings!.supplierOnly) - BigInt(savings!.paid), BigInt(savings!.saved));
          }
        }
      }),
      RUNS,
    );
  });

  it('hold every line in exactly one month', () => {
    fc.assert(
      fc.property(year, (parts) => {
        const booked = MONTHS.flatMap((period) => [...all(parts, period).values()]);
        const lines = booked.filter(({ account }) => account === 'supplier').flatMap((each) => each.lines);
        const settled = parts.flatMap((each) => each.settled.flatMap((one) => one.lines));
        const expected = settled.filter(
          ({ account, counterAccount }) => account === 'supplier' || counterAccount === 'supplier',
        );
        assert.equal(lines.length, expected.length);
      }),
      RUNS,
    );
  });

  it('do not depend on the order in which anything arrived', () => {
    const shuffled = year.chain((parts) =>
      fc.tuple(
        fc.constant(parts),
        fc
          .tuple(...parts.map((each) => shuffledParts(each)))
          .chain((each) => fc.shuffledSubarray(each, { minLength: each.length, maxLength: each.length })),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([parts, others]) => {
        for (const period of MONTHS) {
          const [one, other] = [all(parts, period), all(others, period)];
          assert.equal(JSON.stringify([...one]), JSON.stringify([...other]));
        }
      }),
      RUNS,
    );
  });

  it('print columns that add up, from one balance to the next', () => {
    fc.assert(
      fc.property(year, fc.bigInt(-(10n ** 12n), 10n ** 12n), (parts, opening) => {
        const book = bookOf(parts, MONTHS[1]!);
        const statements = new Statements(book, contextOf({ opening: () => opening }));
        for (const account of book.accounts()) {
          const statement = statements.of(account);
          const printed = printedAccount(statement);
          const rows = printed.rows.reduce((total, { cents }) => total + cents, printed.opening);
          assert.equal(rows, printed.closing);
          assert.equal(printed.closing, rounded(BigInt(statement.balance.closing), CENT));
          assert.ok(statementPage(statement).endsWith('</html>\n'));
          assert.equal(linesCsv(statement).split('\r\n').length, statement.lines.length + 2);
          assert.equal(totalsCsv(statement).split('\r\n').length, statement.positions.length + 5);
        }
      }),
      RUNS,
    );
  });

  it('never count what is not known as energy of the street', () => {
    fc.assert(
      fc.property(year, (parts) => {
        for (const period of MONTHS) {
          for (const { street, energy, quality } of all(parts, period).values()) {
            const { boundaryImportWh, without } = street;
            assert.equal(boundaryImportWh, without.trading.boundaryImportWh);
            assert.ok(street.importWh >= boundaryImportWh && street.exportWh >= street.boundaryExportWh);
            assert.equal(street.importWh - street.exportWh, boundaryImportWh - street.boundaryExportWh);
            if (!energy || !quality) continue;
            assert.equal(
              energy.intervals + energy.leftOut,
              quality.measured.intervals + quality.estimated.intervals + quality.open.intervals,
            );
            if (energy.loadWh !== null && energy.pvWh !== null) {
              const { importWh, exportWh, pvWh, chargeWh, dischargeWh } = energy;
              assert.equal(energy.loadWh, importWh - exportWh + pvWh + dischargeWh - chargeWh);
            }
          }
        }
      }),
      RUNS,
    );
  });
});

function shuffledParts(parts: IntervalParts): fc.Arbitrary<IntervalParts> {
  const { settled, meters, orders, batteries, generation } = parts;
  const shuffled = <Item>(items: readonly Item[]) =>
    fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
  return fc
    .record({
      settled: shuffled(settled),
      meters: shuffled(meters),
      orders: shuffled(orders),
      batteries: shuffled(batteries),
      generation: shuffled(generation),
    })
    .map((lists) => ({ ...parts, ...lists }));
}

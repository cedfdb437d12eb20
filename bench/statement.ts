// Statements: the book of a day of settlements, for 100 to 100,000 members, and the documents and pages made from it. Time has to
// grow with the lines, not with members times members: so the same is given per line. What there is to compare with is
// `JSON.parse` of the same settlements, which anything that reads them from a ledger has to do at least.
import { settle } from '../src/settlement/settle.ts';
import { StatementBook } from '../src/settlement/statement/book.ts';
import { Statements } from '../src/settlement/statement/document.ts';
import { statementPage } from '../src/settlement/statement/page.ts';
import { type IntervalParts, noParts, type Settled } from '../src/settlement/statement/parts.ts';
import { periodOf } from '../src/settlement/statement/period.ts';
import { intervalAfter, intervalEnd } from '../src/time/interval.ts';
import { type Figure, measure } from './harness.ts';

const FIRST = '2026-05-01T00:00Z';
const MAY = periodOf('2026-05', 'UTC');
const TARIFFS = {
  import: 300_000,
  feedIn: 80_000,
  networkFee: { beyond: 70_000 },
  levies: 20_000,
  vatBasisPoints: 1900,
};

/** Members and quarter hours: the same number of lines in the three of the middle. */
const SIZES: readonly (readonly [members: number, intervals: number])[] = [
  [100, 96],
  [1_000, 96],
  [10_000, 10],
  [100_000, 1],
];

export async function* figures(): AsyncGenerator<Figure> {
  for (const [members, intervals] of SIZES) {
    const parts = Array.from({ length: intervals }, (_, i) => partsOf(members, intervalAfter(FIRST, i)));
    const lines = parts.reduce((sum, { settled }) => sum + settled[0]!.lines.length, 0);
    const texts = parts.map(({ settled }) => JSON.stringify(settled));
    const size = `${members.toLocaleString('en')} members x ${intervals} quarter hours`;
    yield await measure({
      name: `book ${size} (${lines.toLocaleString('en')} lines), sums of all accounts`,
      unit: 'ms',
      runs: 5,
      warmUp: 1,
      ours: () => perRun(() => bookOf(parts, false).accounts().length),
      against: {
        name: 'JSON.parse of the same settlements',
        run: () => perRun(() => texts.map((text) => JSON.parse(text)).length),
      },
    });
    yield await measure({
      name: `statements of ${size}, every line, per line`,
      unit: 'ns',
      runs: 5,
      warmUp: 1,
      ours: () => {
        const start = performance.now();
        const book = bookOf(parts, true);
        const statements = new Statements(book, CONTEXT);
        let told = 0;
        for (const account of book.accounts()) told += statements.of(account).lines.length;
        return ((performance.now() - start) * 1e6) / told;
      },
    });
  }
  const book = bookOf(
    Array.from({ length: 2976 }, (_, i) => partsOf(10, intervalAfter(FIRST, i))),
    true,
  );
  const statement = new Statements(book, CONTEXT).of('member/m3');
  yield await measure({
    name: `page of a month of a member (${statement.lines.length.toLocaleString('en')} lines)`,
    unit: 'ms',
    runs: 11,
    ours: () => perRun(() => statementPage(statement).length),
  });
}

const CONTEXT = {
  community: 'bench.example',
  ledger: null,
  currency: 'EUR',
  asOf: MAY.closes,
  opening: () => 0n,
  proof: null,
} as const;

function perRun(work: () => number): number {
  const start = performance.now();
  if (work() === 0) throw new Error('nothing was done');
  return performance.now() - start;
}

function bookOf(parts: readonly IntervalParts[], asked: boolean): StatementBook {
  const book = new StatementBook(MAY, () => asked);
  for (const each of parts) book.add(each);
  return book;
}

/** Every second member sells to the one after it, another one each quarter hour; all deviate. */
function partsOf(members: number, interval: string): IntervalParts {
  const turn = Number(interval.slice(14, 16)) / 15 + 1;
  const ids = Array.from({ length: members }, (_, i) => `m${i}`);
  const pairs = [];
  for (let i = 0; i + 1 < members; i += 2)
    pairs.push({ buyer: ids[i]!, seller: ids[(i + 2 * turn - 1) % members]!, wh: 100 + (i % 50) });
  const meters = ids.map((member, i) =>
    i % 2 === 0
      ? { member, importWh: 180 + (i % 7), exportWh: 0, quality: 'measured' as const }
      : { member, importWh: 0, exportWh: 90 + (i % 90), quality: 'measured' as const },
  );
  const settlement = settle({
    tariffs: TARIFFS,
    intervals: [{ interval, clearing: { price: 190_000, pairs }, meters }],
  });
  const without = <Row extends { readonly interval: string }>({ interval: _, ...rest }: Row) => rest;
  const settled: Settled = {
    at: intervalEnd(interval),
    leaf: null,
    number: 0,
    tariffs: TARIFFS,
    lines: settlement.lines.map(without),
    statements: settlement.rows.map(without),
  };
  return { ...noParts(interval), settled: [settled] };
}

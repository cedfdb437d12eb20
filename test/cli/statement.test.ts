// `microgrid statement` on a simulated ledger: the same from the database and from the export, and one sentence for what is wrong.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Statement } from '../../src/settlement/statement/document.ts';
import { runCommand } from '../support/command.ts';

const COMMUNITY = JSON.stringify({
  origin: 'sunny-street.example/ledger/1',
  currency: 'EUR',
  tariffs: { import: 300_000, feedIn: 80_000 },
  members: ['home-01', 'home-02', 'bakery'].map((id) => ({ id, kind: 'home' })),
});
const SENTENCE = /^microgrid: (?!.*\bat .*:\d+:\d+)\P{Cc}+\n$/u;

describe('microgrid statement', () => {
  let directory = '';
  const statement = (...args: string[]) => runCommand(['statement', ...args, directory]);

  before(async () => {
    directory = join(mkdtempSync(join(tmpdir(), 'microgrid-statement-')), 'ledger');
    const { code, err } = await runCommand(
      [
        'simulate',
        'community.json',
        '--profiles',
        'street',
        '--from',
        '2017-07-10T10:00Z',
        '--intervals',
        '24',
        '--ledger',
        directory,
      ],
      { files: { 'community.json': COMMUNITY } },
    );
    assert.deepEqual([code, err], [0, '']);
  });

  after(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

  it('prints the document of a member, whose lines add up and have their leaves', async () => {
    const { code, out, err } = await statement('--month', '2017-07', '--member', 'home-01', '--json');
    assert.deepEqual([code, err], [0, '']);
    const found = JSON.parse(out) as Statement;
    assert.deepEqual(
      [found.format, found.account, found.currency, found.intervals.settled],
      ['microgrid-statement/1', 'member/home-01', 'EUR', 24],
    );
    assert.ok(found.lines.length > 0);
    assert.equal(
      found.lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
      BigInt(found.balance.total),
    );
    assert.ok(found.lines.every(({ proof }) => proof.settlement !== null && proof.settlement < found.proof!.size));
  });

  it('says the same of the export as of the database', async () => {
    for (const format of ['json', 'html', 'csv', 'totals']) {
      const args = [
        'statement',
        '--month',
        '2017-07',
        '--member',
        'bakery',
        '--time-zone',
        'Europe/Berlin',
        '--format',
        format,
      ];
      const [database, exported, file] = await Promise.all(
        [directory, join(directory, 'export'), join(directory, 'ledger.sqlite')].map((path) =>
          runCommand([...args, path]),
        ),
      );
      assert.deepEqual([database!.code, database!.err], [0, '']);
      assert.equal(exported!.out, database!.out);
      assert.equal(file!.out, database!.out);
    }
  });

  it('prints all accounts, which sum to 0', async () => {
    const { code, out } = await statement('--month', '2017-07', '--format', 'csv');
    assert.equal(code, 0);
    const rows = out.trimEnd().split('\r\n').slice(1);
    assert.deepEqual(
      rows.map((row) => row.split(',')[2]),
      ['member/bakery', 'member/home-01', 'member/home-02', 'supplier', 'sum'],
    );
    assert.match(rows.at(-1)!, /^sunny-street\.example,2017-07,sum,,,0\.00,,EUR$/);
    const supplier = await statement('--month', '2017-07', '--account', 'supplier', '--format', 'html');
    assert.match(supplier.out, /<h1>the supplier, July 2017<\/h1>/);
  });

  it('carries the balance into the next month', async () => {
    const july = JSON.parse((await statement('--month', '2017-07', '--member', 'bakery')).out) as Statement;
    const august = JSON.parse((await statement('--month', '2017-08', '--member', 'bakery')).out) as Statement;
    assert.deepEqual([august.balance.opening, august.balance.total, august.lines], [july.balance.closing, '0', []]);
  });

  const refused: readonly (readonly [args: string[], says: RegExp])[] = [
    [[], /--month is missing/],
    [['--month', '2017-7'], /written as 2026-05/],
    [['--month', '2017-07', '--member', 'Home'], /--member must be a member id/],
    [['--month', '2017-07', '--member', 'home-09'], /member\/home-09 has nothing in 2017-07; known are member\/bakery/],
    [['--month', '2017-07', '--account', 'bank'], /--account must be/],
    [['--month', '2017-07', '--account', 'tax', '--member', 'bakery'], /not both/],
    [['--month', '2017-07', '--format', 'pdf'], /--format must be one of html, csv/],
    [['--month', '2017-07', '--format', 'html', '--json'], /--json prints JSON/],
    [['--month', '2017-07', '--time-zone', 'Mars'], /--time-zone must be a place/],
    [['--month', '2017-07', '--closing-days', 'x'], /--closing-days must be a whole number/],
    [['--month', '2017-07', '--closing-days', '31'], /1 to 27 days/],
    [['--month', '2017-07', '--years', '3'], /years/],
  ];
  for (const [args, says] of refused) {
    it(`refuses ${args.join(' ') || 'no month'}`, async () => {
      const { code, out, err } = await statement(...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, SENTENCE);
      assert.match(err, says);
    });
  }

  it('refuses what is no ledger', async () => {
    for (const path of ['/nowhere/at/all', tmpdir()]) {
      const { code, err } = await runCommand(['statement', '--month', '2017-07', path]);
      assert.equal(code, 2);
      assert.match(err, SENTENCE);
    }
  });
});

// docs/statement.md describes every field of the document, and no other: outsiders write readers by it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountsOfMonth } from '../../src/settlement/statement/accounts-of-month.ts';
import { Statements } from '../../src/settlement/statement/document.ts';
import { SECTIONS } from '../../src/settlement/statement/sections.ts';
import { projectRoot } from '../support/source.ts';
import { bookOf, contextOf, MAY, partsOf } from '../support/statements.ts';

const text = readFileSync(join(projectRoot, 'docs/statement.md'), 'utf8');
const sections = new Map(
  text
    .split(/^##+ /m)
    .slice(1)
    .map((part) => [/^[^\n]+/.exec(part)?.[0] ?? '', part]),
);

/** Fields in the first column of the tables of a section. */
function fieldsOf(section: string, table = 0): string[] {
  const part = sections.get(section);
  assert.ok(part, `docs/statement.md has no section "${section}"`);
  const tables = part.split(/\n\n/).filter((each) => each.startsWith('|'));
  return [...(tables[table] ?? '').matchAll(/^\| (`[^|]+) \|/gm)]
    .flatMap(([, cell = '']) => cell.split(', '))
    .map((name) => name.replaceAll('`', ''));
}

const NOON = '2026-05-01T10:00Z';
const book = bookOf([
  partsOf(
    NOON,
    {
      price: 200_000,
      pairs: [{ buyer: 'a', seller: 'b', wh: 7 }],
      meters: { a: [9, 0, 'estimated'], b: [0, 9] },
      leaf: 3,
    },
    { batteries: [{ member: 'a', chargeWh: 1, dischargeWh: 0 }] },
  ),
]);
book.pay({ id: 'p', at: MAY.opens, on: '2026-05-05', from: 'member/a', to: 'community', amount: 5, leaf: 4 });
const context = contextOf({ proof: { checkpoint: 'x', size: 5, root: 'y' } });
const statement = new Statements(book, context).of('member/a');

describe('docs/statement.md', () => {
  const parts: readonly (readonly [section: string, object: object, table?: number])[] = [
    ['Head', statement],
    ['Positions', statement.positions[0]!],
    ['Payments', statement.payments[0]!],
    ['Days', statement.days[0]!],
    ['Energy', statement.energy!],
    ['Savings', statement.savings!],
    ['Quality', statement.quality!],
    ['Street', statement.street],
    ['Proof', statement.proof!],
    ['Lines', statement.lines[0]!],
  ];
  for (const [section, object] of parts) {
    it(`names every field under "${section}"`, () => {
      assert.deepEqual(fieldsOf(section).sort(), Object.keys(object).sort());
    });
  }

  it('names every section, in their order', () => {
    assert.deepEqual(
      fieldsOf('Positions', 1),
      SECTIONS.filter((section) => section !== 'payment'),
    );
  });

  it('names what is inside the smaller ones', () => {
    const inside: readonly (readonly [string, object])[] = [
      ['Head', statement.intervals],
      ['Head', statement.balance],
      ['Energy', statement.energy!.without],
      ['Energy', statement.energy!.without.both],
      ['Street', statement.street.without],
      ['Quality', statement.quality!.measured],
      ['Quality', statement.quality!.open],
      ['Quality', statement.quality!.exceptions[0]!],
      ['Lines', statement.lines[0]!.proof],
    ];
    for (const [section, object] of inside) {
      for (const name of Object.keys(object)) {
        if (/Share|PerMille$/.test(name)) continue;
        assert.ok(sections.get(section)?.includes(`\`${name}\``), `${name} is not under "${section}"`);
      }
    }
    assert.deepEqual(Object.keys(statement.street.without.both), fieldsOf('Street').slice(-7, -2));
  });

  it('names every field of all accounts', () => {
    const accounts = accountsOfMonth(book, context);
    const part = sections.get('All accounts, `microgrid-accounts/1`') ?? '';
    for (const name of [...Object.keys(accounts), ...Object.keys(accounts.accounts[0]!)]) {
      assert.ok(part.includes(`\`${name}\``), name);
    }
  });
});

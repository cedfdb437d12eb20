// docs/messages.md against the schemas: every payload type has its section, its table names every field, and its example
// is accepted by the node that reads it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PayloadType, readPayload, schemas } from '../../nodes/shared/messages.ts';
import { clear } from '../../src/market/clear.ts';
import { amountNano } from '../../src/units.ts';
import { projectRoot } from '../support/source.ts';

interface Section {
  /** First columns of the table, without backticks and the mark of what may be left out. */
  readonly fields: readonly string[];
  readonly optional: readonly string[];
  readonly examples: readonly unknown[];
}

const text = readFileSync(join(projectRoot, 'docs/messages.md'), 'utf8');
const sections = new Map(
  text
    .split(/^### /m)
    .slice(1)
    .map((part): [string, Section] => [/^`?([^`\n]+)`?/.exec(part)?.[1] ?? '', readSection(part)]),
);

function readSection(part: string): Section {
  const cells = part
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => (line.split('|')[1] ?? '').split(','))
    .map((cell) => cell.trim());
  return {
    fields: cells.map((cell) => cell.replace(/[`?]/g, '')),
    optional: cells.filter((cell) => cell.endsWith('?')).map((cell) => cell.replace(/[`?]/g, '')),
    examples: [...part.matchAll(/^```json\n([\s\S]*?)^```/gm)].map((match) => JSON.parse(match[1] ?? '')),
  };
}

function section(name: string): Section {
  const found = sections.get(name);
  assert.ok(found, `docs/messages.md has no section "${name}"`);
  return found;
}

describe('docs/messages.md', () => {
  for (const type of Object.keys(schemas) as PayloadType[]) {
    it(`describes ${type} as its schema has it`, () => {
      const { fields, optional, examples } = section(type);
      const entries: Readonly<Record<string, { readonly type: string }>> = schemas[type].entries;
      assert.deepEqual([...fields].sort(), Object.keys(entries).sort());
      const mayBeLeftOut = Object.keys(entries).filter((name) => entries[name]?.type.endsWith('optional'));
      assert.deepEqual([...optional].sort(), mayBeLeftOut.sort());
      assert.equal(examples.length, 1);
    });

    it(`has an example of ${type} that nodes accept, with nothing in it that they drop`, () => {
      for (const example of section(type).examples) assert.deepEqual(readPayload(example, type), example);
    });
  }

  it('has an example of its own type in every other section with a table', () => {
    for (const [name, { fields, examples }] of sections) {
      if (fields.length === 0 || name in schemas) continue;
      const example = examples[0] as Record<string, unknown>;
      assert.equal(example['type'], name);
      assert.deepEqual(Object.keys(example).sort(), [...fields].sort(), name);
    }
  });

  it('shows a clearing that its rule really gives', () => {
    const clearing = readPayload(section('clearing').examples[0], 'clearing');
    const members = ['bakery', 'home-03'];
    const computed = clear(clearing.rule, { interval: clearing.interval, members, orders: clearing.orders });
    const { volumeWh, price, priceLow, priceHigh, pairs } = computed;
    assert.deepEqual({ volumeWh, price, priceLow, priceHigh, pairs: [...pairs] }, pick(clearing));
  });

  it('shows a settlement whose amounts are right and sum to 0', () => {
    const settlement = readPayload(section('settlement').examples[0], 'settlement');
    for (const line of settlement.lines) assert.equal(line.amount, amountNano(line.wh, line.price));
    const sum = settlement.statements.reduce((total, statement) => total + Number(statement['amount']), 0);
    assert.equal(sum, 0);
  });
});

function pick({ volumeWh, price, priceLow, priceHigh, pairs }: ReturnType<typeof readPayload<'clearing'>>) {
  return { volumeWh, price, priceLow, priceHigh, pairs };
}

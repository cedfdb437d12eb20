// docs/settlement.md against the code: its document is read and gives what the text says, and its figures are right.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTariff } from '../../src/settlement/read-tariff.ts';
import { tariffResolver } from '../../src/settlement/resolve.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { LineCode } from '../../src/settlement/settlement.ts';
import { projectRoot, readSources } from '../support/source.ts';

const text = readFileSync(join(projectRoot, 'docs/settlement.md'), 'utf8');
const document = readTariff(JSON.parse(/^```json\n([\s\S]*?)^```/m.exec(text)?.[1] ?? ''));

describe('docs/settlement.md', () => {
  it('shows a document that is read, and that names its rates', () => {
    const resolve = tariffResolver(document);
    const rate = (interval: string) => {
      const resolved = resolve(interval, 100_000);
      return 'open' in resolved ? resolved.open : [resolved.rates.import, resolved.tariffs.feedIn];
    };
    // 100000 x 0.95 - 4000
    assert.deepEqual(rate('2026-11-20T17:00Z'), ['winter peak', 91_000]);
    assert.deepEqual(rate('2026-11-21T17:00Z'), ['day', 91_000]);
    assert.deepEqual(rate('2026-12-25T17:00Z'), ['day', 91_000]);
    assert.deepEqual(rate('2026-07-10T20:00Z'), ['night', 91_000]);
    assert.equal(rate('2026-12-31T23:00Z'), 'no-tariff');
  });

  it('names every code of a line', () => {
    const source = readSources('src/settlement').find(({ path }) => path.endsWith('/settlement.ts'))?.text ?? '';
    const codes = /export type LineCode =([\s\S]*?);/.exec(source)?.[1]?.match(/[a-z-]+/g) ?? [];
    assert.ok(codes.length > 8);
    for (const code of codes as LineCode[]) assert.match(text, new RegExp(`^\\| \`${code}\` \\|`, 'm'));
  });

  it('counts its example of a capacity charge', () => {
    const capacity = { month: '2026-11', price: 4_000_000, freeW: 1000, due: true } as const;
    const { lines } = settle({
      tariffs: { import: 0, feedIn: 0, capacity },
      intervals: [
        {
          interval: '2026-11-30T22:45Z',
          clearing: { price: null, pairs: [] },
          meters: [{ member: 'a', importWh: 900, exportWh: 0, quality: 'measured' }],
        },
      ],
    });
    const { wh, price, amount } = lines.find(({ code }) => code === 'capacity')!;
    assert.deepEqual([wh, price, amount], [650, 16_000_000, 10_400_000_000]);
  });
});

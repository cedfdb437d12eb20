// Tables of text: separators, quotes, line ends, byte order marks, and what is no table.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCsv } from '../../../src/settlement/utility/csv.ts';

const cells = (text: string) => parseCsv(text).map((row) => row.cells);

describe('table of text', () => {
  it('is separated by semicolons, else tabs, else commas', () => {
    assert.deepEqual(cells('a;b,c\n1,5;2'), [
      ['a', 'b,c'],
      ['1,5', '2'],
    ]);
    assert.deepEqual(cells('a\tb,c\n1,5\t2'), [
      ['a', 'b,c'],
      ['1,5', '2'],
    ]);
    assert.deepEqual(cells('a,b\n1.5,2'), [
      ['a', 'b'],
      ['1.5', '2'],
    ]);
  });

  it('has quotes, empty cells, any line end, and a byte order mark', () => {
    assert.deepEqual(cells('\ufeff"a;""b""";c\r\n\r\n;\n"x\ny"; z ;\r\n1;;3'), [
      ['a;"b"', 'c'],
      ['x\ny', 'z', ''],
      ['1', '', '3'],
    ]);
    assert.deepEqual(
      parseCsv('a\n\n"x\ny"\nb').map(({ line }) => line),
      [1, 3, 5],
    );
    assert.deepEqual(cells(''), []);
  });

  it('is refused where a quotation does not end, or text follows it', () => {
    assert.throws(() => parseCsv('a;"b\nc'), /line 1 .* does not end/);
    assert.throws(() => parseCsv('a\n"b"c;d'), /line 2 .* after a quotation/);
    assert.throws(() => parseCsv('x'.repeat(64 * 1024 * 1024 + 1)), /longer than 64 MiB/);
  });

  it('gives back what was written', () => {
    const cell = fc.string({ maxLength: 6 }).map((text) => text.trim());
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const quoted = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(';')).join('\n');
        assert.deepEqual(
          cells(quoted),
          rows.filter((row) => row.some((text) => text !== '')),
        );
      }),
    );
  });
});

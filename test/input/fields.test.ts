import assert from 'node:assert/strict';
import { fields, id, integer, list, oneOf, parseInput } from '../../src/input/fields.ts';

describe('input from outside', () => {
  const schema = fields({ rows: list(fields({ id, n: integer(1), side: oneOf(['a', 'b', 'c']) })) });
  const rows: readonly (readonly [input: unknown, message: string])[] = [
    [undefined, 'the input must be an object, but is undefined'],
    [{}, 'rows is missing'],
    [{ rows: null }, 'rows must be a list, but is null'],
    [{ rows: [7] }, 'rows[0] must be an object, but is 7'],
    [{ rows: [{ id: 'x', n: 1 }] }, 'rows[0].side is missing'],
    [{ rows: [{ id: 'x', n: 1, side: 'd' }] }, 'rows[0].side must be "a", "b" or "c", but is the text "d"'],
    [{ rows: [{ id: 'x', n: 0, side: 'a' }] }, 'rows[0].n must be a whole number from 1 to 2^53-1, but is 0'],
    [{ rows: [{ id: '', n: 1, side: 'a' }] }, 'rows[0].id must be well-formed text, but is the text ""'],
    [{ rows: [{ id: 'x', n: 1, side: 'a', m: 2 }] }, 'rows[0].m is not a known field; known are id, n, side'],
  ];
  for (const [input, message] of rows) {
    it(message, () => assert.throws(() => parseInput(schema, input), { name: 'InputError', message }));
  }

  it('gives back what fits', () => {
    const value = { rows: [{ id: 'x', n: 1, side: 'b' }] };
    assert.deepEqual(parseInput(schema, value), value);
  });
});

import assert from 'node:assert/strict';
import { fields, id, integer, list, matching, oneOf, parseInput, someFields } from '../../src/input/fields.ts';

describe('input from outside', () => {
  const schema = fields({ rows: list(fields({ id, n: integer(1), side: oneOf(['a', 'b', 'c']) })) });
  const rows: readonly (readonly [input: unknown, message: string])[] = [
    [undefined, 'the input must be an object, but is undefined'],
    [[], 'the input must be an object, but is a list'],
    [{}, 'rows is missing'],
    [{ rows: null }, 'rows must be a list, but is null'],
    [{ rows: [7] }, 'rows[0] must be an object, but is 7'],
    [{ rows: [{ id: 'x', n: 1 }] }, 'rows[0].side is missing'],
    [{ rows: [{ id: 'x', n: 1, side: 'd' }] }, 'rows[0].side must be "a", "b" or "c", but is the text "d"'],
    [{ rows: [{ id: 'x', n: 0, side: 'a' }] }, 'rows[0].n must be a whole number from 1 to 2^53-1, but is 0'],
    [{ rows: [{ id: '', n: 1, side: 'a' }] }, 'rows[0].id must be well-formed text, but is the text ""'],
    [{ rows: [[]] }, 'rows[0] must be an object, but is a list'],
    [{ rows: [], ['k\n'.repeat(30)]: 1 }, `${'k\ufffd'.repeat(20)}... is not a known field; known are rows`],
    [{ rows: [{ id: 'x', n: 1, side: 'a', m: 2 }] }, 'rows[0].m is not a known field; known are id, n, side'],
  ];
  for (const [input, message] of rows) {
    it(message, () => assert.throws(() => parseInput(schema, input), { name: 'InputError', message }));
  }

  it('where other fields are allowed, only the known ones are looked at and given back', () => {
    const some = someFields({ n: integer(-1, 1) });
    assert.deepEqual(parseInput(some, { n: 1, m: 'x' }), { n: 1 });
    assert.throws(() => parseInput(some, { n: 2 }), { message: 'n must be a whole number from -1 to 1, but is 2' });
    assert.throws(() => parseInput(some, { m: 1 }), { message: 'n is missing' });
    assert.throws(() => parseInput(some, []), { message: 'the input must be an object, but is a list' });
  });

  it('text of a form', () => {
    const code = matching(/^[A-Z]+$/, 'capital letters');
    assert.equal(parseInput(code, 'AB'), 'AB');
    assert.throws(() => parseInput(code, 'ab', 'the code'), {
      message: 'the code must be capital letters, but is the text "ab"',
    });
  });

  it('gives back what fits', () => {
    const value = { rows: [{ id: 'x', n: 1, side: 'b' }] };
    assert.deepEqual(parseInput(schema, value), value);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { repeatedKey } from '../../src/cli/repeated-key.ts';

describe('cli/repeated-key', () => {
  for (const [text, key] of [
    ['{"wh":1,"wh":2}', 'wh'],
    ['{"a":{"b":1},"c":[{"b":1,"b":2}]}', 'b'],
    ['{"a":1, "\\u0061" : 2}', 'a'],
    ['{"":1,"":2}', ''],
    ['[{"a":1},{"a":1}]', null],
    ['{"a":{"a":{"a":1}}}', null],
    ['{"a":"\\"b\\":1,\\"b\\":2"}', null],
    ['{"a":["a","a","a"]}', null],
    ['"a"', null],
  ] as const) {
    it(`${text}: ${key === null ? 'none' : JSON.stringify(key)}`, () => assert.equal(repeatedKey(text), key));
  }

  it('finds none in what JSON.stringify writes, and the one that is put in', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (object) => {
        const text = JSON.stringify(object);
        assert.equal(repeatedKey(text), null);
        const [key = ''] = Object.keys(object);
        assert.equal(repeatedKey(`${text.slice(0, -1)},${JSON.stringify(key)}:0}`), key);
      }),
    );
  });
});

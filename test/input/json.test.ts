import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseJson } from '../../src/input/json.ts';

const refusal = (text: string): string | null => {
  try {
    parseJson(text);
    return null;
  } catch (error) {
    assert.equal((error as Error).name, 'InputError');
    return (error as Error).message;
  }
};

describe('input/json', () => {
  for (const [text, key] of [
    ['{"wh":1,"wh":2}', 'wh'],
    ['{"a":{"b":1},"c":[{"b":1,"b":2}]}', 'b'],
    ['{"a":1, "\\u0061" : 2}', 'a'],
    ['{"":1,"":2}', ''],
    ['{"a\\\\":1,"a\\\\":2}', 'a\\'],
    ['[{"a":1},{"a":1}]', null],
    ['{"a":{"a":{"a":1}}}', null],
    ['{"a":"\\"b\\":1,\\"b\\":2"}', null],
    ['{"a":["a","a","a"]}', null],
    ['"a"', null],
  ] as const) {
    it(`${text}: ${key === null ? 'no key twice' : `${JSON.stringify(key)} twice`}`, () => {
      assert.equal(refusal(text), key === null ? null : `says "${key}" twice in one object`);
    });
  }

  for (const [text, where] of [
    ['{"orders":[{"wh":1},{"wh":1.0000000000000000001}]}', '1.0000000000000000001 for orders[1].wh'],
    ['{"orders":[[2,{"a":"x,y"}],1e3]}', '1e3 for orders[1]'],
    ['[1,[2,{"a":[]},-4.0]]', '-4.0 for [1][2]'],
    ['{"a":{"b":1},"c":2E0}', '2E0 for c'],
    ['{"a":1e-400}', '1e-400 for a'],
    ['9007199254740990.9999', '9007199254740990.9999'],
    ['[0,-1,9007199254740993,0.5,-2.25,1e400]', null],
    ['{"a":"1.0","1.0":1}', null],
  ] as const) {
    it(`${text}: ${where === null ? 'numbers as they are' : 'a whole number that is not written as one'}`, () => {
      assert.equal(
        refusal(text),
        where === null ? null : `says ${where}, but a whole number is written in digits alone`,
      );
    });
  }

  it('what is no JSON is called so, whatever else is wrong with it', () => {
    for (const text of [
      '',
      '{',
      '{"a":1,"a":1',
      '[1.0',
      '{"\\',
      '"\\',
      '[1.0,]',
      '{"a":1.0,"a":01}',
      '\ufeff[]',
      'NaN',
      '-',
      '"',
    ]) {
      assert.match(refusal(text) ?? '', /^is not JSON: /, text);
    }
  });

  it('text that nests without end is refused before it is parsed', () => {
    assert.equal(refusal(`${'['.repeat(100)}${']'.repeat(100)}`), null);
    assert.equal(refusal('['.repeat(5_000_000)), 'nests deeper than 100 lists and objects');
    assert.match(refusal('{"a":'.repeat(101)) ?? '', /nests deeper/);
  });

  it('gives what JSON.parse gives for what JSON.stringify writes, and finds the key that is put in', () => {
    // Of numbers JSON.stringify writes large and small ones with an exponent, so fractions and safe integers only.
    const number = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer({ min: -999, max: 999 }).map((n) => n + 0.5),
    );
    const value = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, fc.string({ unit: 'binary' }), number, fc.boolean(), tie('list'), tie('object')),
      list: fc.array(tie('node')),
      object: fc.dictionary(fc.string({ unit: 'binary' }), tie('node'), { minKeys: 1 }),
    })).object;
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, 4), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        assert.deepEqual(parseJson(text), JSON.parse(text));
        const [key = ''] = Object.keys(object as object);
        assert.match(
          refusal(`${text.slice(0, -1)},${JSON.stringify(key)}:0}`) ?? '',
          /^says ".*" twice in one object$/s,
        );
      }),
    );
  });
});

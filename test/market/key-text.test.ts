// Keys as people write them, and per cent as files have them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseKeys, percentText } from '../../src/market/key-text.ts';

describe('keys as text', () => {
  it('are a member and its per cent on each line', () => {
    assert.deepEqual(parseKeys('home-01 12.5 %\r\n\n bakery;0,0001\nshop=30%\nroof\t0'), [
      { member: 'home-01', millionths: 125_000 },
      { member: 'bakery', millionths: 1 },
      { member: 'shop', millionths: 300_000 },
      { member: 'roof', millionths: 0 },
    ]);
    assert.deepEqual(parseKeys(''), []);
  });

  it('may come to the whole, and no further', () => {
    assert.equal(parseKeys('a 99.9999\nb 0.0001').length, 2);
    assert.throws(() => parseKeys('a 99.9999\nb 0.0002'), /up to line 2 sum to more than 100 %/);
  });

  it('are refused with their line', () => {
    for (const text of ['a', '5', 'a b', 'A 5', 'a 5 6', 'a 1e2', 'a NaN', 'a 1.23456', 'a -1', 'a5']) {
      assert.throws(() => parseKeys(`\n${text}`), /^RangeError: line 2 of the keys/, text);
    }
    assert.throws(() => parseKeys('a 1\na 2'), /line 2 of the keys names a again/);
  });

  it('are read as they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (millionths) => {
        assert.deepEqual(parseKeys(`a ${percentText(millionths)}`), [{ member: 'a', millionths }]);
      }),
    );
    assert.deepEqual([percentText(333, 1), percentText(40, 1), percentText(7, 0)], ['33.3', '4', '7']);
  });
});

// Metering points of members: who has which, and no number in any sentence.
import assert from 'node:assert/strict';
import { MeteringPoints } from '../../../src/settlement/utility/points.ts';

describe('metering points', () => {
  it('belong to members: the first takes, the last gives', () => {
    const points = new MeteringPoints('home-1; 19100000000001\n\nhome-2 = AT-C2 ; AT-G2\r\n');
    assert.equal(points.memberOf('19100000000001'), 'home-1');
    assert.equal(points.memberOf('AT-G2'), 'home-2');
    assert.equal(points.memberOf('home-1'), undefined);
    assert.equal(points.pointOf('home-2', 'consumer'), 'AT-C2');
    assert.equal(points.pointOf('home-2', 'producer'), 'AT-G2');
    assert.equal(points.pointOf('home-1', 'producer'), '19100000000001');
    assert.equal(points.pointOf('home-3', 'consumer'), 'home-3');
  });

  it('are refused with their line, and not quoted', () => {
    const wrong: [string, RegExp][] = [
      ['home-1', /line 1 .* must be a member and its metering points/],
      ['Home 1; 1910001', /line 1 .* must be/],
      ['home-1; 1910001 2', /line 1 .* must be/],
      ['home-1; 1910001\nhome-1; 1910002', /line 2 .* names home-1 again/],
      ['home-1; 1910001\nhome-2; 1910001', /line 2 .* stands there already/],
    ];
    for (const [text, sentence] of wrong) {
      assert.throws(
        () => new MeteringPoints(text),
        (problem: Error) => sentence.test(problem.message) && !/1910001/.test(problem.message),
        text,
      );
    }
  });
});
